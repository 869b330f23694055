// Reads ROUTE_UPDATE by hand: the whole packet is checked before any record of it counts.

import { CONTROL_BOUNDS } from './control-bounds.js'
import { littleEndian, ProtoReader, WIRE_TYPE } from './proto-reader.js'
import { ROUTE_RECORDS_MAX, RouteRecord } from './route-record.js'
import { RouteRecordReader } from './route-record-reader.js'
import {
  ANCESTOR_FIELD,
  EXACT_HIGH_MAX,
  FIXED_FIELD_BYTES,
  HALF,
  REMOVAL_FIELD,
  REMOVAL_TAG,
  UPDATE_FIELD,
} from './route-update-fields.js'

const ANCESTORS_MAX = CONTROL_BOUNDS.ancestorCountMax

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
  readonly #outer = new ProtoReader()
  readonly #inner = new ProtoReader()
  readonly #records = new RouteRecordReader(this.record)
  #sequenceHigh = 0
  #sequenceLow = 0
  /** Made anew for each packet: whoever reads it may keep the list. */
  #ids: bigint[] | undefined

  /**
   * Takes the member that a `BodyCursor` found. `malformed`: it does not parse or breaks a bound;
   * nothing of it may be used. The bytes must stay as they are until the last `next`.
   */
  open(buffer: Uint8Array, start: number, end: number): 'ok' | 'malformed' {
    this.#clear()
    this.#records.open(buffer)
    this.#outer.open(buffer, start, end)
    const isFine = this.#check() && this.#sequenceHigh >>> 0 <= EXACT_HIGH_MAX
    if (isFine) this.sequence = this.#sequenceHigh * HALF + (this.#sequenceLow >>> 0)
    this.#outer.open(buffer, start, isFine ? end : start)
    return isFine ? 'ok' : 'malformed'
  }

  /** Steps to the next record, in the order of the packet. */
  next(): 'add' | 'remove' | 'end' {
    const outer = this.#outer
    while (outer.position < outer.end && outer.tag()) {
      const { field, wireType } = outer
      if (!outer.skip()) break
      if (wireType !== WIRE_TYPE.BYTES) continue
      const { buffer, spanStart, spanEnd } = outer
      if (field === UPDATE_FIELD.ADD) {
        return this.#records.take(spanStart, spanEnd) ? 'add' : 'end'
      }
      if (field === UPDATE_FIELD.REMOVE) {
        return this.#takeRemoval(buffer, spanStart, spanEnd) ? 'remove' : 'end'
      }
    }
    return 'end'
  }

  #clear(): void {
    this.sequence = 0
    this.#sequenceHigh = 0
    this.#sequenceLow = 0
    this.snapshotEnd = false
    this.warming = undefined
    this.opaque = undefined
    this.ancestors = undefined
    this.#ids = undefined
  }

  #check(): boolean {
    const outer = this.#outer
    let records = 0
    while (outer.position < outer.end) {
      if (!outer.tag()) return false
      const { field, wireType } = outer
      if (!outer.skip()) return false
      if (wireType === WIRE_TYPE.VARINT) this.#takeNumber(field)
      if (wireType !== WIRE_TYPE.BYTES) continue
      const { buffer, spanStart, spanEnd } = outer
      if (field === UPDATE_FIELD.ADD) {
        if (++records > ROUTE_RECORDS_MAX) return false
        if (!this.#records.check(spanStart, spanEnd)) return false
      } else if (field === UPDATE_FIELD.REMOVE) {
        if (++records > ROUTE_RECORDS_MAX) return false
        if (!this.#takeRemoval(buffer, spanStart, spanEnd)) return false
      } else if (field === UPDATE_FIELD.ANCESTORS) {
        if (!this.#takeAncestors(buffer, spanStart, spanEnd)) return false
      }
    }
    return true
  }

  #takeNumber(field: number): void {
    const { high, low } = this.#outer
    const isTrue = (high | low) !== 0
    if (field === UPDATE_FIELD.SEQUENCE) {
      this.#sequenceHigh = high
      this.#sequenceLow = low
    } else if (field === UPDATE_FIELD.SNAPSHOT_END) this.snapshotEnd = isTrue
    else if (field === UPDATE_FIELD.WARMING) this.warming = isTrue
    else if (field === UPDATE_FIELD.OPAQUE) this.opaque = isTrue
  }

  /** Lists that come in pieces are one list (proto3): packed, single, and the message itself. */
  #takeAncestors(buffer: Uint8Array, start: number, end: number): boolean {
    const inner = this.#inner
    this.#ids ??= []
    const ids = this.#ids
    this.ancestors = ids
    inner.open(buffer, start, end)
    while (inner.position < end) {
      if (!inner.tag()) return false
      const { field, wireType } = inner
      const isSingle = wireType === WIRE_TYPE.FIXED64
      if (field !== ANCESTOR_FIELD.ID || !(isSingle || wireType === WIRE_TYPE.BYTES)) {
        if (!inner.skip()) return false
      } else if (isSingle) {
        if (!takeId(inner, ids)) return false
      } else {
        if (!inner.span()) return false
        inner.open(buffer, inner.spanStart, inner.spanEnd)
        while (inner.position < inner.end) if (!takeId(inner, ids)) return false
        inner.end = end
      }
    }
    return true
  }

  #takeRemoval(buffer: Uint8Array, start: number, end: number): boolean {
    if (!this.#isUsualRemoval(buffer, start, end) && !this.#readRemoval(buffer, start, end)) {
      return false
    }
    return (this.removedHigh | this.removedLow) !== 0
  }

  /** An id and a small reason, as peers write it. */
  #isUsualRemoval(buffer: Uint8Array, start: number, end: number): boolean {
    const reasonAt = start + FIXED_FIELD_BYTES
    if (end - reasonAt !== 2 || buffer[start] !== REMOVAL_TAG.ID) return false
    if (buffer[reasonAt] !== REMOVAL_TAG.REASON || buffer[reasonAt + 1]! >= 0x80) return false
    this.removedLow = littleEndian(buffer, start + 1) >>> 0
    this.removedHigh = littleEndian(buffer, start + 5) >>> 0
    this.reason = buffer[reasonAt + 1]!
    return true
  }

  #readRemoval(buffer: Uint8Array, start: number, end: number): boolean {
    const inner = this.#inner
    this.removedHigh = 0
    this.removedLow = 0
    this.reason = 0
    inner.open(buffer, start, end)
    while (inner.position < end) {
      if (!inner.tag()) return false
      const { field, wireType } = inner
      const isFixed = wireType === WIRE_TYPE.FIXED64
      if (!(isFixed ? inner.fixed64() : inner.skip())) return false
      if (field === REMOVAL_FIELD.ID && isFixed) {
        this.removedHigh = inner.high >>> 0
        this.removedLow = inner.low >>> 0
      } else if (field === REMOVAL_FIELD.REASON && wireType === WIRE_TYPE.VARINT) {
        this.reason = inner.low >>> 0
      }
    }
    return true
  }
}

/** The next eight bytes; false for one too many, for 0, and where there are no eight. */
function takeId(reader: ProtoReader, ids: bigint[]): boolean {
  if (ids.length === ANCESTORS_MAX || !reader.fixed64()) return false
  const { high, low } = reader
  if ((high | low) === 0) return false
  ids.push((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
  return true
}
