// Writes ROUTE_UPDATE by hand: one packet after the other in memory that is used again.

import { assert } from '../errors.js'
import type { RouteRecord } from './route-record.js'

/** A packet of at least one record, whatever that holds, fits into this. */
export const ROUTE_UPDATE_BYTES_MIN = 1_024

/** What a packet says beside its records; what is absent has not changed. */
export interface RouteUpdateFlags {
  /** After this packet: 0 to 2^53 - 1. */
  readonly sequence: number
  readonly snapshotEnd: boolean
  readonly warming?: boolean | undefined
  readonly opaque?: boolean | undefined
  /** At most 64. */
  readonly ancestors?: readonly bigint[] | undefined
}

export class RouteUpdateWriter {
  /** Records and removals since `begin`. */
  count = 0

  /** `bytesMax` is of the whole body; at least `ROUTE_UPDATE_BYTES_MIN`. */
  constructor(bytesMax: number) {
    assert(bytesMax >= ROUTE_UPDATE_BYTES_MIN, `a route update of ${bytesMax} bytes`)
  }

  /** Forgets the last packet. */
  begin(): void {
    this.count = 0
  }

  /** False where the packet is full, by records or by bytes: nothing was written then. */
  add(_record: RouteRecord): boolean {
    return false
  }

  /** As `add`. `reason` is one of `REMOVE_REASON`. */
  remove(_idHigh: number, _idLow: number, _reason: number): boolean {
    return false
  }

  /** The whole message_body: a view that is valid until the next `begin`. */
  finish(_flags: RouteUpdateFlags): Uint8Array {
    return new Uint8Array(0)
  }
}
