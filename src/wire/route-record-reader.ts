// Reads the records of a ROUTE_UPDATE by hand, each into the same object.

import type { IdRange } from './control-messages.js'
import { littleEndian, long, ProtoReader, readLong, WIRE_TYPE } from './proto-reader.js'
import { NO_RANGES, ROUTE_HOPS_MAX, ROUTE_RANGES_MAX, type RouteRecord } from './route-record.js'
import {
  EXACT_HIGH_MAX,
  FIXED_FIELD_BYTES,
  HALF,
  INCARNATION_BYTES,
  INCARNATION_FIELD_BYTES,
  RANGE_FIELD,
  RECORD_FIELD,
  RECORD_TAG,
} from './route-update-fields.js'

const MASK_BITS_MAX = 64

const RECORD_BYTES_MIN = FIXED_FIELD_BYTES + INCARNATION_FIELD_BYTES

export class RouteRecordReader {
  readonly #record: RouteRecord
  readonly #fields = new ProtoReader()
  readonly #range = new ProtoReader()
  /** Of the record that was read last. */
  #rangeCount = 0
  /** Where the incarnation stands, or -1 for none of the right length. */
  #incarnationAt = -1
  #attachHigh = 0
  #attachLow = 0
  /** Of the range that was read last. */
  #prefixHigh = 0
  #prefixLow = 0
  #maskBits = 0

  /** `record` belongs to whoever steps through a packet; this writes it. */
  constructor(record: RouteRecord) {
    this.#record = record
  }

  /** Whether there is a lawful record. The record is overwritten, but for its ranges. */
  check(buffer: Uint8Array, start: number, end: number): boolean {
    const record = this.#record
    if (!this.#readUsual(buffer, start, end) && !this.#readAny(buffer, start, end)) return false
    return (record.idHigh | record.idLow) !== 0 && record.hops <= ROUTE_HOPS_MAX
  }

  /** As `check`, with the ranges. */
  take(buffer: Uint8Array, start: number, end: number): boolean {
    if (!this.check(buffer, start, end)) return false
    this.#record.ranges = this.#rangeCount === 0 ? NO_RANGES : this.#rangesOf(buffer, start, end)
    return true
  }

  /** The layout that every peer writes, without ranges. False for all others. */
  #readUsual(buffer: Uint8Array, start: number, end: number): boolean {
    if (end - start < RECORD_BYTES_MIN || buffer[start] !== RECORD_TAG.ID) return false
    if (buffer[start + 9] !== RECORD_TAG.INCARNATION) return false
    if (buffer[start + 10] !== INCARNATION_BYTES) return false
    const record = this.#record
    record.idLow = littleEndian(buffer, start + 1) >>> 0
    record.idHigh = littleEndian(buffer, start + 5) >>> 0
    readWords(record.incarnation, buffer, start + 11)
    record.attach = 0
    record.parentHigh = 0
    record.parentLow = 0
    record.hops = 0
    this.#rangeCount = 0
    let at = start + RECORD_BYTES_MIN
    if (at < end && buffer[at] === RECORD_TAG.ATTACH) {
      at = readLong(buffer, at + 1, end)
      if (at < 0 || long.high >>> 0 > EXACT_HIGH_MAX) return false
      record.attach = long.high * HALF + (long.low >>> 0)
    }
    if (end - at >= FIXED_FIELD_BYTES && buffer[at] === RECORD_TAG.PARENT) {
      record.parentLow = littleEndian(buffer, at + 1) >>> 0
      record.parentHigh = littleEndian(buffer, at + 5) >>> 0
      at += FIXED_FIELD_BYTES
    }
    if (end - at === 2 && buffer[at] === RECORD_TAG.HOPS && buffer[at + 1]! < 0x80) {
      record.hops = buffer[at + 1]!
      at += 2
    }
    return at === end
  }

