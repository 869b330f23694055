// Carries the lines from leaf to leaf and counts what became of each.

import type { Line } from '../lines.js'
import type { NodeEvent } from './node-process.js'
import { PAIRS } from './plan.js'
import type { Tree } from './tree.js'

/** Lines under way at once. */
const OPEN_MAX = 64

export interface Tally {
  sent: number
  delivered: number
  failed: number
}

/** Resolves when every line has an end: delivered, or failed with a reason. */
export async function carry(
  tree: Tree,
  lines: AsyncIterable<Line>,
  onFailure: (event: NodeEvent) => void,
): Promise<Tally> {
  const tally: Tally = { sent: 0, delivered: 0, failed: 0 }
  const open = new Set<Promise<void>>()
  for await (const { content } of lines) {
    const { from, to } = PAIRS[tally.sent % PAIRS.length]!
    tally.sent++
    if (content === undefined) {
      tally.failed++
      continue
    }
    const asked = tree.node(from).ask(Buffer.concat([Buffer.from(`confirm ${to} `), content]))
    const ended = asked
      .then((answer) => {
        if (answer['event'] === 'delivered') tally.delivered++
        else {
          tally.failed++
          onFailure(answer)
        }
      })
      .finally(() => open.delete(ended))
    ended.catch(() => {})
    open.add(ended)
    while (open.size >= OPEN_MAX) await Promise.race(open)
  }
  await Promise.all(open)
  return tally
}
