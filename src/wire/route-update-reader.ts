// Reads ROUTE_UPDATE by hand: the whole packet is checked before any record of it counts.

import { RouteRecord } from './route-record.js'

export class RouteUpdateReader {
  /** After this packet: 0 to 2^53 - 1. */
  sequence = 0
  snapshotEnd = false
  /** These three are undefined where the packet does not say them: nothing changed. */
  warming: boolean | undefined
  opaque: boolean | undefined
  /** At most 64, none of them 0. */
  ancestors: readonly bigint[] | undefined
  /** After `add`; overwritten by the next step. */
  readonly record = new RouteRecord()
  /** After `remove`: unsigned halves of the id, and one of `REMOVE_REASON` or a newer one. */
  removedHigh = 0
  removedLow = 0
  reason = 0

  /**
   * Takes the member that a `BodyCursor` found. `malformed`: it does not parse or breaks a bound;
   * nothing of it may be used. The bytes must stay as they are until the last `next`.
   */
  open(_buffer: Uint8Array, _start: number, _end: number): 'ok' | 'malformed' {
    return 'malformed'
  }

  /** Steps to the next record, in the order of the packet. */
  next(): 'add' | 'remove' | 'end' {
    return 'end'
  }
}
