// Row 29: messages of mixed sizes between processes, both ways, in order.

import { BusNode } from '../../../src/index.js'
import { LOCAL, Processes } from '../../process/_process-node.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 29
export const title = 'order of messages from 4 B to 2 MiB'
export const goal = '0 out of order, lost or doubled in 10,000,000 (100,000 without --full)'
export const sizes = { quick: '100,000 messages', full: '10,000,000' }

const WHOLE_BYTES = 2 * 1024 * 1024
const SIZES = [4, 16, 64, 100, 250, 1_000]
const WINDOW = 2_000

/** Mostly small, now and then as large as it goes, so that every path is taken. */
function sizeOf(index: number): number {
  if (index % 20_000 === 19_999) return WHOLE_BYTES
  if (index % 997 === 0) return 60_000
  return SIZES[(index * 7 + (index >> 3)) % SIZES.length]!
}

interface Tally {
  next: number
  wrong: number
}

async function echoAll(here: BusNode, to: bigint, count: number): Promise<Tally> {
  const tally: Tally = { next: 0, wrong: 0 }
  const whole = new Uint8Array(WHOLE_BYTES)
  const view = new DataView(whole.buffer)
  let sent = 0
  let full: (() => void) | undefined
  const check = (back: Uint8Array) => {
    const at = new DataView(back.buffer, back.byteOffset).getUint32(0)
    if (at !== tally.next || back.length !== sizeOf(at)) tally.wrong++
    tally.next++
    if (sent - tally.next < WINDOW / 2) full?.()
  }
  while (sent < count) {
    if (sent - tally.next >= WINDOW || here.counters['bytesPending']! > WHOLE_BYTES) {
      await new Promise<void>((resolve) => {
        full = resolve
        setTimeout(resolve, 5)
      })
      continue
    }
    view.setUint32(0, sent)
    const answer = here.request(to, whole.subarray(0, sizeOf(sent)), { timeoutMs: 120_000 })
    sent++
    answer.then(
      ({ payload }) => check(payload),
      () => {
        tally.wrong++
        tally.next++
      },
    )
  }
  while (tally.next < count) await new Promise((resolve) => setImmediate(resolve))
  return tally
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const messages = full ? 10_000_000 : 100_000
  const carriers = [LOCAL, `unix:///tmp/treebus-prove-${process.pid}.sock`]
  const startMs = performance.now()
  let wrong = 0
  let done = 0
  for (const listen of carriers) {
    const all = new Processes({})
    const here = await BusNode.start({ id: 1n, listen: [listen] })
    try {
      await all.start({ id: 2n, parent: here.addresses })
      const tally = await echoAll(here, 2n, messages / carriers.length)
      wrong += tally.wrong
      done += tally.next
    } finally {
      await here.close()
      await all.end()
    }
  }
  const perSecond = Math.round(done / ((performance.now() - startMs) / 1_000))
  return {
    figure:
      `${wrong} wrong of ${done.toLocaleString('en')} there and back, ` +
      `tcp and unix, ${perSecond.toLocaleString('en')}/s`,
    verdict: verdictOf(wrong === 0 && done === messages),
    values: { messages: done, wrong, perSecond },
  }
}
