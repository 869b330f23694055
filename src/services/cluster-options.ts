// What a process says when it joins a cluster, and what the cluster tells it.

import type { DownReason } from '../directory/client-config.js'
import type { LeaseKind, Wants } from '../directory/record.js'
import type { ServiceEntry } from '../directory/shell/directory-events.js'
import type { DirectoryOptions } from '../directory/shell/directory-options.js'
import type { ServiceOffer } from '../directory/shell/service-offer.js'
import type { Undelivered } from '../node/events.js'
import type { BusNodeOptions } from '../node/options.js'
import type { HandlerFailed } from './service-desk.js'

export interface ClusterServiceOptions {
  /** Services of another env are neither seen nor offered. Default `default`. */
  readonly env?: string | undefined
  /** What runs here; a text is an offer with that type alone. Default: nothing. */
  readonly services?: readonly (ServiceOffer | string)[] | undefined
  /** Types and names to which links are opened ahead of need. Default: none. */
  readonly wants?: Partial<Wants> | undefined
  readonly lease?: LeaseKind | undefined
  /** Calls being worked on here before others are refused as overloaded. Default 16,384. */
  readonly callsRunningMax?: number | undefined
  /** Asked every `loadReportMs`: the overload figures of what runs here. Default: as offered. */
  readonly loads?: (() => readonly number[]) | undefined
  /** Default 5,000 ms. */
  readonly loadReportMs?: number | undefined
  /** Evenly distributed in [0, 1), for choices. Default `Math.random`. */
  readonly chance?: (() => number) | undefined
}

/** Of the node, of its directory, and of its services. `services` takes the place of `offer`. */
export interface ClusterOptions
  extends BusNodeOptions,
    Omit<DirectoryOptions, 'offer'>,
    ClusterServiceOptions {}

export interface ClusterEvents {
  /** Listed and reachable; own services too. */
  serviceUp: [entry: ServiceEntry]
  serviceDown: [entry: ServiceEntry, reason: DownReason]
  serviceChanged: [entry: ServiceEntry]
  /** A handler threw, could not read its request, or answered what cannot be sent. */
  handlerFailed: [failed: HandlerFailed]
  /** A one-way message that was sent did not arrive. */
  undelivered: [failure: Undelivered]
  /** After a send that was `full`: it may be tried again. */
  writable: []
  closed: []
}
