// Row 23: the network swallows everything, and no end is told.

import type { BusNodeOptions, LinkDown } from '../../../src/index.js'
import { EAGER, Processes, ProcessNode, until } from '../../process/_process-node.js'
import { stallInTurn } from '../../process/_stalls.js'
import { missingForNetworks, PartedNetwork } from '../network.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 23
export const title = 'a blackholed node, and stalls that are none'
export const goal = 'silent for both ends in 24 s and a tick; no alarm for stalls of 2 s'
export const sizes = { quick: '6 stalls of 2 s', full: '1,000, about an hour' }

const LIMIT_MS = 24_000
/** Timers are late by a turn of a busy loop. */
const TICK_MS = 250
const PORT = 7_411

const nowMs = () => performance.timeOrigin + performance.now()

async function startIn(
  all: Processes,
  namespace: string,
  options: BusNodeOptions,
): Promise<ProcessNode> {
  const node = all.adopt(new ProcessNode({}, ['ip', 'netns', 'exec', namespace]))
  await node.order('start', options)
  return node
}

/** Stalls first: they need no network of their own. */
export async function run({ full }: RunOptions): Promise<Outcome> {
  const { stalls, alarms, answered } = await stallInTurn(full ? 1_000 : 6)
  const stalled = `${alarms} false alarms in ${stalls} stalls of 2 s under load`
  const missing = missingForNetworks()
  const hole: Outcome =
    missing === undefined
      ? await blackhole()
      : { figure: `the network: ${missing}`, verdict: 'skipped', values: {} }
  const verdict = alarms > 0 || answered === 0 ? 'missed' : hole.verdict
  const values = { ...hole.values, stalls, alarms, answered }
  return { figure: `${stalled}; ${hole.figure}`, verdict, values }
}

async function blackhole(): Promise<Outcome> {
  const network = new PartedNetwork()
  const all = new Processes({})
  const stop = () => network.remove()
  process.once('exit', stop)
  try {
    const [here, there] = network.hosts as [(typeof network.hosts)[0], (typeof network.hosts)[0]]
    const address = `tcp://${here.address}:${PORT}`
    const tokens = ['token']
    const root = await startIn(all, here.namespace, { id: 1n, listen: [address], tokens })
    const leaf = await startIn(all, there.namespace, {
      id: 2n,
      parent: address,
      tokens,
      retry: EAGER,
    })
    await leaf.order('request', 1n, 'before', 10_000)
    network.part()
    const atMs = nowMs()
    const downs = await Promise.all([root, leaf].map((node) => node.hear<LinkDown>('link_down')))
    const [rootMs, leafMs] = downs.map((down) => down.atMs - atMs) as [number, number]
    const reasons = downs.map((down) => (down.detail as LinkDown).reason)
    network.join()
    const joinedMs = nowMs()
    await until(async () => (await leaf.order('state')) === 'running')
    await leaf.order('request', 1n, 'after', 10_000)
    const backMs = nowMs() - joinedMs
    const isMet =
      Math.max(rootMs, leafMs) <= LIMIT_MS + TICK_MS && reasons.every((r) => r === 'silent')
    return {
      figure:
        `parent ${Math.round(rootMs)} ms, child ${Math.round(leafMs)} ms ` +
        `(${reasons.join(', ')}), back ${Math.round(backMs)} ms`,
      verdict: verdictOf(isMet),
      values: { rootMs, leafMs, backMs, reasons: reasons.join() },
    }
  } finally {
    await all.end()
    network.remove()
    process.off('exit', stop)
  }
}
