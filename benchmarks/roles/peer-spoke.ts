// Dials one that sends the same to many, and counts what arrives.

import { CreditCounter } from '../peers/credit.js'
import { loadFan } from '../peers/fans.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startPeerSpoke(options: RoleOptions): Promise<Role> {
  const counter = new CreditCounter(options, () => undefined)
  await (await loadFan(options.peer)).openSpoke(options, (payloadBytes) =>
    counter.arrived(payloadBytes),
  )
  return {
    mark: () => {
      counter.check()
      return markOf(counter.count)
    },
  }
}
