// Reads an inner message `vint(head) | head | block` by hand (spec A.3): what stands in the head.

import { HEAD_TAG } from './head-fields.js'
import { long, ProtoReader, readLong, unzigzag, WIRE_TYPE } from './proto-reader.js'
import { readVint, Vint } from './vint.js'

/** A head is some 100 bytes; the family reserves 4,096 for it (spec A.1, limits). */
export const HEAD_BYTES_MAX = 4096

/** The longest IV is 24 bytes and the family's AAD 16; more is no lawful head. */
export const IV_BYTES_MAX = 64
export const AAD_BYTES_MAX = 64

const HALF = 0x1_0000_0000
const SAFE_HIGH_MAX = 0x1f_ffff

/**
 * Parses heads, one after the other, into its own fields. A field that the head lacks has its
 * proto3 default. Offsets are into the buffer given to `read`; nothing is copied.
 */
export class InnerCursor {
  version = 0
  /** The user's message type, signed. */
  type = 0
  resultCode = 0
  sequenceHi = 0
  sequenceLo = 0
  sourceHi = 0
  sourceLo = 0
  /** Bytes of the serialised body before compression and encryption, at most 2^53 - 1. */
  bodyBytes = 0
  cryptoAlgorithm = 0
  ivStart = 0
  ivEnd = 0
  aadStart = 0
  aadEnd = 0
  compressionType = 0
  /** Bytes of the compressed body, at most 2^53 - 1; the wire calls it `original_size`. */
  compressedBytes = 0
  /** Everything behind the head: the body, as it was encrypted and compressed. */
  blockStart = 0
  blockEnd = 0
  readonly #reader = new ProtoReader()
  readonly #headLength = new Vint()

  read(buffer: Uint8Array, start: number, end: number): 'ok' | 'bad_size' | 'bad_message' {
    if (readVint(buffer, start, end, this.#headLength) !== 'ok') return 'bad_size'
    const { value: bytes, end: headStart } = this.#headLength
    if (bytes > HEAD_BYTES_MAX || bytes > end - headStart) return 'bad_size'
    this.#clear()
    this.blockStart = headStart + bytes
    this.blockEnd = end
    const at = this.#readUsual(buffer, headStart, this.blockStart)
    if (at === this.blockStart) return 'ok'
    this.#reader.open(buffer, at, this.blockStart)
    return this.#readFields()
  }

  /**
   * The fields of a data message in clear, which come one after the other. Returns where something
   * else begins: the general way goes on from there.
   */
  #readUsual(buffer: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end) {
      const tag = buffer[at]!
      if (tag === HEAD_TAG.VERSION) {
        const version = buffer[at + 1]!
        if (at + 2 > end || version >= 0x80) return at
        this.version = version
        at += 2
        continue
      }
      const isNumber = tag === HEAD_TAG.SEQUENCE || tag === HEAD_TAG.SOURCE
      if (!isNumber && tag !== HEAD_TAG.BODY_BYTES && tag !== HEAD_TAG.TYPE) return at
      const next = readLong(buffer, at + 1, end)
      if (next < 0) return at
      const { high, low } = long
      if (tag === HEAD_TAG.SEQUENCE) {
        this.sequenceHi = high >>> 0
        this.sequenceLo = low >>> 0
      } else if (tag === HEAD_TAG.SOURCE) {
        this.sourceHi = high >>> 0
        this.sourceLo = low >>> 0
      } else if (tag === HEAD_TAG.TYPE) {
        this.type = low
      } else {
        // Longer sizes are for the general way, which knows what to say of them.
        if (high !== 0 || low < 0) return at
        this.bodyBytes = low
      }
      at = next
    }
    return at
  }

  /** Where a body in clear ends; -1 where the block is shorter than the head says. */
  clearBodyEnd(): number {
    const end = this.blockStart + this.bodyBytes
    return end <= this.blockEnd ? end : -1
  }

  #clear(): void {
    this.version = 0
    this.type = 0
    this.resultCode = 0
    this.sequenceHi = 0
    this.sequenceLo = 0
    this.sourceHi = 0
    this.sourceLo = 0
    this.bodyBytes = 0
    this.cryptoAlgorithm = 0
    this.ivStart = 0
    this.ivEnd = 0
    this.aadStart = 0
    this.aadEnd = 0
    this.compressionType = 0
    this.compressedBytes = 0
  }

  #readFields(): 'ok' | 'bad_size' | 'bad_message' {
    const reader = this.#reader
    const { end } = reader
    while (reader.position < end) {
      if (!reader.tag()) return 'bad_message'
      if (reader.wireType === WIRE_TYPE.VARINT) {
        if (!reader.varint()) return 'bad_message'
        this.#takeNumber(reader)
      } else {
        const { field, wireType } = reader
        if (!reader.skip()) return 'bad_message'
        if (wireType === WIRE_TYPE.BYTES && !this.#takeMessage(reader, field)) return 'bad_message'
        reader.end = end
      }
    }
    return this.bodyBytes < 0 || this.compressedBytes < 0 ? 'bad_size' : 'ok'
  }

  #takeNumber(reader: ProtoReader): void {
    switch (reader.field) {
      case 1:
        this.version = reader.low
        break
      case 2:
        this.type = reader.low
        break
      case 3:
        this.resultCode = unzigzag(reader.low)
        break
      case 4:
        this.sequenceHi = reader.high >>> 0
        this.sequenceLo = reader.low >>> 0
        break
      case 5:
        this.sourceHi = reader.high >>> 0
        this.sourceLo = reader.low >>> 0
        break
      case 9:
        this.bodyBytes = boundedSize(reader)
        break
      default:
    }
  }

  #takeMessage(reader: ProtoReader, field: number): boolean {
    if (field !== 6 && field !== 7) return true
    reader.position = reader.spanStart
    reader.end = reader.spanEnd
    return field === 6 ? this.#readCrypto(reader) : this.#readCompression(reader)
  }

  #readCrypto(reader: ProtoReader): boolean {
    while (reader.position < reader.end) {
      if (!reader.tag()) return false
      const { field, wireType } = reader
      if (!reader.skip()) return false
      if (field === 1 && wireType === WIRE_TYPE.VARINT) this.cryptoAlgorithm = reader.low
      if (wireType !== WIRE_TYPE.BYTES) continue
      if (field === 2) {
        this.ivStart = reader.spanStart
        this.ivEnd = reader.spanEnd
      } else if (field === 11) {
        this.aadStart = reader.spanStart
        this.aadEnd = reader.spanEnd
      }
    }
    return this.ivEnd - this.ivStart <= IV_BYTES_MAX && this.aadEnd - this.aadStart <= AAD_BYTES_MAX
  }

  #readCompression(reader: ProtoReader): boolean {
    while (reader.position < reader.end) {
      if (!reader.tag()) return false
      const { field, wireType } = reader
      if (!reader.skip()) return false
      if (wireType !== WIRE_TYPE.VARINT) continue
      if (field === 1) this.compressionType = reader.low
      else if (field === 2) this.compressedBytes = boundedSize(reader)
    }
    return true
  }
}

/** A 64-bit size as a number, or -1 where a number cannot hold it: no such body exists. */
function boundedSize(reader: ProtoReader): number {
  const high = reader.high >>> 0
  return high > SAFE_HIGH_MAX ? -1 : high * HALF + (reader.low >>> 0)
}
