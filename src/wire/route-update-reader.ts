// Reads ROUTE_UPDATE by hand: the whole packet is checked before any of it counts.

import type { IdRange } from './control-messages.js'
import { ProtoReader, WIRE_TYPE } from './proto-reader.js'
import {
  NO_RANGES,
  RANGE,
  RECORD,
  REMOVAL,
  ROUTE_RANGES_MAX,
  ROUTE_RECORDS_MAX,
  RouteRecord,
  UPDATE,
} from './route-record.js'

const HALF = 0x1_0000_0000
const INCARNATION_BYTES = 16
const HOPS_MAX = 255
const ANCESTORS_MAX = 64
const MASK_BITS_MAX = 64
/** Highest upper half of a whole number below 2^53. */
const UPPER_MAX = 0x1f_ffff

export class RouteUpdateReader {
  sequence = 0
  snapshotEnd = false
  /** Undefined where the packet says nothing of it. */
  warming: boolean | undefined
  opaque: boolean | undefined
  ancestors: readonly bigint[] | undefined
  /** After `add`; overwritten by the next step. */
  readonly record = new RouteRecord()
  /** After `remove`. */
  removedHigh = 0
  removedLow = 0
  reason = 0
  readonly #outer = new ProtoReader()
  readonly #inner = new ProtoReader()
  readonly #innermost = new ProtoReader()

  /** Checks a member that a body cursor found. `malformed` also where a bound is broken. */
  open(buffer: Uint8Array, start: number, end: number): 'ok' | 'malformed' {
    const outer = this.#outer
    outer.open(buffer, start, end)
    this.sequence = 0
    this.snapshotEnd = false
    this.warming = undefined
    this.opaque = undefined
    this.ancestors = undefined
    let records = 0
    while (outer.position < end) {
      if (!outer.tag()) return 'malformed'
      const { field, wireType } = outer
      if (field === UPDATE.ADD || field === UPDATE.REMOVE) {
        if (wireType !== WIRE_TYPE.BYTES || !outer.span()) return 'malformed'
        if (++records > ROUTE_RECORDS_MAX) return 'malformed'
        if (!(field === UPDATE.ADD ? this.#readRecord() : this.#readRemoval())) return 'malformed'
      } else if (!this.#readFlag(field, wireType)) {
        return 'malformed'
      }
    }
    outer.open(buffer, start, end)
    return 'ok'
  }

  /** Goes to the next record of a packet that `open` found good. */
  next(): 'add' | 'remove' | 'end' {
    const outer = this.#outer
    while (outer.position < outer.end && outer.tag()) {
      const { field } = outer
      if (!outer.skip()) return 'end'
      if (field === UPDATE.ADD) {
        this.#readRecord()
        return 'add'
      }
      if (field === UPDATE.REMOVE) {
        this.#readRemoval()
        return 'remove'
      }
    }
    return 'end'
  }

  #readFlag(field: number, wireType: number): boolean {
    const outer = this.#outer
    if (field === UPDATE.ANCESTORS) {
      return wireType === WIRE_TYPE.BYTES && outer.span() && this.#readAncestors()
    }
    if (field > UPDATE.OPAQUE) return outer.skip()
    if (wireType !== WIRE_TYPE.VARINT || !outer.varint()) return false
    const { high, low } = outer
    if (field === UPDATE.SEQUENCE) {
      if (high >>> 0 > UPPER_MAX) return false
      this.sequence = (high >>> 0) * HALF + (low >>> 0)
      return true
    }
    const value = (high | low) !== 0
    if (field === UPDATE.SNAPSHOT_END) this.snapshotEnd = value
    else if (field === UPDATE.WARMING) this.warming = value
    else this.opaque = value
    return true
  }

  #readAncestors(): boolean {
    const inner = this.#openInner()
    const ancestors: bigint[] = []
    while (inner.position < inner.end) {
      if (!inner.tag()) return false
      if (inner.field === 1 && inner.wireType === WIRE_TYPE.FIXED64) {
        if (!inner.fixed64() || ancestors.length === ANCESTORS_MAX) return false
        ancestors.push(idOf(inner))
      } else if (!inner.skip()) {
        return false
      }
    }
    this.ancestors = ancestors
    return true
  }

