// Two nodes under load whose processes stand still in turn, for less than the limit of silence.

import { LOCAL, Processes, sleep } from './_process-node.js'

const PARENT = 1n
const CHILD = 2n
/** Between two stalls, so that the load goes on. */
const BETWEEN_MS = 300
/** Three of these intervals are 3.5 s: the fast profile of row 23. */
const FAST = { stallMs: 2_000, pingIntervalMs: 1_166 }

export interface Stalls {
  readonly stalls: number
  /** Links that ended although nobody was gone. */
  readonly alarms: number
  readonly answered: number
}

export async function stallInTurn(
  stalls: number,
  { stallMs, pingIntervalMs } = FAST,
): Promise<Stalls> {
  const all = new Processes()
  try {
    const parent = await all.start({ id: PARENT, listen: [LOCAL], pingIntervalMs })
    const child = await all.start({ id: CHILD, parent: parent.addresses, pingIntervalMs })
    let answered = 0
    let isOver = false
    const load = async () => {
      while (!isOver) {
        await child.order('request', PARENT, 'x', 30_000)
        answered++
      }
    }
    const lines = Promise.all(Array.from({ length: 16 }, load))
    for (let i = 0; i < stalls; i++) {
      await (i % 2 === 0 ? parent : child).order('stall', stallMs)
      await sleep(BETWEEN_MS)
    }
    isOver = true
    await lines
    return { stalls, alarms: parent.count('link_down') + child.count('link_down'), answered }
  } finally {
    await all.end()
  }
}
