// Row 14: sockets that connect and say nothing, and a child that wants in.

import { LOCAL, Processes } from '../../process/_process-node.js'
import { silentCrowd } from '../../process/_strangers.js'
import { inMs, type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 14
export const title = 'silent sockets beside a lawful child'
export const goal = 'the child is in within 1 s, the silent are closed in 5 s, < 64 MiB more'
export const sizes = { quick: '1,000 sockets', full: '8,000' }

const LAWFUL_MS = 1_000
/** 5 s, and a tick of a busy loop. */
const CLOSED_MS = 5_250
const GROWN_BYTES_MAX = 64 * 2 ** 20

export async function run({ full }: RunOptions): Promise<Outcome> {
  const count = full ? 8_000 : 1_000
  const all = new Processes({})
  try {
    const tokens = ['token']
    const here = await all.start({ id: 1n, listen: [LOCAL], tokens })
    const child = await all.start({ id: 2n })
    await child.order('close')
    const { lawfulMs, closedMs, grownBytes, filesLeft } = await silentCrowd(here, count, () =>
      // Shared memory has files of its own, beside the one of the link.
      child.order('start', { id: 2n, parent: here.addresses, tokens, sharedMemory: 'off' }),
    )
    const isMet =
      lawfulMs <= LAWFUL_MS &&
      closedMs <= CLOSED_MS &&
      grownBytes < GROWN_BYTES_MAX &&
      filesLeft === 1
    return {
      figure:
        `${count} silent: child in after ${inMs(lawfulMs)}, all closed after ` +
        `${inMs(closedMs)}, +${(grownBytes / 2 ** 20).toFixed(1)} MiB, ${filesLeft - 1} files left`,
      verdict: verdictOf(isMet),
      values: { count, lawfulMs, closedMs, grownBytes, filesLeft: filesLeft - 1 },
    }
  } finally {
    await all.end()
  }
}
