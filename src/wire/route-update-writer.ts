// Writes ROUTE_UPDATE by hand, record by record, into one buffer that serves all packets.

import { BODY_FIELD } from './body.js'
import type { IdRange } from './control-messages.js'
import { WIRE_TYPE } from './proto-reader.js'
import {
  longVarintBytes,
  varintBytes,
  writeFixed64,
  writeLongVarint,
  writeVarint,
} from './proto-writer.js'
import {
  RANGE,
  RECORD,
  REMOVAL,
  ROUTE_RECORDS_MAX,
  type RouteRecord,
  UPDATE,
} from './route-record.js'

const HALF = 0x1_0000_0000

/** Room before the records for what is known only at the end: tag and length of the member. */
const FRONT_BYTES = 16
/** Room behind the records for sequence, flags, and 64 ancestors. */
const BACK_BYTES = 64 + 64 * 9

export interface UpdateFlags {
  /** Number of the last change that this packet tells. */
  readonly sequence: number
  readonly snapshotEnd: boolean
  /** Absent: as it was. */
  readonly warming?: boolean
  readonly opaque?: boolean
  readonly ancestors?: readonly bigint[]
}

export class RouteUpdateWriter {
  readonly #bytesMax: number
  #buffer: Uint8Array
  #at = FRONT_BYTES
  #count = 0

  /** `bytesMax`: of the whole body. */
  constructor(bytesMax: number) {
    this.#bytesMax = Math.max(bytesMax, FRONT_BYTES + BACK_BYTES + 64)
    this.#buffer = new Uint8Array(FRONT_BYTES + BACK_BYTES + 256)
  }

  /** Records in the packet so far. */
  get count(): number {
    return this.#count
  }

  /** Forgets the last packet. */
  begin(): void {
    this.#at = FRONT_BYTES
    this.#count = 0
  }

