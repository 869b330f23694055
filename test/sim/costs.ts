// What the routing table costs on the wire, counted: per change, by size, when many come at once.

import { DETAIL } from '../../src/wire/route-messages.js'
import { type LightNode, LightTree } from './light-tree.js'
import { type Carried, RouteMeter } from './route-meter.js'

/** Long snapshots go out a few packets a turn. */
const SETTLED_MS = 500

/** No node has more children than this. */
const BELOW_ONE = 1_000

const ROOT_ID = 0x1n
const FIRST_CHILD_ID = 0x10_0000n

export interface ChangeCost {
  readonly join: Carried
  readonly leave: Carried
}

/** A tree of some levels in which every node has `width` children and a full table. */
function bush(tree: LightTree, width: number, levels: number): LightNode[] {
  let level = [tree.start({ id: ROOT_ID })]
  let id = 0x100n
  for (let depth = 1; depth <= levels; depth++) {
    level = level.flatMap((parent) =>
      Array.from({ length: width }, () => tree.start({ id: id++ }, parent)),
    )
    tree.advance(SETTLED_MS)
  }
  return level
}

/** One leaf comes and goes: the most that any direction of any link carries for it. */
export function oneChange(width: number, levels: number): ChangeCost {
  const tree = new LightTree()
  const meter = new RouteMeter(tree)
  const parent = bush(tree, width, levels)[0]
  meter.reset()
  const leaf = tree.start({ id: 0xffffn, routeDetail: DETAIL.none }, parent)
  tree.advance(SETTLED_MS)
  const join = meter.most
  meter.reset()
  leaf.kill()
  tree.advance(SETTLED_MS)
  return { join, leave: meter.most }
}

/** The same below a node that has `known` others below it, as its parent and its sister hear it. */
export function changeAmong(known: number): ChangeCost {
  const tree = new LightTree()
  const meter = new RouteMeter(tree)
  const root = tree.start({ id: ROOT_ID })
  const [branch] = [0x10n, 0x11n].map((id) => tree.start({ id }, root))
  let above = branch
  for (let child = 0; child < known; child++) {
    const id = FIRST_CHILD_ID + BigInt(child)
    const node = tree.start({ id, routeDetail: DETAIL.none }, above)
    // The first of each thousand has the others below it.
    if (child % BELOW_ONE === 0) above = node
    else if (child % BELOW_ONE === BELOW_ONE - 1) above = branch
  }
  // The snapshot of a hundred thousand takes longer, and is not what is counted.
  tree.advance(10 * SETTLED_MS)
  meter.reset()
  const leaf = tree.start({ id: 0xffffn, routeDetail: DETAIL.none }, branch)
  tree.advance(SETTLED_MS)
  const join = upAndOn(meter)
  meter.reset()
  leaf.kill()
  tree.advance(SETTLED_MS)
  return { join, leave: upAndOn(meter) }
}

/** From the branch to the root, and from there to the other branch: an update each. */
function upAndOn(meter: RouteMeter): Carried {
  const up = meter.from(0x10n)
  const on = meter.from(ROOT_ID)
  return {
    packets: up.packets + on.packets,
    records: up.records + on.records,
    removes: up.removes + on.removes,
    bytes: up.bytes + on.bytes,
  }
}

/** So many children come at once; each is told of all others, and takes nothing of it in. */
export function joinAtOnce(children: number): Carried {
  const tree = new LightTree()
  const meter = new RouteMeter(tree)
  const root = tree.start({ id: ROOT_ID })
  meter.swallows = ({ node }) => node === root
  for (let child = 0n; child < children; child++) tree.start({ id: FIRST_CHILD_ID + child }, root)
  tree.advance(SETTLED_MS)
  return meter.most
}

export interface RestartCost {
  readonly most: Carried
  readonly total: Carried
  /** REMOVEs that the children of the restarted node told, and those that came from it. */
  readonly removesBelow: number
  readonly backAfterMs: number
  /** Ids that a child knows when all is over. */
  readonly known: number
}

/** A parent of many branches restarts; the leaves of a branch keep no table. */
export function parentRestart(branches: number, leaves: number): RestartCost {
  const tree = new LightTree()
  const meter = new RouteMeter(tree)
  const top = tree.start({ id: ROOT_ID })
  const parent = tree.start({ id: 0x2n }, top)
  const heads = startBranches(tree, parent, { branches, leaves })
  tree.advance(1_000)
  meter.reset()
  tree.forget(parent)
  tree.advance(SETTLED_MS)
  const again = tree.start({ id: 0x2n }, top)
  const startMs = tree.nowMs
  let backAfterMs = 0
  while (again.core.links().length < branches + 1) {
    tree.advance(100)
    backAfterMs = tree.nowMs - startMs
  }
  tree.advance(20_000)
  const { most, total } = meter
  // All REMOVEs but those that the top was told and told when the parent went.
  const removesBelow = total.removes - meter.from(ROOT_ID).removes
  return { most, total, removesBelow, backAfterMs, known: heads[0]?.core.routes.size ?? 0 }
}

function startBranches(
  tree: LightTree,
  parent: LightNode,
  { branches, leaves }: { branches: number; leaves: number },
): LightNode[] {
  const heads: LightNode[] = []
  for (let branch = 0; branch < branches; branch++) {
    const id = FIRST_CHILD_ID + (BigInt(branch) << 16n)
    const head = tree.start({ id }, parent)
    heads.push(head)
    for (let leaf = 1n; leaf <= leaves; leaf++) {
      tree.start({ id: id + leaf, routeDetail: DETAIL.none }, head)
    }
  }
  tree.advance(SETTLED_MS)
  return heads
}
