// Row 38: what 16 idle links over shared memory cost, and how soon a sleeper answers.

import { setTimeout as sleep } from 'node:timers/promises'
import { loadAddon } from '../../../src/channel/native.js'
import { send } from '../../channel/_harness.js'
import { RingPeer } from '../ring-peer.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 38
export const title = 'idle links over shared memory'
export const goal = '16 links < 1 % CPU; there and back p99 < 2 ms, both asleep'
export const sizes = { quick: '5 s, 300 wakes', full: '60 s, 2,000' }

const LINKS = 16

async function answerMs({ accepted }: RingPeer): Promise<number> {
  const { connection, end } = accepted[0]!
  const startMs = performance.now()
  send(connection, new Uint8Array(64))
  await end.more(64)
  return performance.now() - startMs
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const addon = loadAddon()
  if (typeof addon === 'string') return { figure: addon, verdict: 'skipped', values: {} }
  const seconds = full ? 60 : 5
  const peer = await RingPeer.start('echo', LINKS)
  try {
    await sleep(500)
    const before = process.cpuUsage()
    await sleep(seconds * 1_000)
    const { user, system } = process.cpuUsage(before)
    const percent = ((user + system) / 1e6 / seconds) * 100
    const trips: number[] = []
    for (let i = 0; i < (full ? 2_000 : 300); i++) {
      // Long enough for both to have gone to sleep.
      await sleep(5)
      trips.push(await answerMs(peer))
    }
    const { p50 } = spreadOf(trips)
    const p99 = trips.sort((a, b) => a - b)[Math.floor(trips.length * 0.99)] ?? Number.NaN
    return {
      figure: `${percent.toFixed(2)} % of a CPU; p50 ${inMs(p50)}, p99 ${inMs(p99)}`,
      verdict: verdictOf(percent < 1 && p99 < 2),
      values: { seconds, percent, p50Ms: p50, p99Ms: p99 },
    }
  } finally {
    await peer.end()
  }
}
