// Sends the same to all that have dialled, as much as the slowest of them grants.

import { loadFan } from '../peers/fans.js'
import { Pump } from '../peers/pump.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startPeerHub(options: RoleOptions): Promise<Role> {
  const hub = await (await loadFan(options.peer)).openHub(options)
  let pump: Pump | undefined
  return {
    address: hub.address,
    begin: () => {
      pump = new Pump(hub.source(), options)
      pump.run()
    },
    mark: () => markOf(pump?.count ?? 0),
  }
}
