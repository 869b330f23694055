// Row 34: full speed both ways over shared memory for an hour, every byte compared.

import { setTimeout as sleep } from 'node:timers/promises'
import { loadAddon } from '../../../src/channel/native.js'
import { RingPeer } from '../ring-peer.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 34
export const title = 'endurance over shared memory'
export const goal = '1 h both ways: 0 wrong reads, RSS flat'
export const sizes = { quick: '30 s', full: '1 h' }

/** What a process may grow by, once it is warm, and be called flat. */
const RSS_GROWTH_MIB = 16
const MIB = 1024 * 1024
const GIB = 1024 * MIB

export async function run({ full }: RunOptions): Promise<Outcome> {
  const addon = loadAddon()
  if (typeof addon === 'string') return { figure: addon, verdict: 'skipped', values: {} }
  const seconds = full ? 3_600 : 30
  const peer = await RingPeer.start('flood', 2)
  try {
    for (const { end } of peer.accepted) end.send()
    await sleep(Math.min(60_000, seconds * 500))
    const warmRss = process.memoryUsage.rss()
    await sleep(seconds * 1_000)
    const grownMib = (process.memoryUsage.rss() - warmRss) / MIB
    const ends = peer.accepted.map(({ end }) => end)
    const bytes = ends.reduce((sum, end) => sum + end.receivedBytes + end.sentBytes, 0)
    const wrong = ends.reduce((sum, end) => sum + end.wrong, 0)
    const isAlive = peer.exitCode === null && ends.every((end) => end.closedWith === undefined)
    return {
      figure:
        `${seconds} s, ${(bytes / GIB).toFixed(1)} GiB, ${wrong} wrong reads, ` +
        `RSS ${grownMib >= 0 ? '+' : ''}${grownMib.toFixed(1)} MiB`,
      verdict: verdictOf(wrong === 0 && bytes > 0 && isAlive && grownMib < RSS_GROWTH_MIB),
      values: { seconds, bytes, wrong, grownMib },
    }
  } finally {
    await peer.end()
  }
}
