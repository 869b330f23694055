// Keeps a number of requests in flight through a peer and times each.

import { loadPeer } from '../peers/peers.js'
import { markOf, type Role, type RoleOptions } from '../role.js'
import { Stopwatch } from '../stopwatch.js'

export async function startPeerCaller(options: RoleOptions): Promise<Role> {
  const { peer } = options
  const { openCaller } = await loadPeer(peer)
  const watch = new Stopwatch()
  const begin = await watch.opening(options, (replied) => openCaller(options, replied))
  return { begin, mark: () => ({ ...markOf(watch.count), latency: watch.take() }) }
}
