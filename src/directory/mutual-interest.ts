// Which nodes want each other: for those one side alone dials, the one with the lower id (M13).

import { MESSAGE_BOUNDS } from './message-bounds.js'
import { isWanted, type Registration } from './record.js'

/** Wanting is one-sided; both sides of a mutual pair could dial at once. */
export function isMutual(a: Registration, b: Registration): boolean {
  return isWanted(a.node.wants, b) && isWanted(b.node.wants, a)
}

/** Bounded, as it is carried in one message. */
export function mutualPeers(registration: Registration, others: Iterable<Registration>): bigint[] {
  const { busId, wants } = registration.node
  const peers: bigint[] = []
  if (wants.names.length === 0 && wants.types.length === 0) return peers
  for (const other of others) {
    if (other.node.busId === busId || !isMutual(registration, other)) continue
    peers.push(other.node.busId)
    if (peers.length === MESSAGE_BOUNDS.doNotDialCountMax) break
  }
  return peers
}
