// What a directory says of itself to whoever operates it.

import { isRegistry, type Registration } from '../record.js'
import type { RegistryStatus } from '../registry-core.js'
import type { DirectoryDriver } from './directory-driver.js'
import type { Role } from './shell-role.js'

export interface DirectoryStatus {
  readonly id: bigint
  readonly zone: string
  readonly incarnation: string
  /** Whether the list is confirmed, or the last that was known. */
  readonly list: 'whole' | 'stale'
  /** Whose list it is; a registry has its own. */
  readonly watched: bigint | undefined
  /** Nodes that are listed, this one included. */
  readonly members: number
  /** Of them those that can be reached. */
  readonly up: number
  readonly services: number
  /** Registries that are listed, this one included. */
  readonly registries: readonly bigint[]
  /** Addresses at which registries are said to be. */
  readonly addresses: number
  /** Of a registry: its table, its guard, its peers. */
  readonly registry: RegistryStatus | undefined
  /** Counted since the start, in messages. */
  readonly counters: {
    readonly sent: number
    /** No way led there, or too much was waiting. */
    readonly dropped: number
    readonly undelivered: number
    /** Came, and were no messages of a directory. */
    readonly bad: number
    /** Bytes that wait for full links now. */
    readonly bytesWaiting: number
  }
}

interface Owner {
  readonly node: { readonly id: bigint }
  readonly zone: string
  readonly incarnation: string
  members(): Registration[]
  isUp(id: bigint): boolean
}

export function statusOf(owner: Owner, role: Role, driver: DirectoryDriver): DirectoryStatus {
  const members = owner.members()
  const up = members.filter(({ node }) => owner.isUp(node.busId))
  const { outbox } = driver
  return {
    id: owner.node.id,
    zone: owner.zone,
    incarnation: owner.incarnation,
    list: role.state,
    watched: role.registry,
    members: members.length,
    up: up.length,
    services: up.reduce((count, { records }) => count + records.length, 0),
    registries: members.filter(isRegistry).map(({ node }) => node.busId),
    addresses: driver.addresses.size,
    registry: role.status,
    counters: {
      sent: outbox.sent,
      dropped: outbox.dropped,
      undelivered: driver.undelivered,
      bad: driver.badMessages,
      bytesWaiting: outbox.waitingBytes,
    },
  }
}
