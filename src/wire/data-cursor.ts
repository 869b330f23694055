// Reads forward_data, the message of the data path, by hand and without allocation.

import { ROW_WORD } from './data-row.js'
import { long, ProtoReader, readLong, unzigzag, WIRE_TYPE } from './proto-reader.js'

/** A route of 4,096 nodes is none: hops are bounded far lower (ttl 16 by default). */
export const ROUTER_COUNT_MAX = 4096

/** Fields of one message, unpacked router entries and unknown ones included. */
const FIELDS_MAX = ROUTER_COUNT_MAX + 64

export const FORWARD_FIELD = {
  FROM: 1,
  TO: 2,
  ROUTER: 3,
  CONTENT: 4,
  FLAGS: 5,
  EXTENSION: 1001,
} as const

/** Tags of the usual layout. */
const TAG = {
  FROM: (FORWARD_FIELD.FROM << 3) | WIRE_TYPE.VARINT,
  TO: (FORWARD_FIELD.TO << 3) | WIRE_TYPE.VARINT,
  ROUTER: (FORWARD_FIELD.ROUTER << 3) | WIRE_TYPE.BYTES,
  CONTENT: (FORWARD_FIELD.CONTENT << 3) | WIRE_TYPE.BYTES,
  FLAGS: (FORWARD_FIELD.FLAGS << 3) | WIRE_TYPE.VARINT,
} as const

/**
 * Parses forward_data, one after the other, into its own fields. Ids are unsigned halves; offsets
 * are into `buffer`, whose memory is kept alive until the next `read`.
 */
export class DataCursor {
  buffer: Uint8Array = new Uint8Array(0)
  /** All of forward_data. */
  start = 0
  end = 0
  fromHi = 0
  fromLo = 0
  toHi = 0
  toLo = 0
  contentStart = 0
  contentEnd = 0
  flags = 0
  routerCount = 0
  /** The last entry of the router; 0 where there is none. */
  routerLastHi = 0
  routerLastLo = 0
  /** The length byte of the last packed chunk, where a further entry can be added; else -1. */
  routerLengthAt = -1
  /** The bytes of that chunk. */
  routerStart = 0
  /** Behind the last router field, or where one belongs: a new chunk can be put here. */
  routerEnd = 0
  hasExtension = false
  /** 0 where there is no extension. */
  extensionKind = 0
  extensionHi = 0
  extensionLo = 0
  extensionCode = 0
  readonly #reader = new ProtoReader()
  /** Fields that hold router entries; any number is lawful, one packed chunk is usual. */
  #routerPieces = 0
  /** No field from the router's number on has been seen yet. */
  #routerGapOpen = true

