// Writes ROUTE_UPDATE by hand: one packet after the other in memory that is used again.

import { assert } from '../errors.js'
import { CONTROL_BOUNDS } from './control-bounds.js'
import type { IdRange } from './control-messages.js'
import { longVarintBytes, varintBytes, writeLongVarint, writeVarint } from './proto-writer.js'
import {
  ROUTE_HOPS_MAX,
  ROUTE_RANGES_MAX,
  ROUTE_RECORDS_MAX,
  type RouteRecord,
} from './route-record.js'
import {
  ANCESTOR_TAG,
  FIXED_FIELD_BYTES,
  HALF,
  INCARNATION_BYTES,
  INCARNATION_FIELD_BYTES,
  RANGE_TAG,
  RECORD_TAG,
  REMOVAL_TAG,
  ROUTE_UPDATE_TAG,
  UPDATE_TAG,
} from './route-update-fields.js'

/** A packet of at least one record, whatever that holds, fits into this. */
export const ROUTE_UPDATE_BYTES_MIN = 1_024

/**
 * Room before the records for everything else, whose size is known last: tag and length of the
 * member (6), sequence (9), three flags (6), and 64 ancestors (518).
 */
const HEAD_BYTES_MAX = 544

/** What one usual record needs: most packets are small, and a full one is grown into once. */
const USUAL_RECORD_BYTES = 48

