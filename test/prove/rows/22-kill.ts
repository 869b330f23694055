// Row 22: how soon is a killed process known to those beside it, and to those who ask for it?

import type { LinkDown } from '../../../src/index.js'
import { EAGER, LOCAL, Processes, type ProcessNode } from '../../process/_process-node.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 22
export const title = 'kill -9 of a process'
export const goal = 'neighbours know in 200 ms, asked across 3 levels in 500 ms'
export const sizes = { quick: '20 kills', full: '100' }

const NEIGHBOUR_MS = 200
const TREE_MS = 500
const ROOT = 0x1n
const ASKER = 0x11n
const BRANCH = 0x10n
const LEAF = 0x100n

interface Kill {
  readonly neighboursMs: number
  readonly treeMs: number
}

const nowMs = () => performance.timeOrigin + performance.now()

/** Root, two branches, a leaf below each kill's victim; the other branch asks for what is lost. */
async function killOnce(victim: 'branch' | 'leaf'): Promise<Kill> {
  const all = new Processes({})
  try {
    const topology = [{ id: LEAF, parent: BRANCH }]
    const root = await all.start({ id: ROOT, listen: [LOCAL], topology })
    const branch = await all.start({ id: BRANCH, parent: root.addresses, listen: [LOCAL] })
    const asker = await all.start({ id: ASKER, parent: root.addresses })
    const leaf = await all.start({ id: LEAF, parent: branch.addresses, retry: EAGER })
    await askUntilAnswered(asker)
    const dead = victim === 'branch' ? { node: branch, id: BRANCH } : { node: leaf, id: LEAF }
    const beside = victim === 'branch' ? [root, leaf] : [branch]
    const atMs = nowMs()
    dead.node.signal('SIGKILL')
    const downs = await Promise.all(
      beside.map((node) => node.hear<LinkDown>('link_down', ({ link }) => link.id === dead.id)),
    )
    const neighboursMs = Math.max(...downs.map((down) => down.atMs)) - atMs
    await askUntilLost(asker, atMs)
    return { neighboursMs, treeMs: nowMs() - atMs }
  } finally {
    await all.end()
  }
}

/** Word of a leaf that has just joined takes a moment to cross the tree. */
async function askUntilAnswered(asker: ProcessNode): Promise<void> {
  const sinceMs = nowMs()
  for (;;) {
    const code = await asker.order('request', LEAF, 'alive', 10_000).then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    )
    if (code === 'answered') return
    if (code !== 'NO_ROUTE' || nowMs() - sinceMs > 10_000) throw new Error(`the leaf: ${code}`)
  }
}

/** The rest of the tree learns of it by asking: an error at once, not a timeout. */
async function askUntilLost(asker: ProcessNode, atMs: number): Promise<void> {
  while (nowMs() - atMs < 30_000) {
    const code = await asker.order('request', LEAF, 'still there?', 100).then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    )
    if (code === 'NO_ROUTE') return
  }
  throw new Error('calls to what was killed never failed with NO_ROUTE')
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const kills = full ? 100 : 20
  const done: Kill[] = []
  for (let i = 0; i < kills; i++) done.push(await killOnce(i % 2 === 0 ? 'branch' : 'leaf'))
  const beside = spreadOf(done.map(({ neighboursMs }) => neighboursMs))
  const tree = spreadOf(done.map(({ treeMs }) => treeMs))
  return {
    figure:
      `neighbours p50 ${inMs(beside.p50)}, max ${inMs(beside.max)}; ` +
      `tree p50 ${inMs(tree.p50)}, max ${inMs(tree.max)}; ${kills} kills`,
    verdict: verdictOf(beside.max <= NEIGHBOUR_MS && tree.max <= TREE_MS),
    values: {
      kills,
      neighboursP50Ms: beside.p50,
      neighboursMaxMs: beside.max,
      treeP50Ms: tree.p50,
      treeMaxMs: tree.max,
    },
  }
}
