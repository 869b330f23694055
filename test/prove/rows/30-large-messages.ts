// Row 30: the largest message at default settings, many times, between processes.

import { BusNode } from '../../../src/index.js'
import { LOCAL, Processes, until } from '../../process/_process-node.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 30
export const title = 'messages of 2 MiB at default settings'
export const goal = '0 lost of 10,000 (500 without --full)'
export const sizes = { quick: '500 messages', full: '10,000' }

const BYTES = 2 * 1024 * 1024
const HERE = 1n
const THERE = 2n

export async function run({ full }: RunOptions): Promise<Outcome> {
  const messages = full ? 10_000 : 500
  const all = new Processes({})
  const here = await BusNode.start({ id: HERE, listen: [LOCAL] })
  try {
    const there = await all.start({ id: THERE, parent: here.addresses }, 'never')
    const payload = new Uint8Array(BYTES).fill(0x5a)
    const received = async () => (await there.order<{ received: number }>('counters')).received
    const before = await received()
    const startMs = performance.now()
    for (let sent = 0; sent < messages; ) {
      if (here.send(THERE, payload) === 'sent') sent++
      else await new Promise<void>((resolve) => here.once('writable', () => resolve()))
    }
    // An answer comes behind all that was sent before its question.
    await here.ping(THERE)
    const arrived = (await received()) - before - 1
    await until(() => here.counters['bytesPending'] === 0)
    const seconds = (performance.now() - startMs) / 1_000
    const mibPerSecond = (messages * 2) / seconds
    return {
      figure: `${messages - arrived} lost of ${messages}, ${Math.round(mibPerSecond)} MiB/s`,
      verdict: verdictOf(arrived === messages),
      values: { messages, arrived, mibPerSecond },
    }
  } finally {
    await here.close()
    await all.end()
  }
}
