// A node between two others: forwards, and sends nothing itself.

import { markOf, type Role, type RoleOptions } from '../role.js'
import { addressOf, startNode } from './treebus-node.js'

export async function startTreebusMiddle(options: RoleOptions): Promise<Role> {
  const node = await startNode(options)
  return {
    address: addressOf(node),
    mark: () => {
      if (node.peers().length !== 2) throw new Error('not in the middle')
      return markOf(node.counters['forwarded'] ?? 0)
    },
  }
}
