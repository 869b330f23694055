// Row 10: does the time of a token check tell how much of a signature was right? (dudect)

import { randomBytes, randomInt } from 'node:crypto'
import { nodePrimitives } from '../../../src/node/primitives.js'
import { sign, verify } from '../../../src/wire/access.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 10
export const title = 'timing of the token check'
export const goal = '|t| < 4.5 over 100,000 samples'
export const sizes = { quick: '100,000 samples', full: '1,000,000' }

const T_MAX = 4.5
/** Slower samples are interruptions of the machine, the same for both classes. */
const KEPT_SHARE = 0.9

/** Welch's t of two sets of samples. */
function welch(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [momentsOf(a), momentsOf(b)]
  return (x.mean - y.mean) / Math.sqrt(x.variance / a.length + y.variance / b.length)
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, variance }
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const samples = full ? 1_000_000 : 100_000
  const tokens = [randomBytes(32), randomBytes(32)]
  const statement = '1790000000:1-2:16'
  const right = sign(nodePrimitives, tokens, statement)[0]!
  // Wrong in the first byte alone, against wrong in the last alone.
  const forged = [right.slice(), right.slice()] as const
  forged[0][0]! ^= 0x55
  forged[1][right.length - 1]! ^= 0x55
  const times: [number[], number[]] = [[], []]
  let taken = 0
  for (let i = -samples / 10; i < samples; i++) {
    const kind = randomInt(2) as 0 | 1
    const signature = forged[kind].slice()
    const start = process.hrtime.bigint()
    const good = verify(
      nodePrimitives,
      tokens,
      { algorithm: 0, signatures: [signature] },
      statement,
    )
    const ns = Number(process.hrtime.bigint() - start)
    if (good) taken++
    if (i >= 0) times[kind].push(ns)
  }
  const limitNs = [...times[0], ...times[1]].sort((a, b) => a - b)[
    Math.floor(samples * KEPT_SHARE)
  ]!
  const kept = times.map((list) => list.filter((ns) => ns <= limitNs))
  const t = welch(kept[0]!, kept[1]!)
  return {
    figure: `t = ${t.toFixed(2)} over ${samples.toLocaleString('en')} samples`,
    verdict: verdictOf(Math.abs(t) < T_MAX && taken === 0),
    values: { t, samples, taken },
  }
}
