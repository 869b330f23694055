// Many children in one process, all started in one turn.

import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

export async function startTreebusChildren(options: RoleOptions): Promise<Role> {
  const { children = 1 } = options
  let beganAtMs = 0
  return {
    begin: () => {
      beganAtMs = nowMs()
      for (let id = 2; id < children + 2; id++) void startNode({ ...options, id })
    },
    arrival: async () => beganAtMs,
    mark: () => markOf(children),
  }
}
