// Waits until so many children are registered.

import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { addressOf, startNode } from './treebus-node.js'

export async function startTreebusParent(options: RoleOptions): Promise<Role> {
  const { children = 1 } = options
  const node = await startNode(options)
  const all = new Promise<number>((resolve) => {
    node.on('link_up', () => {
      if (node.peers().length === children) resolve(nowMs())
    })
  })
  return { address: addressOf(node), arrival: () => all, mark: () => markOf(node.peers().length) }
}
