// The family's own length number: big-endian base 128, most significant group first (spec A.2).

/** Ten groups hold 64 bits; a longer number is an attack, never a length. */
export const VINT_BYTES_MAX = 10

/** Lengths are JS numbers: beyond 2^53 they would lose bits, so such a number is refused. */
export const VINT_VALUE_MAX = Number.MAX_SAFE_INTEGER

const GROUP = 128

/** What `readVint` found. One object serves many reads. */
export class Vint {
  value = 0
  /** The offset behind the last byte of the number. */
  end = 0
}

/** Bytes of the shortest form, 1 to 8. `value` is an integer from 0 to 2^53 - 1. */
export function vintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  if (value < 0x1000_0000) return 4
  let bytes = 5
  for (let rest = Math.floor(value / 0x8_0000_0000); rest > 0; bytes++) {
    rest = Math.floor(rest / GROUP)
  }
  return bytes
}

/** Writes the shortest form at `offset` and returns the offset behind it. */
export function writeVint(buffer: Uint8Array, offset: number, value: number): number {
  if (value < 0x80) {
    buffer[offset] = value
    return offset + 1
  }
  if (value < 0x4000) {
    buffer[offset] = 0x80 | (value >>> 7)
    buffer[offset + 1] = value & 0x7f
    return offset + 2
  }
  const end = offset + vintBytes(value)
  buffer[end - 1] = value % GROUP
  let rest = Math.floor(value / GROUP)
  for (let at = end - 2; at >= offset; at--) {
    buffer[at] = 0x80 | (rest % GROUP)
    rest = Math.floor(rest / GROUP)
  }
  return end
}

/**
 * Reads a number from `[start, end)` into `into`. Forms that are not the shortest are taken, as the
 * family takes them. `more`: the bytes end inside it. `bad`: over 10 bytes, or over 2^53 - 1.
 */
export function readVint(
  buffer: Uint8Array,
  start: number,
  end: number,
  into: Vint,
): 'ok' | 'more' | 'bad' {
  // One and two bytes are what nearly every frame has.
  if (start + 1 < end) {
    const first = buffer[start]!
    if (first < 0x80) {
      into.value = first
      into.end = start + 1
      return 'ok'
    }
    const second = buffer[start + 1]!
    if (second < 0x80) {
      into.value = ((first & 0x7f) << 7) | second
      into.end = start + 2
      return 'ok'
    }
  }
  return readLongVint(buffer, start, end, into)
}

function readLongVint(
  buffer: Uint8Array,
  start: number,
  end: number,
  into: Vint,
): 'ok' | 'more' | 'bad' {
  let value = 0
  const last = Math.min(end, start + VINT_BYTES_MAX)
  for (let at = start; at < last; at++) {
    const byte = buffer[at]!
    value = value * GROUP + (byte & 0x7f)
    if (value > VINT_VALUE_MAX) return 'bad'
    if (byte < 0x80) {
      into.value = value
      into.end = at + 1
      return 'ok'
    }
  }
  return end - start < VINT_BYTES_MAX ? 'more' : 'bad'
}
