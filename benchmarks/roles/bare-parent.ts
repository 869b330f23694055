// Waits until one frame has come from each of so many connections.

import { listenBare } from '../bare/bare-socket.js'
import { PrefixReader } from '../bare/prefix-reader.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'

export async function startBareParent(options: RoleOptions): Promise<Role> {
  const { children = 1, listen = '' } = options
  let count = 0
  let told: (atMs: number) => void = () => {}
  const all = new Promise<number>((resolve) => {
    told = resolve
  })
  const frame = (): void => {
    if (++count === children) told(nowMs())
  }
  const address = await listenBare(
    listen,
    () => new PrefixReader({ frame }).onread,
    () => {},
  )
  return { address, arrival: () => all, mark: () => markOf(count) }
}