  /** False where the packet is full; it then stays as it was. */
  add(record: RouteRecord): boolean {
    const inner = recordBytes(record)
    if (!this.#fits(1 + varintBytes(inner) + inner)) return false
    const buffer = this.#buffer
    buffer[this.#at] = tagOf(UPDATE.ADD, WIRE_TYPE.BYTES)
    this.#at = writeRecord(buffer, writeVarint(buffer, this.#at + 1, inner), record)
    this.#count++
    return true
  }

  remove(idHigh: number, idLow: number, reason: number): boolean {
    const inner = 9 + (reason === 0 ? 0 : 1 + varintBytes(reason))
    if (!this.#fits(2 + inner)) return false
    const buffer = this.#buffer
    buffer[this.#at] = tagOf(UPDATE.REMOVE, WIRE_TYPE.BYTES)
    buffer[this.#at + 1] = inner
    buffer[this.#at + 2] = tagOf(REMOVAL.ID, WIRE_TYPE.FIXED64)
    this.#at = writeFixed64(buffer, this.#at + 3, idHigh, idLow)
    if (reason !== 0) {
      buffer[this.#at] = tagOf(REMOVAL.REASON, WIRE_TYPE.VARINT)
      this.#at = writeVarint(buffer, this.#at + 1, reason)
    }
    this.#count++
    return true
  }

  #fits(bytes: number): boolean {
    const needed = this.#at + bytes + BACK_BYTES
    if (this.#count >= ROUTE_RECORDS_MAX || needed > this.#bytesMax) return false
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer)
      this.#buffer = grown
    }
    return true
  }

  /** The whole message_body; a view that is valid until the next `begin`. */
  finish(flags: UpdateFlags): Uint8Array {
    const buffer = this.#buffer
    const end = writeFlags(buffer, this.#at, flags)
    const bytes = end - FRONT_BYTES
    const tag = (BODY_FIELD.route_update << 3) | WIRE_TYPE.BYTES
    const start = FRONT_BYTES - varintBytes(tag) - varintBytes(bytes)
    writeVarint(buffer, writeVarint(buffer, start, tag), bytes)
    return buffer.subarray(start, end)
  }
}

function tagOf(field: number, wireType: number): number {
  return (field << 3) | wireType
}

function recordBytes(record: RouteRecord): number {
  const { attach, hops, parentHigh, parentLow, ranges } = record
  // Id and incarnation are always there.
  let bytes = 9 + 18
  if (attach !== 0) bytes += 1 + longVarintBytes(Math.floor(attach / HALF), attach | 0)
  if ((parentHigh | parentLow) !== 0) bytes += 9
  if (hops !== 0) bytes += 1 + varintBytes(hops)
  for (const range of ranges) bytes += 2 + rangeBytes(range)
  return bytes
}

function rangeBytes({ prefix, maskBits }: IdRange): number {
  return (prefix === 0n ? 0 : 9) + (maskBits === 0 ? 0 : 1 + varintBytes(maskBits))
}

function writeRecord(buffer: Uint8Array, offset: number, record: RouteRecord): number {
  const { attach, hops, incarnation, parentHigh, parentLow, ranges } = record
  let at = offset
  buffer[at] = tagOf(RECORD.ID, WIRE_TYPE.FIXED64)
  at = writeFixed64(buffer, at + 1, record.idHigh, record.idLow)
  buffer[at] = tagOf(RECORD.INCARNATION, WIRE_TYPE.BYTES)
  buffer[at + 1] = 16
  at += 2
  for (let word = 0; word < 4; word++) {
    const value = incarnation[word]!
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
    at += 4
  }
  if (attach !== 0) {
    buffer[at] = tagOf(RECORD.ATTACH, WIRE_TYPE.VARINT)
    at = writeLongVarint(buffer, at + 1, Math.floor(attach / HALF), attach | 0)
  }
  if ((parentHigh | parentLow) !== 0) {
    buffer[at] = tagOf(RECORD.PARENT, WIRE_TYPE.FIXED64)
    at = writeFixed64(buffer, at + 1, parentHigh, parentLow)
  }
  if (hops !== 0) {
    buffer[at] = tagOf(RECORD.HOPS, WIRE_TYPE.VARINT)
    at = writeVarint(buffer, at + 1, hops)
  }
  for (const range of ranges) at = writeRange(buffer, at, range)
  return at
}

function writeRange(buffer: Uint8Array, offset: number, range: IdRange): number {
  let at = offset
  buffer[at] = tagOf(RECORD.RANGES, WIRE_TYPE.BYTES)
  buffer[at + 1] = rangeBytes(range)
  at += 2
  if (range.prefix !== 0n) {
    buffer[at] = tagOf(RANGE.PREFIX, WIRE_TYPE.FIXED64)
    at = writeId(buffer, at + 1, range.prefix)
  }
  if (range.maskBits === 0) return at
  buffer[at] = tagOf(RANGE.MASK_BITS, WIRE_TYPE.VARINT)
  return writeVarint(buffer, at + 1, range.maskBits)
}

function writeFlags(buffer: Uint8Array, offset: number, flags: UpdateFlags): number {
  const { ancestors, opaque, sequence, snapshotEnd, warming } = flags
  let at = offset
  if (sequence !== 0) {
    buffer[at] = tagOf(UPDATE.SEQUENCE, WIRE_TYPE.VARINT)
    at = writeLongVarint(buffer, at + 1, Math.floor(sequence / HALF), sequence | 0)
  }
  if (snapshotEnd) at = writeFlag(buffer, at, UPDATE.SNAPSHOT_END, true)
  if (warming !== undefined) at = writeFlag(buffer, at, UPDATE.WARMING, warming)
  if (opaque !== undefined) at = writeFlag(buffer, at, UPDATE.OPAQUE, opaque)
  if (ancestors === undefined) return at
  buffer[at] = tagOf(UPDATE.ANCESTORS, WIRE_TYPE.BYTES)
  at = writeVarint(buffer, at + 1, ancestors.length * 9)
  for (const id of ancestors) {
    buffer[at] = tagOf(1, WIRE_TYPE.FIXED64)
    at = writeId(buffer, at + 1, id)
  }
  return at
}

function writeFlag(buffer: Uint8Array, at: number, field: number, value: boolean): number {
  buffer[at] = tagOf(field, WIRE_TYPE.VARINT)
  buffer[at + 1] = value ? 1 : 0
  return at + 2
}

function writeId(buffer: Uint8Array, at: number, id: bigint): number {
  return writeFixed64(buffer, at, Number(id >> 32n), Number(id & 0xffff_ffffn))
}
