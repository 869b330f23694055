// Row 24: a network that passes one direction only.

import { oneWay } from '../../process/_one-way.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 24
export const title = 'a partition in one direction'
export const goal = 'both ends know within one limit of silence, and find each other again'
export const sizes = { quick: 'pings each 1 s', full: 'each 8 s, the default' }

/** Three intervals are the limit; a turn of a busy loop may come late. */
const INTERVALS = 3
const TICK_MS = 250

export async function run({ full }: RunOptions): Promise<Outcome> {
  const intervalMs = full ? 8_000 : 1_000
  const limitMs = INTERVALS * intervalMs + TICK_MS
  const said: string[] = []
  let slowest = 0
  let apart = 0
  for (const direction of ['up', 'down'] as const) {
    const { parentMs, childMs, reasons, backMs } = await oneWay(direction, intervalMs)
    slowest = Math.max(slowest, parentMs, childMs)
    apart = Math.max(apart, Math.abs(parentMs - childMs))
    said.push(
      `${direction} lost: parent ${Math.round(parentMs)} ms, child ${Math.round(childMs)} ms ` +
        `(${reasons.join(', ')}), back ${Math.round(backMs)} ms`,
    )
  }
  return {
    figure: said.join('; '),
    verdict: verdictOf(slowest <= limitMs),
    values: { intervalMs, slowestMs: slowest, apartMs: apart },
  }
}
