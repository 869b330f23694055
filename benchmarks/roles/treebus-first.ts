// A process that starts, joins its parent and sends one message.

import type { Role, RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

export async function startTreebusFirst(options: RoleOptions): Promise<Role> {
  const { payloadBytes = 0, target = 1 } = options
  const node = await startNode(options)
  const outcome = node.send(BigInt(target), new Uint8Array(payloadBytes).fill(0x5a), { type: 1 })
  if (outcome !== 'sent') throw new Error(`send: ${outcome}`)
  return {}
}
