// What a directory tells its user, by event name.

import type { DownReason } from '../client-config.js'
import type { Registration, ServiceRecord } from '../record.js'
import type { Refusal } from '../result-code.js'
import type { RemovalReason } from '../tombstone.js'

/** One service, as this node knows it. */
export interface ServiceEntry {
  readonly node: bigint
  readonly record: ServiceRecord
  /** All that its node registered, this service among it. */
  readonly registration: Registration
  /** It is offered by this very node. */
  readonly isOwn: boolean
}

/** A registration, or an address of a registry, was not taken. */
export interface DirectoryRefused {
  /** Of the node that was refused: the own id where it is ours. */
  readonly node: bigint
  /** Who refused; undefined: it was refused here, before it was sent. */
  readonly registry: bigint | undefined
  readonly refusal: Refusal
  /** Who holds what clashes; 0: nobody. */
  readonly holder: bigint
}

export interface DirectoryEvents {
  /** Listed and reachable: both are true from now on. */
  service_up: [entry: ServiceEntry]
  service_down: [entry: ServiceEntry, reason: DownReason]
  /** Other fields of a service that stays up. */
  service_changed: [entry: ServiceEntry]
  /** A registry has taken what this node offers. */
  registered: [registry: bigint]
  refused: [refused: DirectoryRefused]
  /** An administrator has changed what this node offers. */
  own_changed: [registration: Registration]
  /** The list is all there is, or the last that was known while no registry answers. */
  list: [state: 'whole' | 'stale']
  /** A second address led to a registry that is linked already: that link was given up. */
  duplicate_registry: [duplicate: { readonly registry: bigint; readonly address: string }]
  /** The source of addresses could not be asked; the last ones stand. */
  bootstrap_failed: [error: unknown]
  /** At registries. */
  joined: [node: { readonly id: bigint; readonly incarnation: string }]
  left: [
    node: { readonly id: bigint; readonly incarnation: string; readonly reason: RemovalReason },
  ]
  protecting: [on: boolean]
  /** At registries: its table is whole, so it answers fetches from now on. */
  ready: []
  peer: [peer: { readonly id: bigint; readonly status: 'up' | 'lost' | 'gone' }]
  closed: []
}
