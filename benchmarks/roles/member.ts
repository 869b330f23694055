// One node that joins when it is told to, and knows when it began to.

import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

export async function startMember(options: RoleOptions): Promise<Role> {
  let leave = async (): Promise<void> => undefined
  let beganMs = 0
  return {
    begin: async () => {
      beganMs = nowMs()
      const node = await startNode(options)
      leave = () => node.close()
    },
    arrival: async () => beganMs,
    gone: async () => {
      const atMs = nowMs()
      await leave()
      return atMs
    },
    mark: () => markOf(1),
  }
}