  /** `bad_message` for anything that does not parse or has too many fields or router entries. */
  read(buffer: Uint8Array, start: number, end: number): 'ok' | 'bad_message' {
    this.#clear(buffer, start, end)
    if (this.#readUsual(buffer, start, end)) return 'ok'
    // Whatever the short way noted is noted again.
    this.#clear(buffer, start, end)
    const reader = this.#reader
    reader.open(buffer, start, end)
    for (let fields = 0; reader.position < end; fields++) {
      const fieldStart = reader.position
      if (fields === FIELDS_MAX || !reader.tag()) return 'bad_message'
      if (this.#routerGapOpen) this.#moveGap(reader.field, fieldStart)
      if (!this.#takeField(reader)) return 'bad_message'
    }
    if (this.#routerGapOpen) this.routerEnd = end
    return 'ok'
  }

  /**
   * The layout that every peer writes: from, to, a packed router, content, each once and in this
   * order, and nothing behind but small flags. False for all others, which the general way reads.
   */
  #readUsual(buffer: Uint8Array, start: number, end: number): boolean {
    if (buffer[start] !== TAG.FROM) return false
    let at = readLong(buffer, start + 1, end)
    if (at < 0) return false
    this.fromHi = long.high >>> 0
    this.fromLo = long.low >>> 0
    if (buffer[at] !== TAG.TO) return false
    at = readLong(buffer, at + 1, end)
    if (at < 0) return false
    this.toHi = long.high >>> 0
    this.toLo = long.low >>> 0
    at = this.#readUsualRouter(buffer, at, end)
    if (at < 0 || buffer[at] !== TAG.CONTENT) return false
    at = readLong(buffer, at + 1, end)
    if (at < 0 || long.high !== 0 || long.low < 0 || long.low > end - at) return false
    this.contentStart = at
    at += long.low
    this.contentEnd = at
    if (at + 2 === end && buffer[at] === TAG.FLAGS && buffer[at + 1]! < 0x80) {
      this.flags = buffer[at + 1]!
      at += 2
    }
    return at === end
  }

  /** A router in one packed piece whose length takes one byte; -1 for any other. */
  #readUsualRouter(buffer: Uint8Array, start: number, end: number): number {
    const bytes = buffer[start + 1]!
    const entries = start + 2
    const behind = entries + bytes
    if (buffer[start] !== TAG.ROUTER || bytes === 0 || bytes >= 0x80 || behind > end) return -1
    let at = entries
    let count = 0
    while (at < behind) {
      at = readLong(buffer, at, behind)
      if (at < 0) return -1
      count++
    }
    this.routerCount = count
    this.routerLastHi = long.high >>> 0
    this.routerLastLo = long.low >>> 0
    this.routerLengthAt = start + 1
    this.routerStart = entries
    this.routerEnd = behind
    this.#routerPieces = 1
    return behind
  }

  /** The same for a message of the usual layout that was found elsewhere, as `row` says. */
  place(buffer: Uint8Array, rows: Uint32Array, row: number): void {
    const end = rows[row + ROW_WORD.END]!
    const routerStart = rows[row + ROW_WORD.ROUTER_START]!
    this.buffer = buffer
    this.start = rows[row + ROW_WORD.FORWARD_START]!
    this.end = end
    this.fromLo = rows[row + ROW_WORD.FROM_LOW]!
    this.fromHi = rows[row + ROW_WORD.FROM_HIGH]!
    this.toLo = rows[row + ROW_WORD.TO_LOW]!
    this.toHi = rows[row + ROW_WORD.TO_HIGH]!
    this.contentStart = rows[row + ROW_WORD.CONTENT_START]!
    this.contentEnd = end
    this.routerCount = rows[row + ROW_WORD.ROUTER_COUNT]!
    this.routerLastLo = rows[row + ROW_WORD.ROUTER_LAST_LOW]!
    this.routerLastHi = rows[row + ROW_WORD.ROUTER_LAST_HIGH]!
    this.routerLengthAt = routerStart - 1
    this.routerStart = routerStart
    this.routerEnd = rows[row + ROW_WORD.ROUTER_END]!
    this.#routerPieces = 1
  }

  /** Whether that node forwarded this message already. */
  routerContains(high: number, low: number): boolean {
    const reader = this.#reader
    if (this.#routerPieces === 1 && this.routerLengthAt >= 0) {
      reader.open(this.buffer, this.routerStart, this.routerEnd)
      return holds(reader, high, low)
    }
    return this.#routerPieces > 0 && this.#piecesContain(high, low)
  }

  #clear(buffer: Uint8Array, start: number, end: number): void {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.fromHi = 0
    this.fromLo = 0
    this.toHi = 0
    this.toLo = 0
    this.contentStart = start
    this.contentEnd = start
    this.flags = 0
    this.routerCount = 0
    this.routerLastHi = 0
    this.routerLastLo = 0
    this.routerLengthAt = -1
    this.routerStart = start
    this.routerEnd = start
    this.#routerPieces = 0
    this.#routerGapOpen = true
    this.hasExtension = false
    this.extensionKind = 0
    this.extensionHi = 0
    this.extensionLo = 0
    this.extensionCode = 0
  }

  /** As long as no router was seen, a new one belongs before the first field above it. */
  #moveGap(field: number, fieldStart: number): void {
    if (field < FORWARD_FIELD.ROUTER) return
    this.#routerGapOpen = false
    this.routerEnd = fieldStart
  }

