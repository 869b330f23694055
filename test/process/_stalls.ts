// Two nodes under load whose processes stand still in turn, for less than the limit of silence.

import { LOCAL, Processes, sleep } from './_process-node.js'

const PARENT = 1n
const CHILD = 2n
const STALL_MS = 2_000
/** Between two stalls, so that the load goes on. */
const BETWEEN_MS = 300
/** Three of these are 3.5 s: the fast profile of row 23. */
const PING_INTERVAL_MS = 1_166

export interface Stalls {
  readonly stalls: number
  /** Links that ended although nobody was gone. */
  readonly alarms: number
  readonly answered: number
}

export async function stallInTurn(stalls: number): Promise<Stalls> {
  const all = new Processes()
  try {
    const pingIntervalMs = PING_INTERVAL_MS
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
      await (i % 2 === 0 ? parent : child).order('stall', STALL_MS)
      await sleep(BETWEEN_MS)
    }
    isOver = true
    await lines
    return { stalls, alarms: parent.count('link_down') + child.count('link_down'), answered }
  } finally {
    await all.end()
  }
}
