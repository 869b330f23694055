// Many connections of one process, all dialled in one turn; each sends one frame.

import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { startBareFirst } from './bare-first.js'

export async function startBareChildren(options: RoleOptions): Promise<Role> {
  const { children = 1 } = options
  let beganAtMs = 0
  return {
    begin: () => {
      beganAtMs = nowMs()
      for (let i = 0; i < children; i++) void startBareFirst(options)
    },
    arrival: async () => beganAtMs,
    mark: () => markOf(children),
  }
}
