// Compression of bodies: when it is worth it, which algorithm, and the bounds of the way back.
//
// Spec A.7. Never before a peer has registered; the session sees to that.

export interface CompressionFacts {
  /** COMPRESSION_ALGORITHM of spec A.4. The lowest that both sides know is used. */
  readonly wire: number
  /**
   * The most plain bytes that one packed byte can stand for, from the format alone. What declares
   * more is a lie, and is refused before a byte is spent on it.
   */
  readonly ratioMax: number
}

export const COMPRESSIONS = Object.freeze({
  // RFC 8878: a block of 128 KiB from a header of 3 bytes and one byte to repeat.
  zstd: Object.freeze({ wire: 100, ratioMax: 32_768 }),
  // A length grows by at most 255 with each byte.
  lz4: Object.freeze({ wire: 200, ratioMax: 255 }),
  // A copy of 64 bytes takes 3.
  snappy: Object.freeze({ wire: 300, ratioMax: 22 }),
  // RFC 1951: a match of 258 bytes takes two bits at least.
  zlib: Object.freeze({ wire: 400, ratioMax: 1_032 }),
}) satisfies Readonly<Record<string, CompressionFacts>>

export type CompressionName = keyof typeof COMPRESSIONS

/** Ascending by number: the order of choice. */
export const COMPRESSION_NAMES = Object.freeze(Object.keys(COMPRESSIONS) as CompressionName[])

/** A body at or below it is never compressed, whatever it is. */
const NEVER_BYTES = 512
const USER_BODY_BYTES_MIN = 1_024
const OTHER_BODY_BYTES_MIN = 2_048

/** Undefined for 0 (none) and for every number that is not ours. */
export function compressionByNumber(wire: number): CompressionName | undefined {
  return COMPRESSION_NAMES.find((name) => COMPRESSIONS[name].wire === wire)
}

/** `isUser`: the body carries user bytes (data_transform_*, custom_command_*). */
export function isWorthCompressing(isUser: boolean, bodyBytes: number): boolean {
  if (bodyBytes <= NEVER_BYTES) return false
  return bodyBytes >= (isUser ? USER_BODY_BYTES_MIN : OTHER_BODY_BYTES_MIN)
}

/** The algorithm to send with; undefined is none. The order of the peer's list means nothing. */
export function chooseCompression(
  peerNumbers: readonly number[],
  allowed: readonly CompressionName[],
  supported: ReadonlySet<CompressionName>,
): CompressionName | undefined {
  return COMPRESSION_NAMES.find(
    (name) =>
      allowed.includes(name) &&
      supported.has(name) &&
      peerNumbers.includes(COMPRESSIONS[name].wire),
  )
}

/** What these two take of `Primitives`; naming that one here would be an import cycle. */
interface Packer {
  compress(name: CompressionName, plain: Uint8Array): Uint8Array | undefined
}
interface Unpacker {
  readonly compressions: ReadonlySet<CompressionName>
  decompress(name: CompressionName, packed: Uint8Array, plainBytes: number): Uint8Array | undefined
}

/** Undefined where packing fails or does not make the body smaller: it is then sent plain. */
export function packBody(
  primitives: Packer,
  name: CompressionName,
  plain: Uint8Array,
): Uint8Array | undefined {
  const packed = primitives.compress(name, plain)
  return packed !== undefined && packed.length < plain.length ? packed : undefined
}

export interface PackedBody {
  readonly name: CompressionName
  /** The decrypted block; what lies behind `packedBytes` is padding. */
  readonly block: Uint8Array
  /** `head.compression.original_size`, which holds the compressed size. */
  readonly packedBytes: number
  /** `head.body_size`. */
  readonly plainBytes: number
  /** The longest body that is accepted from this peer. */
  readonly plainBytesMax: number
}

/** Exactly `plainBytes` bytes or undefined. All sizes may come from a liar. */
export function unpackBody(primitives: Unpacker, body: PackedBody): Uint8Array | undefined {
  const { name, block, packedBytes, plainBytes, plainBytesMax } = body
  if (!primitives.compressions.has(name)) return undefined
  if (!isSizeWithin(packedBytes, block.length)) return undefined
  if (!isSizeWithin(plainBytes, plainBytesMax)) return undefined
  if (plainBytes > packedBytes * COMPRESSIONS[name].ratioMax) return undefined
  return primitives.decompress(name, block.subarray(0, packedBytes), plainBytes)
}

function isSizeWithin(bytes: number, bytesMax: number): boolean {
  return Number.isSafeInteger(bytes) && bytes > 0 && bytes <= bytesMax
}
