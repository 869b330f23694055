// Reads the records of a ROUTE_UPDATE by hand, each into the same object.

import type { IdRange } from './control-messages.js'
import { long, ProtoReader, readLong, WIRE_TYPE } from './proto-reader.js'
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
  #buffer: Uint8Array = new Uint8Array(0)
  /** The same memory: a number of four bytes costs one look in it. */
  #view = new DataView(this.#buffer.buffer)
  /** Of the record that was read last. */
  #rangeCount = 0
  /** Of a usual record; -1 for no parent. */
  #parentAt = -1
  #hops = 0
  /** Of any other; -1 for no incarnation of the right length. */
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

  /** The memory that the calls below look at; offsets are into `buffer`. */
  open(buffer: Uint8Array): void {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
  }

  /** Whether there is a lawful record. Of the usual ones nothing is noted. */
  check(start: number, end: number): boolean {
    return this.#isUsual(start, end) || this.#readAny(start, end)
  }

  /** Reads the record, which is as lawful as `check` wants it; false where it is not. */
  take(start: number, end: number): boolean {
    const isUsual = this.#isUsual(start, end)
    if (isUsual) this.#readUsual(start)
    else if (!this.#readAny(start, end)) return false
    const hasRanges = !isUsual && this.#rangeCount > 0
    this.#record.ranges = hasRanges ? this.#rangesOf(start, end) : NO_RANGES
    return true
  }

  /**
   * The layout that every peer writes, without ranges. False for all others, unlawful ones too.
   * Notes where its parts are for `#readUsual`.
   */
  #isUsual(start: number, end: number): boolean {
    const buffer = this.#buffer
    let at = start + RECORD_BYTES_MIN
    if (at > end || buffer[start] !== RECORD_TAG.ID) return false
    if (buffer[start + 9] !== RECORD_TAG.INCARNATION) return false
    if (buffer[start + 10] !== INCARNATION_BYTES) return false
    const view = this.#view
    if ((view.getInt32(start + 1) | view.getInt32(start + 5)) === 0) return false
    this.#attachHigh = 0
    this.#attachLow = 0
    if (at < end && buffer[at] === RECORD_TAG.ATTACH) {
      at = this.#usualAttach(at + 1, end)
      if (at < 0) return false
    }
    this.#parentAt = -1
    if (end - at >= FIXED_FIELD_BYTES && buffer[at] === RECORD_TAG.PARENT) {
      this.#parentAt = at + 1
      at += FIXED_FIELD_BYTES
    }
    this.#hops = 0
    if (end - at === 2 && buffer[at] === RECORD_TAG.HOPS && buffer[at + 1]! < 0x80) {
      this.#hops = buffer[at + 1]!
      at += 2
    }
    return at === end
  }

  #usualAttach(start: number, end: number): number {
    const at = readLong(this.#buffer, start, end)
    if (at < 0 || long.high >>> 0 > EXACT_HIGH_MAX) return -1
    this.#attachHigh = long.high
    this.#attachLow = long.low
    return at
  }

  #readUsual(start: number): void {
    const record = this.#record
    const view = this.#view
    record.idLow = view.getUint32(start + 1, true)
    record.idHigh = view.getUint32(start + 5, true)
    this.#readIncarnation(start + 11)
    record.attach = exact(this.#attachHigh, this.#attachLow)
    const parentAt = this.#parentAt
    record.parentLow = parentAt < 0 ? 0 : view.getUint32(parentAt, true)
    record.parentHigh = parentAt < 0 ? 0 : view.getUint32(parentAt + 4, true)
    record.hops = this.#hops
  }

  /** Big-endian, so that comparing words compares bytes. */
  #readIncarnation(start: number): void {
    const words = this.#record.incarnation
    const view = this.#view
    words[0] = view.getInt32(start)
    words[1] = view.getInt32(start + 4)
    words[2] = view.getInt32(start + 8)
    words[3] = view.getInt32(start + 12)
  }

  /** Fields in any order; of a repeated one the last counts. */
  #readAny(start: number, end: number): boolean {
    const fields = this.#fields
    this.#clear()
    fields.open(this.#buffer, start, end)
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
    const record = this.#record
    if ((record.idHigh | record.idLow) === 0 || record.hops > ROUTE_HOPS_MAX) return false
    this.#readIncarnation(this.#incarnationAt)
    record.attach = exact(this.#attachHigh, this.#attachLow)
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
  #rangesOf(start: number, end: number): IdRange[] {
    const fields = this.#fields
    const ranges: IdRange[] = []
    fields.open(this.#buffer, start, end)
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

function exact(high: number, low: number): number {
  return high === 0 ? low >>> 0 : high * HALF + (low >>> 0)
}
