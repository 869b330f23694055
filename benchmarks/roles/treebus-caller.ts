// Keeps a number of requests in flight and times each.

import { callLoop } from '../call-loop.js'
import type { Role, RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

export async function startTreebusCaller(options: RoleOptions): Promise<Role> {
  const { payloadBytes = 0, target = 1 } = options
  const node = await startNode(options)
  const to = BigInt(target)
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  const call = () => node.request(to, payload)
  return callLoop(options, call, (answer) => {
    if (answer.payload.length !== payloadBytes) throw new Error('not the answer')
  })
}
