// Many nodes in one process, below one root; each notes when it has learned of an id, or lost it.

import type { BusNode } from '../../src/index.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

/** Ids of the observers; whoever joins has one above. */
const FIRST_ID = 2

/** Resolves with the time at which the last of them was told. */
function allTold(
  nodes: readonly BusNode[],
  event: 'route_up' | 'route_down',
  target: bigint,
): Promise<number> {
  return new Promise((resolve) => {
    let left = nodes.length
    for (const node of nodes) {
      const told = ({ id }: { readonly id: bigint }): void => {
        if (id !== target) return
        node.off(event, told)
        if (--left === 0) resolve(nowMs())
      }
      node.on(event, told)
    }
  })
}

export async function startMembers(options: RoleOptions): Promise<Role> {
  const { children = 1, target = 0 } = options
  const ids = Array.from({ length: children }, (_, index) => FIRST_ID + index)
  const nodes = await Promise.all(ids.map((id) => startNode({ ...options, id })))
  const up = allTold(nodes, 'route_up', BigInt(target))
  const down = allTold(nodes, 'route_down', BigInt(target))
  return { arrival: () => up, gone: () => down, mark: () => markOf(children) }
}