const RECORD_BYTES_MIN = FIXED_FIELD_BYTES + INCARNATION_FIELD_BYTES

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
  readonly #bytesMax: number
  #buffer = new Uint8Array(0)
  #view = new DataView(this.#buffer.buffer)
  /** Behind the last record. */
  #end = HEAD_BYTES_MAX
  #count = 0

  /** `bytesMax` is of the whole body; at least `ROUTE_UPDATE_BYTES_MIN`. */
  constructor(bytesMax: number) {
    assert(bytesMax >= ROUTE_UPDATE_BYTES_MIN, `a route update of ${bytesMax} bytes`)
    this.#bytesMax = bytesMax
    this.#take(HEAD_BYTES_MAX + 16 * USUAL_RECORD_BYTES)
  }

  /** Records and removals since `begin`. */
  get count(): number {
    return this.#count
  }

  /** Forgets the last packet. */
  begin(): void {
    this.#end = HEAD_BYTES_MAX
    this.#count = 0
  }

  /** False where the packet is full, by records or by bytes: nothing was written then. */
  add(record: RouteRecord): boolean {
    const { attach, ranges } = record
    assert((record.idHigh | record.idLow) !== 0, 'a record of id 0')
    const hasParent = (record.parentHigh | record.parentLow) !== 0
    const hops = Math.min(record.hops, ROUTE_HOPS_MAX)
    let bytes = RECORD_BYTES_MIN
    if (attach !== 0) bytes += 1 + longVarintBytes(upperOf(attach), lowerOf(attach))
    if (hasParent) bytes += FIXED_FIELD_BYTES
    if (hops !== 0) bytes += 1 + varintBytes(hops)
    if (ranges.length > 0) bytes += rangesBytes(ranges)
    if (!this.#reserve(1 + varintBytes(bytes) + bytes)) return false
    const buffer = this.#buffer
    let at = this.#end
    buffer[at] = UPDATE_TAG.ADD
    at = writeVarint(buffer, at + 1, bytes)
    at = this.#writeFixed(at, RECORD_TAG.ID, record.idHigh, record.idLow)
    at = this.#writeIncarnation(at, record.incarnation)
    if (attach !== 0) {
      buffer[at] = RECORD_TAG.ATTACH
      at = writeLongVarint(buffer, at + 1, upperOf(attach), lowerOf(attach))
    }
    if (hasParent) at = this.#writeFixed(at, RECORD_TAG.PARENT, record.parentHigh, record.parentLow)
    if (hops !== 0) {
      buffer[at] = RECORD_TAG.HOPS
      at = writeVarint(buffer, at + 1, hops)
    }
    this.#end = ranges.length > 0 ? writeRanges(buffer, at, ranges) : at
    this.#count++
    return true
  }

  /** As `add`. `reason` is one of `REMOVE_REASON`. */
  remove(idHigh: number, idLow: number, reason: number): boolean {
    assert((idHigh | idLow) !== 0, 'a removal of id 0')
    let bytes = FIXED_FIELD_BYTES
    if (reason !== 0) bytes += 1 + varintBytes(reason)
    if (!this.#reserve(2 + bytes)) return false
    const buffer = this.#buffer
    let at = this.#end
    buffer[at] = UPDATE_TAG.REMOVE
    buffer[at + 1] = bytes
    at = this.#writeFixed(at + 2, REMOVAL_TAG.ID, idHigh, idLow)
    if (reason !== 0) {
      buffer[at] = REMOVAL_TAG.REASON
      at = writeVarint(buffer, at + 1, reason)
    }
    this.#end = at
    this.#count++
    return true
  }

  /** The whole message_body: a view that is valid until the next `begin`. */
  finish(flags: RouteUpdateFlags): Uint8Array {
    const { sequence } = flags
    const ancestors = flags.ancestors ?? []
    assert(ancestors.length <= CONTROL_BOUNDS.ancestorCountMax, 'too many ancestors')
    assert(Number.isSafeInteger(sequence) && sequence >= 0, `a sequence of ${sequence}`)
    const flagsBytes = flagsBytesOf(flags)
    const memberBytes = flagsBytes + this.#end - HEAD_BYTES_MAX
    const start = HEAD_BYTES_MAX - flagsBytes - varintBytes(memberBytes) - 2
    const buffer = this.#buffer
    let at = writeVarint(buffer, start, ROUTE_UPDATE_TAG)
    at = writeVarint(buffer, at, memberBytes)
    if (sequence !== 0) {
      buffer[at] = UPDATE_TAG.SEQUENCE
      at = writeLongVarint(buffer, at + 1, upperOf(sequence), lowerOf(sequence))
    }
    if (flags.snapshotEnd) at = this.#writeFlag(at, UPDATE_TAG.SNAPSHOT_END, true)
    at = this.#writeFlag(at, UPDATE_TAG.WARMING, flags.warming)
    at = this.#writeFlag(at, UPDATE_TAG.OPAQUE, flags.opaque)
    if (flags.ancestors !== undefined) this.#writeAncestors(at, ancestors)
    return buffer.subarray(start, this.#end)
  }

  #writeFlag(at: number, tag: number, value: boolean | undefined): number {
    if (value === undefined) return at
    this.#buffer[at] = tag
    this.#buffer[at + 1] = value ? 1 : 0
    return at + 2
  }

  #writeAncestors(start: number, ancestors: readonly bigint[]): void {
    const buffer = this.#buffer
    buffer[start] = UPDATE_TAG.ANCESTORS
    let at = writeVarint(buffer, start + 1, ancestorListBytes(ancestors.length))
    if (ancestors.length === 0) return
    buffer[at] = ANCESTOR_TAG.ID
    at = writeVarint(buffer, at + 1, 8 * ancestors.length)
    for (const id of ancestors) {
      this.#view.setBigUint64(at, id, true)
      at += 8
    }
  }

  /** One byte of tag, and 64 bits with the lowest byte first. */
  #writeFixed(at: number, tag: number, high: number, low: number): number {
    this.#buffer[at] = tag
    this.#view.setUint32(at + 1, low, true)
    this.#view.setUint32(at + 5, high, true)
    return at + FIXED_FIELD_BYTES
  }

  #writeIncarnation(at: number, words: Uint32Array): number {
    this.#buffer[at] = RECORD_TAG.INCARNATION
    this.#buffer[at + 1] = INCARNATION_BYTES
    this.#view.setUint32(at + 2, words[0]!)
    this.#view.setUint32(at + 6, words[1]!)
    this.#view.setUint32(at + 10, words[2]!)
    this.#view.setUint32(at + 14, words[3]!)
    return at + INCARNATION_FIELD_BYTES
  }

  #reserve(bytes: number): boolean {
    const end = this.#end + bytes
    if (this.#count === ROUTE_RECORDS_MAX || end > this.#bytesMax) return false
    if (end > this.#buffer.length) this.#take(Math.max(end, 2 * this.#buffer.length))
    return true
  }

  /** Other memory, with the records that are written already. */
  #take(bytes: number): void {
    const buffer = new Uint8Array(Math.min(bytes, this.#bytesMax))
    buffer.set(this.#buffer)
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer)
  }
}

function upperOf(value: number): number {
  return value < HALF ? 0 : Math.floor(value / HALF)
}

function lowerOf(value: number): number {
  return value < HALF ? value : value % HALF
}

function flagsBytesOf(flags: RouteUpdateFlags): number {
  const { sequence, ancestors } = flags
  let bytes = flags.snapshotEnd ? 2 : 0
  if (sequence !== 0) bytes += 1 + longVarintBytes(upperOf(sequence), lowerOf(sequence))
  if (flags.warming !== undefined) bytes += 2
  if (flags.opaque !== undefined) bytes += 2
  if (ancestors === undefined) return bytes
  const listBytes = ancestorListBytes(ancestors.length)
  return bytes + 1 + varintBytes(listBytes) + listBytes
}

function ancestorListBytes(count: number): number {
  return count === 0 ? 0 : 1 + varintBytes(8 * count) + 8 * count
}

function upperHalf(value: bigint): number {
  return Number((value >> 32n) & 0xffff_ffffn)
}

function lowerHalf(value: bigint): number {
  return Number(value & 0xffff_ffffn)
}

function rangeBytes({ prefix, maskBits }: IdRange): number {
  let bytes = 0
  if (prefix !== 0n) bytes += 1 + longVarintBytes(upperHalf(prefix), lowerHalf(prefix))
  if (maskBits !== 0) bytes += 1 + varintBytes(maskBits)
  return bytes
}

/** With the tag and the length byte of each. */
function rangesBytes(ranges: readonly IdRange[]): number {
  assert(ranges.length <= ROUTE_RANGES_MAX, 'too many ranges')
  let bytes = 0
  for (const range of ranges) bytes += 2 + rangeBytes(range)
  return bytes
}

function writeRanges(buffer: Uint8Array, start: number, ranges: readonly IdRange[]): number {
  let at = start
  for (const range of ranges) {
    const { prefix, maskBits } = range
    buffer[at] = RECORD_TAG.RANGES
    buffer[at + 1] = rangeBytes(range)
    at += 2
    if (prefix !== 0n) {
      buffer[at] = RANGE_TAG.PREFIX
      at = writeLongVarint(buffer, at + 1, upperHalf(prefix), lowerHalf(prefix))
    }
    if (maskBits !== 0) {
      buffer[at] = RANGE_TAG.MASK_BITS
      at = writeVarint(buffer, at + 1, maskBits)
    }
  }
  return at
}
