// The messages by which neighbours keep the routing table, as plain typed values.

/** How much a subscriber wants to hear: every node, ranges of ids, or nothing but flags. */
export const DETAIL = { nodes: 0, subnets: 1, none: 2 } as const

/** Why a parent turns down what a child announced. */
export const REFUSE_REASON = {
  duplicate_id: 1,
  false_move: 2,
  outside_subnet: 3,
  too_many: 4,
} as const

export interface SubscribeRequest {
  readonly detail: number
  readonly recordsMax: number
  /** The last change that the subscriber has, of that life of the publisher. */
  readonly resume?: { readonly incarnation: Uint8Array; readonly sequence: number }
}

export interface SubscribeResponse {
  readonly resultCode: number
  readonly incarnation: Uint8Array
  readonly mode: 'full' | 'resume'
  readonly sequence: number
  /** An estimate of the records to come. */
  readonly total: number
  /** Its children may not all be back. */
  readonly warming: boolean
  /** There are ids above it that it cannot name. */
  readonly opaque: boolean
  /** The ids above it, nearest first; told to children. */
  readonly ancestors: readonly bigint[]
}

export interface RouteRefuse {
  readonly id: bigint
  readonly incarnation: Uint8Array
  readonly reason: number
}

export interface ConnSync {
  readonly id: bigint
  readonly incarnation: Uint8Array
  readonly addresses: readonly string[]
}

export interface ConnSyncResponse {
  readonly id: bigint
  readonly resultCode: number
}

/** All but ROUTE_UPDATE, which is read and written by hand. */
export type RouteBody =
  | { readonly kind: 'subscribe_req'; readonly request: SubscribeRequest }
  | { readonly kind: 'subscribe_rsp'; readonly response: SubscribeResponse }
  | { readonly kind: 'route_refuse'; readonly refuse: RouteRefuse }
  | { readonly kind: 'unsubscribe' }
  | { readonly kind: 'conn_sync'; readonly sync: ConnSync }
  | { readonly kind: 'conn_sync_rsp'; readonly response: ConnSyncResponse }
