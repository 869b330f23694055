// Answers each request of a peer with its own payload.

import { loadPeer } from '../peers/peers.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startPeerAnswerer(options: RoleOptions): Promise<Role> {
  let count = 0
  const { openAnswerer } = await loadPeer(options.peer)
  const address = await openAnswerer(options, () => {
    count++
  })
  return { address, mark: () => markOf(count) }
}