  #openInner(): ProtoReader {
    const outer = this.#outer
    this.#inner.open(outer.buffer, outer.spanStart, outer.spanEnd)
    return this.#inner
  }

  #readRecord(): boolean {
    const inner = this.#openInner()
    const { record } = this
    record.idHigh = 0
    record.idLow = 0
    record.attach = 0
    record.parentHigh = 0
    record.parentLow = 0
    record.hops = 0
    record.ranges = NO_RANGES
    let hasLife = false
    while (inner.position < inner.end) {
      if (!inner.tag()) return false
      if (inner.field === RECORD.INCARNATION) {
        if (inner.wireType !== WIRE_TYPE.BYTES || !this.#readLife(inner)) return false
        hasLife = true
      } else if (!this.#readRecordField(inner)) {
        return false
      }
    }
    return hasLife && (record.idHigh | record.idLow) !== 0
  }

  #readRecordField(inner: ProtoReader): boolean {
    const { record } = this
    const { field, wireType } = inner
    if (field === RECORD.ID || field === RECORD.PARENT) {
      if (wireType !== WIRE_TYPE.FIXED64 || !inner.fixed64()) return false
      if (field === RECORD.ID) {
        record.idHigh = inner.high >>> 0
        record.idLow = inner.low >>> 0
      } else {
        record.parentHigh = inner.high >>> 0
        record.parentLow = inner.low >>> 0
      }
      return true
    }
    if (field === RECORD.ATTACH || field === RECORD.HOPS) {
      if (wireType !== WIRE_TYPE.VARINT || !inner.varint()) return false
      const high = inner.high >>> 0
      const low = inner.low >>> 0
      if (field === RECORD.ATTACH) record.attach = high * HALF + low
      else record.hops = low
      return field === RECORD.ATTACH ? high <= UPPER_MAX : high === 0 && low <= HOPS_MAX
    }
    if (field !== RECORD.RANGES) return inner.skip()
    return wireType === WIRE_TYPE.BYTES && inner.span() && this.#readRange(inner)
  }

  #readLife(inner: ProtoReader): boolean {
    if (!inner.span() || inner.spanEnd - inner.spanStart !== INCARNATION_BYTES) return false
    const { buffer, spanStart } = inner
    const { incarnation } = this.record
    for (let word = 0; word < 4; word++) {
      const at = spanStart + word * 4
      const upper = (buffer[at]! << 24) | (buffer[at + 1]! << 16)
      incarnation[word] = upper | (buffer[at + 2]! << 8) | buffer[at + 3]!
    }
    return true
  }

  #readRange(inner: ProtoReader): boolean {
    const { record } = this
    if (record.ranges.length === ROUTE_RANGES_MAX) return false
    const reader = this.#innermost
    reader.open(inner.buffer, inner.spanStart, inner.spanEnd)
    let prefix = 0n
    let maskBits = 0
    while (reader.position < reader.end) {
      if (!reader.tag()) return false
      if (reader.field === RANGE.PREFIX && reader.wireType === WIRE_TYPE.FIXED64) {
        if (!reader.fixed64()) return false
        prefix = idOf(reader)
      } else if (reader.field === RANGE.MASK_BITS && reader.wireType === WIRE_TYPE.VARINT) {
        if (!reader.varint() || reader.high !== 0 || reader.low >>> 0 > MASK_BITS_MAX) return false
        maskBits = reader.low
      } else if (!reader.skip()) {
        return false
      }
    }
    const range: IdRange = { prefix, maskBits }
    record.ranges = [...record.ranges, range]
    return true
  }

  #readRemoval(): boolean {
    const inner = this.#openInner()
    this.removedHigh = 0
    this.removedLow = 0
    this.reason = 0
    while (inner.position < inner.end) {
      if (!inner.tag()) return false
      if (inner.field === REMOVAL.ID && inner.wireType === WIRE_TYPE.FIXED64) {
        if (!inner.fixed64()) return false
        this.removedHigh = inner.high >>> 0
        this.removedLow = inner.low >>> 0
      } else if (inner.field === REMOVAL.REASON && inner.wireType === WIRE_TYPE.VARINT) {
        if (!inner.varint()) return false
        this.reason = inner.low & 0xff
      } else if (!inner.skip()) {
        return false
      }
    }
    return (this.removedHigh | this.removedLow) !== 0
  }
}

function idOf(reader: ProtoReader): bigint {
  return (BigInt(reader.high >>> 0) << 32n) | BigInt(reader.low >>> 0)
}
