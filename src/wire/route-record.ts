// One record of the routing table as it travels: scratch that is written over and over.

import type { IdRange } from './control-messages.js'

export const NO_RANGES: readonly IdRange[] = Object.freeze([])

/** Why an id is not there any more. */
export const REMOVE_REASON = { left: 1, link_lost: 2, replaced: 3, withdrawn: 4, swept: 5 } as const

/** ADD and REMOVE of one packet together (routing-table.md, "Messages"). */
export const ROUTE_RECORDS_MAX = 1_000
export const ROUTE_RANGES_MAX = 16

export class RouteRecord {
  idHigh = 0
  idLow = 0
  /** The 16 bytes as four words, the first bytes highest. */
  readonly incarnation = new Uint32Array(4)
  /** Of this life; whole, at most 2^53 - 1. */
  attach = 0
  parentHigh = 0
  parentLow = 0
  hops = 0
  ranges: readonly IdRange[] = NO_RANGES
}

/** Field numbers of RouteUpdate, RouteRecord, RouteRemoval, IdRange and AncestorList. */
export const UPDATE = {
  SEQUENCE: 1,
  SNAPSHOT_END: 2,
  WARMING: 3,
  OPAQUE: 4,
  ANCESTORS: 5,
  ADD: 6,
  REMOVE: 7,
} as const
export const RECORD = {
  ID: 1,
  INCARNATION: 2,
  ATTACH: 3,
  PARENT: 4,
  HOPS: 5,
  RANGES: 6,
} as const
export const REMOVAL = { ID: 1, REASON: 2 } as const
export const RANGE = { PREFIX: 1, MASK_BITS: 2 } as const
