// Row 28: one child stops reading; what does that cost its parent and the other child?

import { BusNode } from '../../../src/index.js'
import { LOCAL, Processes } from '../../process/_process-node.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 28
export const title = 'a reader that stopped'
export const goal = 'pending ≤ limit + 10 %, `full` reported, others keep ≥ 90 % throughput'
export const sizes = { quick: '3 s before and after', full: '20 s' }

const LIMIT_BYTES = 8 * 1024 * 1024
const KEPT_SHARE = 0.9
const HERE = 1n
const SLOW = 2n
const FAST = 3n

export async function run({ full }: RunOptions): Promise<Outcome> {
  const seconds = full ? 20 : 3
  const all = new Processes({})
  const here = await BusNode.start({ id: HERE, listen: [LOCAL], sendBufferBytesMax: LIMIT_BYTES })
  try {
    const slow = await all.start({ id: SLOW, parent: here.addresses })
    await all.start({ id: FAST, parent: here.addresses })
    const payload = new Uint8Array(16 * 1024)
    await callsPerSecond(here, 1, () => {})
    let pendingMax = 0
    const sample = () => {
      pendingMax = Math.max(pendingMax, here.counters['bytesPending']!)
    }
    const before = await callsPerSecond(here, seconds, sample)
    slow.signal('SIGSTOP')
    let isFull = false
    while (!isFull) {
      for (let i = 0; i < 64 && !isFull; i++) isFull = here.send(SLOW, payload) === 'full'
      await new Promise((resolve) => setImmediate(resolve))
    }
    const after = await callsPerSecond(here, seconds, () => {
      if (here.send(SLOW, payload) !== 'full') isFull = false
      sample()
    })
    const share = after / before
    const isMet = isFull && pendingMax <= LIMIT_BYTES * 1.1 && share >= KEPT_SHARE
    return {
      figure:
        `${(pendingMax / LIMIT_BYTES).toFixed(3)} of the limit pending, ` +
        `${isFull ? 'always' : 'not always'} full, others at ${(share * 100).toFixed(0)} % ` +
        `(${Math.round(before)} → ${Math.round(after)} calls/s)`,
      verdict: verdictOf(isMet),
      values: { pendingMax, limit: LIMIT_BYTES, share, before, after },
    }
  } finally {
    await here.close()
    await all.end()
  }
}

/** Calls to the other child, 32 at a time. */
async function callsPerSecond(
  here: BusNode,
  seconds: number,
  betweenCalls: () => void,
): Promise<number> {
  const startMs = performance.now()
  const untilMs = startMs + seconds * 1_000
  let calls = 0
  while (performance.now() < untilMs) {
    await Promise.all(Array.from({ length: 32 }, () => here.request(FAST, 'x')))
    betweenCalls()
    calls += 32
  }
  return (calls * 1_000) / (performance.now() - startMs)
}