  #takeField(reader: ProtoReader): boolean {
    const { field, wireType } = reader
    if (field === FORWARD_FIELD.ROUTER) return this.#takeRouter(reader)
    if (!reader.skip()) return false
    if (wireType === WIRE_TYPE.VARINT) this.#takeNumber(reader, field)
    if (wireType !== WIRE_TYPE.BYTES) return true
    if (field === FORWARD_FIELD.CONTENT) {
      this.contentStart = reader.spanStart
      this.contentEnd = reader.spanEnd
    } else if (field === FORWARD_FIELD.EXTENSION) {
      return this.#takeExtension(reader)
    }
    return true
  }

  #takeNumber(reader: ProtoReader, field: number): void {
    if (field === FORWARD_FIELD.FROM) {
      this.fromHi = reader.high >>> 0
      this.fromLo = reader.low >>> 0
    } else if (field === FORWARD_FIELD.TO) {
      this.toHi = reader.high >>> 0
      this.toLo = reader.low >>> 0
    } else if (field === FORWARD_FIELD.FLAGS) {
      this.flags = reader.low >>> 0
    }
  }

  /** Packed is what peers write; single entries are as lawful (proto3). */
  #takeRouter(reader: ProtoReader): boolean {
    if (reader.wireType === WIRE_TYPE.VARINT) {
      if (!this.#takeRouterEntry(reader)) return false
      this.routerLengthAt = -1
    } else if (reader.wireType === WIRE_TYPE.BYTES) {
      const lengthAt = reader.position
      if (!reader.span() || !this.#takePacked(reader)) return false
      this.routerLengthAt = lengthAt
      this.routerStart = reader.spanStart
    } else {
      return reader.skip()
    }
    this.#routerPieces++
    this.routerEnd = reader.position
    return true
  }

  #takePacked(reader: ProtoReader): boolean {
    const { end } = reader
    reader.position = reader.spanStart
    reader.end = reader.spanEnd
    while (reader.position < reader.spanEnd) {
      if (!this.#takeRouterEntry(reader)) return false
    }
    reader.end = end
    return true
  }

  #takeRouterEntry(reader: ProtoReader): boolean {
    if (this.routerCount === ROUTER_COUNT_MAX || !reader.varint()) return false
    this.routerCount++
    this.routerLastHi = reader.high >>> 0
    this.routerLastLo = reader.low >>> 0
    return true
  }

  #takeExtension(reader: ProtoReader): boolean {
    const { end } = reader
    reader.position = reader.spanStart
    reader.end = reader.spanEnd
    this.hasExtension = true
    for (let fields = 0; reader.position < reader.end; fields++) {
      if (fields === FIELDS_MAX || !reader.tag()) return false
      const { field, wireType } = reader
      const fixed = wireType === WIRE_TYPE.FIXED64
      if (!(fixed ? reader.fixed64() : reader.skip())) return false
      if (field === 2 && fixed) {
        this.extensionHi = reader.high >>> 0
        this.extensionLo = reader.low >>> 0
      }
      if (wireType !== WIRE_TYPE.VARINT) continue
      if (field === 1) this.extensionKind = reader.low >>> 0
      else if (field === 3) this.extensionCode = unzigzag(reader.low)
    }
    reader.end = end
    return true
  }

  /** The slow way, for routers that no peer we know writes. */
  #piecesContain(high: number, low: number): boolean {
    const reader = this.#reader
    reader.open(this.buffer, this.start, this.end)
    while (reader.position < this.end) {
      if (!reader.tag()) return false
      const { field, wireType } = reader
      if (!reader.skip()) return false
      if (field !== FORWARD_FIELD.ROUTER) continue
      if (wireType === WIRE_TYPE.VARINT && isId(reader, high, low)) return true
      if (wireType !== WIRE_TYPE.BYTES) continue
      const { position } = reader
      reader.open(this.buffer, reader.spanStart, reader.spanEnd)
      if (holds(reader, high, low)) return true
      reader.open(this.buffer, position, this.end)
    }
    return false
  }
}

function holds(reader: ProtoReader, high: number, low: number): boolean {
  while (reader.position < reader.end && reader.varint()) {
    if (isId(reader, high, low)) return true
  }
  return false
}

function isId(reader: ProtoReader, high: number, low: number): boolean {
  return reader.low >>> 0 === low && reader.high >>> 0 === high
}
