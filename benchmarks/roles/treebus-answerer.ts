// Answers each request with its own payload.

import { markOf, type Role, type RoleOptions } from '../role.js'
import { addressOf, startNode } from './treebus-node.js'

export async function startTreebusAnswerer(options: RoleOptions): Promise<Role> {
  const node = await startNode(options)
  let count = 0
  node.on('message', (message) => {
    if (message.reply(message.payload) !== 'sent') throw new Error('no room for a reply')
    count++
  })
  return { address: addressOf(node), mark: () => markOf(count) }
}
