// The layout of a record: what stands before the content of a message between our own kind.

/**
 * Little-endian: u32 bytes behind the header, u8 zero, u8 flags, u16 zero, i32 type, u64 sequence.
 * In a frame the fifth byte begins the length, which is never 0: a stream may hold both, and a
 * reader that was not told of records takes one for a frame of a bad size.
 */
export const RECORD_HEADER_BYTES = 20

/** Of what begins with the content where the flags say so: u32 kind, i32 code, u64 number. */
export const RECORD_EXTENSION_BYTES = 16

/**
 * Of what follows the header of a routed record: u64 from, u64 to, u32 count of the nodes that it
 * has passed since `from`, and their ids of 64 bits, in order.
 */
export const RECORD_ROUTE_BYTES = 20
export const RECORD_HOP_BYTES = 8

/** A record that has passed more goes on as a frame; ttl 16 is usual, and nobody needs more. */
export const RECORD_HOPS_MAX = 64

export const RECORD_AT = {
  MARK: 4,
  TYPE: 8,
  SEQUENCE_LOW: 12,
  SEQUENCE_HIGH: 16,
  // Within an extension.
  CODE: 4,
  NUMBER_LOW: 8,
  NUMBER_HIGH: 12,
  // Within a route.
  FROM_HIGH: 4,
  TO_LOW: 8,
  TO_HIGH: 12,
  HOPS: 16,
} as const

/** The mark, the flags and the two bytes behind them as one word; there are no others. */
export const RECORD_WORD = { PLAIN: 0, EXTENSION: 0x0100, ROUTED: 0x0200 } as const

/** What the flags may be. */
export const RECORD_WORD_MAX = 0x0300

/** Whether what begins there, as far as it has arrived, is a record. */
export function isRecord(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start > RECORD_AT.MARK && buffer[start + RECORD_AT.MARK] === 0
}
