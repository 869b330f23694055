// The messages of the routing table as plain typed values, but for ROUTE_UPDATE (route-update.ts).

/** How much a subscriber wants to know. */
export const DETAIL = { nodes: 0, subnets: 1, none: 2 } as const

/** Why a parent refuses a record of a child. */
export const REFUSE_REASON = {
  duplicate_id: 1,
  false_move: 2,
  outside_subnet: 3,
  too_many: 4,
} as const

/** Why a record is no longer there. */
export const REMOVE_REASON = {
  left: 1,
  link_lost: 2,
  replaced: 3,
  withdrawn: 4,
  swept: 5,
} as const

/** Where an earlier subscription at this life of the publisher stopped. */
export interface SubscribeResume {
  /** 16 bytes. */
  readonly incarnation: Uint8Array
  /** 0 to 2^53 - 1. */
  readonly sequence: number
}

export interface SubscribeRequest {
  /** One of `DETAIL`; a newer peer may know more. */
  readonly detail: number
  /** 0 to 2^32 - 1. */
  readonly recordsMax: number
  readonly resume?: SubscribeResume
}

export interface SubscribeResponse {
  readonly resultCode: number
  /** Of the publisher, 16 bytes. */
  readonly incarnation: Uint8Array
  readonly mode: 'full' | 'resume'
  /** 0 to 2^53 - 1. */
  readonly sequence: number
  /** An estimate of the records to come, 0 to 2^32 - 1. */
  readonly total: number
  readonly warming: boolean
  readonly opaque: boolean
  /** At most 64 ids, none of them 0. */
  readonly ancestors: readonly bigint[]
}

export interface RouteRefuse {
  /** Not 0. */
  readonly id: bigint
  /** 16 bytes. */
  readonly incarnation: Uint8Array
  /** One of `REFUSE_REASON`; a newer peer may know more. */
  readonly reason: number
}

export interface ConnSync {
  /** Not 0. */
  readonly id: bigint
  /** 16 bytes. */
  readonly incarnation: Uint8Array
  /** At most 8. */
  readonly addresses: readonly string[]
}

export interface ConnSyncResponse {
  /** Not 0. */
  readonly id: bigint
  readonly resultCode: number
}

export type RouteBody =
  | { readonly kind: 'subscribe_req'; readonly subscribe: SubscribeRequest }
  | { readonly kind: 'subscribe_rsp'; readonly subscribed: SubscribeResponse }
  | { readonly kind: 'route_refuse'; readonly refused: RouteRefuse }
  | { readonly kind: 'unsubscribe' }
  | { readonly kind: 'conn_sync'; readonly sync: ConnSync }
  | { readonly kind: 'conn_sync_rsp'; readonly synced: ConnSyncResponse }

export type RouteKind = RouteBody['kind']
