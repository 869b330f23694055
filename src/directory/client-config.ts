// What a node's side of the directory is told at its start, and the effects it hands out.

import type { Reach, Send } from './directory-effects.js'
import type { NodeInfo, Registration, ServiceRecord } from './record.js'
import type { Refusal } from './result-code.js'
import type { RemovalReason } from './tombstone.js'

/** Defaults and their sources: services.md 5.6. Milliseconds of the monotonic clock. */
export interface ClientTimes {
  readonly renewMs: number
  /** How long an entry that no registry vouches for is kept while its node is reachable (R5). */
  readonly leaseMs: number
  /** Without an answer for this long a registry is passed over. */
  readonly answerMs: number
  readonly dialRetryMs: number
  readonly registryRetryMs: number
  /** Another registry is watched then, so that the load spreads after outages. */
  readonly rotateMs: number
  /** A registration that lost a clash is tried again then. */
  readonly conflictRetryMs: number
  readonly tombstoneLifeMs: number
  readonly clockAheadMaxMs: number
}

export const CLIENT_TIMES: ClientTimes = {
  renewMs: 30_000,
  leaseMs: 90_000,
  answerMs: 1_000,
  dialRetryMs: 5_000,
  registryRetryMs: 1_000,
  rotateMs: 1_800_000,
  conflictRetryMs: 5_000,
  tombstoneLifeMs: 7_200_000,
  clockAheadMaxMs: 60_000,
}

export interface ClientConfig {
  readonly node: NodeInfo
  readonly times: ClientTimes
  readonly reach: Reach
  /** In [0, 1). */
  readonly chance: () => number
  /** Whom to believe that it is a registry. */
  readonly mayBeRegistry: (busId: bigint) => boolean
  /** Apps to be watched; empty: every one. */
  readonly apps: readonly string[]
}

/** `link_lost`: no way leads there; the record stands, and the service may come back (R1). */
export type DownReason = RemovalReason | 'link_lost'

interface ServiceEvent<Kind extends string> {
  readonly kind: Kind
  readonly node: bigint
  readonly record: ServiceRecord
  /** The version that the record is a part of; of what went down, the last one. */
  readonly registration: Registration
}

export type ClientEvent =
  | ServiceEvent<'service_up'>
  | (ServiceEvent<'service_down'> & { readonly reason: DownReason })
  /** Other fields of a service that stays up. */
  | ServiceEvent<'service_changed'>
  | { readonly kind: 'registered'; readonly registry: bigint }
  | {
      readonly kind: 'refused'
      /** Undefined: refused here, before it was sent. */
      readonly registry: bigint | undefined
      readonly refusal: Refusal
      /** Who holds what clashes; 0: nobody. */
      readonly holder: bigint
    }
  /** An administrator changed our own records. */
  | { readonly kind: 'changed'; readonly registration: Registration }
  /** The list is whole as its registry sees it, or flagged stale while none answers. */
  | { readonly kind: 'list'; readonly state: 'whole' | 'stale' }

export type ClientEffect =
  | Send
  | { readonly kind: 'event'; readonly event: ClientEvent }
  /** The shell answers with a link that comes up, or with `dial_failed`. */
  | {
      readonly kind: 'dial'
      readonly id: bigint
      readonly addresses: readonly string[]
      readonly why: 'want' | 'registry'
    }
  /** A registry there ought to greet us; who is none may name one. */
  | { readonly kind: 'ask_greeting'; readonly to: bigint }
  /** A retired life: its link is to be closed, and it is not let in again. */
  | { readonly kind: 'expel'; readonly id: bigint; readonly incarnation: string }
