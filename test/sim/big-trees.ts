// Trees as large as one process can hold: every table whole, or most nodes without one.

import { DETAIL } from '../../src/wire/route-messages.js'
import { type LightNode, LightTree } from './light-tree.js'

/** Long snapshots go out a few packets a turn. */
const STEP_MS = 100
const STEPS_MAX = 100

export interface BigTree {
  readonly nodes: number
  /** Of all tables together. */
  readonly records: number
  readonly tableBytes: number
  /** Time of the simulated world until every table was whole. */
  readonly virtualMs: number
}

/** Every node holds a record of every other. */
export function fullTables(nodes: number, width: number): BigTree {
  const tree = new LightTree()
  const all: LightNode[] = []
  for (let index = 0; index < nodes; index++) {
    const parent = index === 0 ? undefined : all[Math.floor((index - 1) / width)]
    all.push(tree.start({ id: BigInt(index + 1) }, parent))
  }
  return converge(tree, () => all.every(({ core }) => core.routes.size === nodes - 1))
}

/**
 * A root, ten below it that keep whole tables, branches below those that are told nothing from
 * above, and leaves that keep none at all.
 */
export function layers(nodes: number): BigTree {
  const tree = new LightTree()
  const root = tree.start({ id: 1n })
  const tops = startBelow(tree, [root], { from: 0x10n, each: 10, routeDetail: DETAIL.nodes })
  const none = { routeDetail: DETAIL.none }
  const branches = startBelow(tree, tops, { from: 0x100n, each: 10, ...none })
  const each = Math.floor((nodes - 1 - tops.length - branches.length) / branches.length)
  startBelow(tree, branches, { from: 0x10_0000n, each, ...none })
  const known = tree.nodes.length - 1
  return converge(tree, () => [root, ...tops].every(({ core }) => core.routes.size === known))
}

function startBelow(
  tree: LightTree,
  parents: readonly LightNode[],
  wish: { from: bigint; each: number; routeDetail: number },
): LightNode[] {
  const started: LightNode[] = []
  for (const parent of parents) {
    for (let child = 0; child < wish.each; child++) {
      const id = wish.from + BigInt(started.length)
      started.push(tree.start({ id, routeDetail: wish.routeDetail }, parent))
    }
    tree.settle()
  }
  return started
}

function converge(tree: LightTree, isWhole: () => boolean): BigTree {
  for (let step = 0; step < STEPS_MAX; step++) {
    tree.advance(STEP_MS)
    if (isWhole()) return sizeOf(tree)
  }
  const sizes = tree.nodes.map(({ core }) => core.routes.size)
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)]
  throw new Error(`not whole after ${tree.nowMs} ms: tables of ${least} to ${most} records`)
}

function sizeOf(tree: LightTree): BigTree {
  let records = 0
  let tableBytes = 0
  for (const { core } of tree.nodes) {
    records += core.routes.size
    tableBytes += core.routes.bytes
  }
  return { nodes: tree.nodes.length, records, tableBytes, virtualMs: tree.nowMs }
}
