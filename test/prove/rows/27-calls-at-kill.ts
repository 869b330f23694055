// Row 27: a process is killed while calls to it are open.

import { LOCAL, Processes, type ProcessNode, sleep, until } from '../../process/_process-node.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 27
export const title = 'calls in flight at a kill'
export const goal = '100 % settle within their timeout and 50 ms, with the right code'
export const sizes = { quick: '2,000 calls', full: '20,000' }

const TIMEOUT_MS = 2_000
const GRACE_MS = 50
const ROOT = 1n
const ASKER = 2n
const TARGET = 3n

interface Settled {
  readonly code: string
  readonly atMs: number
}

const nowMs = () => performance.timeOrigin + performance.now()

async function settledOf(node: ProcessNode, calls: number): Promise<Settled[]> {
  const untilMs = nowMs() + 10 * TIMEOUT_MS
  await until(
    async () => nowMs() > untilMs || (await node.order<Settled[]>('settled')).length >= calls,
  )
  return node.order<Settled[]>('settled')
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const calls = full ? 10_000 : 1_000
  const all = new Processes({})
  try {
    const root = await all.start({ id: ROOT, listen: [LOCAL] }, 'never')
    const target = await all.start({ id: TARGET, parent: root.addresses }, 'never')
    const asker = await all.start({ id: ASKER, parent: root.addresses }, 'never')
    await asker.order('beginCalls', TARGET, calls, TIMEOUT_MS, ['request'])
    await root.order('beginCalls', TARGET, calls, TIMEOUT_MS, ['request'])
    await sleep(100)
    const killedMs = nowMs()
    target.signal('SIGKILL')
    const near = await settledOf(root, calls)
    const far = await settledOf(asker, calls)
    const nearMs = spreadOf(near.map(({ atMs }) => atMs - killedMs))
    const farMs = spreadOf(far.map(({ atMs }) => atMs - killedMs))
    // From afar the routing table tells: nobody waits for the time of a call to be over.
    const right = [...near, ...far].filter(({ code }) => code === 'LINK_LOST').length
    const isMet = right === 2 * calls && farMs.max <= TIMEOUT_MS + GRACE_MS
    return {
      figure:
        `${right} of ${2 * calls} right; ` +
        `a neighbour's p50 ${inMs(nearMs.p50)}, max ${inMs(nearMs.max)} ` +
        `after the kill; from afar p50 ${inMs(farMs.p50)}, max ${inMs(farMs.max)}`,
      verdict: verdictOf(isMet),
      values: { calls: 2 * calls, right, nearMaxMs: nearMs.max, farMaxMs: farMs.max },
    }
  } finally {
    await all.end()
  }
}
