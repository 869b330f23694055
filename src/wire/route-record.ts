// One record of the routing table as ROUTE_UPDATE carries it.

import type { IdRange } from './control-messages.js'

/** Records and removals together in one ROUTE_UPDATE. */
export const ROUTE_RECORDS_MAX = 1_000

/** What one record may answer for. */
export const ROUTE_RANGES_MAX = 16

/** `hops` are advice: more are written as this many, and refused when read. */
export const ROUTE_HOPS_MAX = 255

/** Shared by all records without ranges, so that they cost nothing. */
export const NO_RANGES: readonly IdRange[] = []

/** Mutable and made once: a packet of a thousand records goes through one of these. */
export class RouteRecord {
  /** Unsigned halves; a record of id 0 is not lawful. */
  idHigh = 0
  idLow = 0
  /** The 16 bytes as big-endian words, so that the order of the words is the order of the bytes. */
  readonly incarnation = new Uint32Array(4)
  /** 0 to 2^53 - 1. */
  attach = 0
  /** The node it is attached to; 0 for none. */
  parentHigh = 0
  parentLow = 0
  /** 0 to 255; advice only. */
  hops = 0
  /** At most 16, each of at most 64 mask bits. Made anew for each record, so it may be kept. */
  ranges: readonly IdRange[] = NO_RANGES
}
