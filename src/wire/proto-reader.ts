// Walks protobuf fields by hand: numbers as two 32-bit halves, nothing allocated, nothing thrown.

const VARINT_BYTES_MAX = 10

/** Wire types of protobuf. Groups (3 and 4) are not lawful in proto3 and are refused. */
export const WIRE_TYPE = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const

/**
 * A cursor over one span. Every reading method returns false where the span does not hold what it
 * says; the reader must not be used further then. Halves are signed, as small integers are what
 * the engine keeps without boxing: `>>> 0` makes them unsigned.
 */
export class ProtoReader {
  buffer: Uint8Array = new Uint8Array(0)
  position = 0
  end = 0
  /** The last number read, or length of a span, in two halves. */
  high = 0
  low = 0
  /** Set by `tag`. */
  field = 0
  wireType = 0
  /** Set by `span`: the bytes of a length-delimited field. The position is behind them. */
  spanStart = 0
  spanEnd = 0

  open(buffer: Uint8Array, start: number, end: number): void {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  /** The head of a field. Tags over 32 bits and field number 0 are refused. */
  tag(): boolean {
    const at = this.position
    const byte = at < this.end ? this.buffer[at]! : 0
    if (byte !== 0 && byte < 0x80) {
      this.position = at + 1
      this.field = byte >>> 3
      this.wireType = byte & 7
      return byte > 7
    }
    if (!this.varint() || this.high !== 0) return false
    this.field = this.low >>> 3
    this.wireType = this.low & 7
    return this.field !== 0
  }

  /** A number of at most 64 bits in at most 10 bytes; bits beyond the 64th are dropped. */
  varint(): boolean {
    const at = this.position
    if (at >= this.end) return false
    const byte = this.buffer[at]!
    if (byte >= 0x80) return this.#longVarint(at, byte & 0x7f)
    this.position = at + 1
    this.low = byte
    this.high = 0
    return true
  }

  #longVarint(start: number, lowest: number): boolean {
    const { buffer } = this
    const last = Math.min(this.end, start + VARINT_BYTES_MAX)
    let low = lowest
    let high = 0
    let at = start + 1
    for (let shift = 7; at < last; shift += 7) {
      const byte = buffer[at++]!
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      // The fifth byte, at bit 28, has bits of both halves.
      if (shift > 28) high |= bits << (shift - 32)
      else if (shift === 28) high = bits >>> 4
      if (byte < 0x80) {
        this.position = at
        this.low = low
        this.high = high
        return true
      }
    }
    return false
  }

  fixed64(): boolean {
    const { buffer, position: at } = this
    if (this.end - at < 8) return false
    this.low = littleEndian(buffer, at)
    this.high = littleEndian(buffer, at + 4)
    this.position = at + 8
    return true
  }

  /** A length-delimited field: its bytes become the span, which lies within the reader's end. */
  span(): boolean {
    if (!this.varint() || this.high !== 0 || this.low < 0) return false
    if (this.low > this.end - this.position) return false
    this.spanStart = this.position
    this.spanEnd = this.position + this.low
    this.position = this.spanEnd
    return true
  }

  /** Steps over the value of the field whose tag was just read. */
  skip(): boolean {
    switch (this.wireType) {
      case WIRE_TYPE.VARINT:
        return this.varint()
      case WIRE_TYPE.FIXED64:
        this.position += 8
        return this.position <= this.end
      case WIRE_TYPE.BYTES:
        return this.span()
      case WIRE_TYPE.FIXED32:
        this.position += 4
        return this.position <= this.end
      default:
        return false
    }
  }
}

/**
 * What `readLong` found: a number of 64 bits in two signed halves. One serves the whole process.
 */
export const long = { low: 0, high: 0 }

/**
 * Reads a varint of up to 64 bits into `long`; returns the offset behind it, or -1 where it does
 * not end before `end`. For readers that keep their place in a local: it costs half of what the
 * reader's methods cost.
 */
export function readLong(buffer: Uint8Array, start: number, end: number): number {
  let at = start
  let low = 0
  for (let shift = 0; shift < 28; shift += 7) {
    if (at >= end) return -1
    const byte = buffer[at++]!
    low |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      long.low = low
      long.high = 0
      return at
    }
  }
  // The fifth byte has bits of both halves.
  if (at >= end) return -1
  let byte = buffer[at++]!
  low |= byte << 28
  let high = (byte & 0x7f) >>> 4
  for (let shift = 3; byte >= 0x80; shift += 7) {
    if (at >= end || shift > 31) return -1
    byte = buffer[at++]!
    high |= (byte & 0x7f) << shift
  }
  long.low = low
  long.high = high
  return at
}

/** Four bytes as a signed number; the caller has made sure that they are there. */
export function littleEndian(buffer: Uint8Array, at: number): number {
  const upper = (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)
  return buffer[at]! | (buffer[at + 1]! << 8) | upper
}

/** Reverses `zigzag`: what a sint32 field holds. */
export function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1)
}
