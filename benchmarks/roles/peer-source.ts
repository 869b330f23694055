// Sends one way traffic through a peer, as much as its sink grants.

import { once } from 'node:events'
import { connect } from 'node:net'
import { loadPeer } from '../peers/peers.js'
import { Pump } from '../peers/pump.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startPeerSource(options: RoleOptions): Promise<Role> {
  const { credit = [], peer, window = 0 } = options
  const source = await (await loadPeer(peer)).openSource(options)
  const pump = new Pump(source, options)
  const quarters = credit.map(() => 0)
  for (const [index, path] of credit.entries()) {
    const socket = connect(path)
    await once(socket, 'connect')
    socket.on('data', ({ length }) => {
      const before = Math.min(...quarters)
      quarters[index] = (quarters[index] ?? 0) + length
      // The slowest of several sinks decides.
      const more = Math.min(...quarters) - before
      if (more > 0) pump.grant((more * window) / 4)
    })
  }
  return { begin: () => pump.run(), mark: () => markOf(pump.count) }
}