  /** Fields in any order; of a repeated one the last counts. */
  #readAny(buffer: Uint8Array, start: number, end: number): boolean {
    const fields = this.#fields
    this.#clear()
    fields.open(buffer, start, end)
    while (fields.position < end) {
      if (!fields.tag()) return false
      const { field, wireType } = fields
      const isFixed = wireType === WIRE_TYPE.FIXED64
      if (!(isFixed ? fields.fixed64() : fields.skip())) return false
      if (isFixed) this.#takeFixed(field)
      else if (wireType === WIRE_TYPE.VARINT) this.#takeNumber(field)
      else if (wireType === WIRE_TYPE.BYTES && !this.#takeSpan(field)) return false
    }
    if (this.#incarnationAt < 0 || this.#attachHigh >>> 0 > EXACT_HIGH_MAX) return false
    readWords(this.#record.incarnation, buffer, this.#incarnationAt)
    this.#record.attach = this.#attachHigh * HALF + (this.#attachLow >>> 0)
    return true
  }

  #clear(): void {
    const record = this.#record
    record.idHigh = 0
    record.idLow = 0
    record.parentHigh = 0
    record.parentLow = 0
    record.hops = 0
    this.#rangeCount = 0
    this.#incarnationAt = -1
    this.#attachHigh = 0
    this.#attachLow = 0
  }

  #takeFixed(field: number): void {
    const record = this.#record
    const { high, low } = this.#fields
    if (field === RECORD_FIELD.ID) {
      record.idHigh = high >>> 0
      record.idLow = low >>> 0
    } else if (field === RECORD_FIELD.PARENT) {
      record.parentHigh = high >>> 0
      record.parentLow = low >>> 0
    }
  }

  #takeNumber(field: number): void {
    const { high, low } = this.#fields
    if (field === RECORD_FIELD.ATTACH) {
      this.#attachHigh = high
      this.#attachLow = low
    } else if (field === RECORD_FIELD.HOPS) {
      this.#record.hops = low >>> 0
    }
  }

  #takeSpan(field: number): boolean {
    const { spanStart, spanEnd } = this.#fields
    if (field === RECORD_FIELD.INCARNATION) {
      this.#incarnationAt = spanEnd - spanStart === INCARNATION_BYTES ? spanStart : -1
    } else if (field === RECORD_FIELD.RANGES) {
      if (++this.#rangeCount > ROUTE_RANGES_MAX) return false
      return this.#readRange()
    }
    return true
  }

  /** The span that `#fields` stands at. */
  #readRange(): boolean {
    const range = this.#range
    const { buffer, spanStart, spanEnd } = this.#fields
    this.#prefixHigh = 0
    this.#prefixLow = 0
    this.#maskBits = 0
    range.open(buffer, spanStart, spanEnd)
    while (range.position < spanEnd) {
      if (!range.tag()) return false
      const { field, wireType } = range
      if (!range.skip()) return false
      if (wireType !== WIRE_TYPE.VARINT) continue
      if (field === RANGE_FIELD.MASK_BITS) this.#maskBits = range.low >>> 0
      if (field !== RANGE_FIELD.PREFIX) continue
      this.#prefixHigh = range.high
      this.#prefixLow = range.low
    }
    return this.#maskBits <= MASK_BITS_MAX
  }

  /** Of a record that was checked. */
  #rangesOf(buffer: Uint8Array, start: number, end: number): IdRange[] {
    const fields = this.#fields
    const ranges: IdRange[] = []
    fields.open(buffer, start, end)
    while (fields.position < end && fields.tag()) {
      const { field, wireType } = fields
      if (!fields.skip()) break
      if (field !== RECORD_FIELD.RANGES || wireType !== WIRE_TYPE.BYTES) continue
      if (!this.#readRange()) break
      const prefix = (BigInt(this.#prefixHigh >>> 0) << 32n) | BigInt(this.#prefixLow >>> 0)
      ranges.push({ prefix, maskBits: this.#maskBits })
    }
    return ranges
  }
}

/** Big-endian, so that comparing words compares bytes. */
function readWords(words: Uint32Array, buffer: Uint8Array, start: number): void {
  for (let i = 0, at = start; i < 4; i++, at += 4) {
    const upper = (buffer[at]! << 24) | (buffer[at + 1]! << 16)
    words[i] = upper | (buffer[at + 2]! << 8) | buffer[at + 3]!
  }
}
