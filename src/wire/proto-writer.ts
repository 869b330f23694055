// Writes protobuf numbers by hand, 64 bits as two halves, into memory that is there.
//
// A half may be signed or unsigned: only its 32 bits count. Small signed integers are passed on by
// the engine without boxing, so the data path makes them so (`| 0`).

/** Bytes of a 32-bit number, 1 to 5. */
export function varintBytes(value: number): number {
  if ((value & ~0x7f) === 0) return 1
  if ((value & ~0x3fff) === 0) return 2
  if ((value & ~0x1f_ffff) === 0) return 3
  return (value & ~0xfff_ffff) === 0 ? 4 : 5
}

/** Bytes of a 64-bit number, 1 to 10. */
export function longVarintBytes(high: number, low: number): number {
  if (high === 0) return varintBytes(low)
  if ((high & ~0x7) === 0) return 5
  if ((high & ~0x3ff) === 0) return 6
  if ((high & ~0x1_ffff) === 0) return 7
  if ((high & ~0xff_ffff) === 0) return 8
  return high >>> 31 === 0 ? 9 : 10
}

/** Writes a 32-bit number; returns the offset behind it. */
export function writeVarint(buffer: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value | 0
  while ((rest & ~0x7f) !== 0) {
    buffer[at++] = 0x80 | (rest & 0x7f)
    rest >>>= 7
  }
  buffer[at] = rest
  return at + 1
}

/** Writes a 64-bit number; returns the offset behind it. */
export function writeLongVarint(
  buffer: Uint8Array,
  offset: number,
  high: number,
  low: number,
): number {
  if (high === 0) return writeVarint(buffer, offset, low)
  buffer[offset] = 0x80 | (low & 0x7f)
  buffer[offset + 1] = 0x80 | ((low >>> 7) & 0x7f)
  buffer[offset + 2] = 0x80 | ((low >>> 14) & 0x7f)
  buffer[offset + 3] = 0x80 | ((low >>> 21) & 0x7f)
  // The fifth byte holds the last 4 bits of the lower half and the first 3 of the upper one.
  const middle = (low >>> 28) | ((high & 7) << 4)
  const upper = high >>> 3
  if (upper === 0) {
    buffer[offset + 4] = middle
    return offset + 5
  }
  buffer[offset + 4] = 0x80 | middle
  return writeVarint(buffer, offset + 5, upper)
}

/** Writes eight bytes, the lowest first. */
export function writeFixed64(
  buffer: Uint8Array,
  offset: number,
  high: number,
  low: number,
): number {
  for (let i = 0; i < 4; i++) {
    buffer[offset + i] = low >>> (8 * i)
    buffer[offset + 4 + i] = high >>> (8 * i)
  }
  return offset + 8
}

/** An int32 field takes 10 bytes where it is negative, as protobuf extends its sign. */
export function int32Bytes(value: number): number {
  return value < 0 ? 10 : varintBytes(value)
}

export function writeInt32(buffer: Uint8Array, offset: number, value: number): number {
  return value < 0
    ? writeLongVarint(buffer, offset, 0xffff_ffff, value >>> 0)
    : writeVarint(buffer, offset, value)
}

/** The unsigned form of a sint32: small magnitudes of either sign stay short. */
export function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

/** Up to here a loop costs less than a call of `set`. */
const LOOP_BYTES_MAX = 8
/** And where a part of the source is copied, which needs a view for `set`. */
const PART_LOOP_BYTES_MAX = 24

/** Copies `[start, end)` of `source` to `offset`; returns the offset behind the copy. */
export function copyBytes(
  buffer: Uint8Array,
  offset: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  const bytes = end - start
  const isWhole = bytes === source.length
  if (bytes <= (isWhole ? LOOP_BYTES_MAX : PART_LOOP_BYTES_MAX)) {
    for (let i = 0; i < bytes; i++) buffer[offset + i] = source[start + i]!
  } else buffer.set(isWhole ? source : source.subarray(start, end), offset)
  return offset + bytes
}
