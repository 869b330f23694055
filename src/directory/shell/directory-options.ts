// What a node's directory is told at its start.

import type { BootstrapProvider } from '../../bootstrap/bootstrap-provider.js'
import type { BusIdLike } from '../../core/bus-id.js'
import type { ClientTimes } from '../client-config.js'
import type { RegistryLimits, RegistryTimes } from '../registry-config.js'
import type { ServiceOfferList } from './service-offer.js'

export interface RegistryOptions {
  /** Durations in milliseconds; defaults: `REGISTRY_TIMES`. */
  readonly times?: Partial<RegistryTimes>
  readonly limits?: Partial<RegistryLimits>
}

export interface DirectoryOptions {
  /** Nodes register at the registries of their own zone. Default `default`. */
  readonly zone?: string
  /** Free for the user. Default: none. */
  readonly group?: string
  readonly roles?: readonly string[]
  /**
   * Addresses of registries to dial beside the parent, or where to read them: again every second,
   * so a registry that moves is found. A lost one is dialled again after 1 s ± 20 %. Default: none.
   */
  readonly registries?: readonly string[] | BootstrapProvider
  /** This node carries the registry role. Default false. */
  readonly registry?: boolean | RegistryOptions
  /** Written to a provider that takes addresses, by registries. Default: where the node listens. */
  readonly advertise?: readonly string[] | false
  /** What is offered from the start. Default: nothing, and the node is registered all the same. */
  readonly offer?: ServiceOfferList
  /**
   * False: this node looks and is not listed, until it offers something. Default true: it is listed
   * even where it offers nothing.
   */
  readonly register?: boolean
  /** Whose services this node is told of. Default: every app. */
  readonly apps?: readonly string[]
  /** At a registry: who may change and retire what others offer. Default: the registry alone. */
  readonly admins?: readonly BusIdLike[]
  /**
   * Whom to believe that it is a registry: what it says changes the list. Default: everybody, as
   * whoever is in the tree holds its token.
   */
  readonly mayBeRegistry?: (id: bigint) => boolean
  /** Durations in milliseconds; defaults: `CLIENT_TIMES`. */
  readonly times?: Partial<ClientTimes>
  /** How often the addresses are read again, in milliseconds. Default 1,000. */
  readonly rereadMs?: number
}
