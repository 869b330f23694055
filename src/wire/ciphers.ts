// The ciphers of the wire: numbers, sizes, and the padding each wants (spec A.6.2).

/** `aead` proves that nothing was changed; `block` and `stream` only hide. */
export type CipherKind = 'aead' | 'block' | 'stream'

/** `pkcs7` fills up to 16 bytes and always adds some; `words` does so up to 4 bytes, at least 8. */
export type CipherPadding = 'none' | 'pkcs7' | 'words'

export interface CipherFacts {
  /** CRYPTO_ALGORITHM of spec A.4. */
  readonly wire: number
  readonly keyBytes: number
  /** As carried in the head and as derived with the key; 0 where the cipher has none. */
  readonly ivBytes: number
  /** Appended to the ciphertext. */
  readonly tagBytes: number
  readonly kind: CipherKind
  readonly padding: CipherPadding
}

export const CIPHERS = Object.freeze({
  xxtea: block(1, 16, 0, 'words'),
  'aes-128-cbc': block(11, 16, 16, 'pkcs7'),
  'aes-192-cbc': block(12, 24, 16, 'pkcs7'),
  'aes-256-cbc': block(13, 32, 16, 'pkcs7'),
  'aes-128-gcm': aead(14, 16, 12),
  'aes-192-gcm': aead(15, 24, 12),
  'aes-256-gcm': aead(16, 32, 12),
  chacha20: stream(31, 32, 16),
  'chacha20-poly1305-ietf': aead(32, 32, 12),
  'xchacha20-poly1305-ietf': aead(33, 32, 24),
}) satisfies Readonly<Record<string, CipherFacts>>

export type CipherName = keyof typeof CIPHERS

export const CIPHER_NAMES = Object.freeze(Object.keys(CIPHERS) as CipherName[])

const NAME_BY_NUMBER: ReadonlyMap<number, CipherName> = new Map(
  CIPHER_NAMES.map((name) => [CIPHERS[name].wire, name]),
)

/** Undefined for 0 (none) and for every number that is not ours. */
export function cipherByNumber(wire: number): CipherName | undefined {
  return NAME_BY_NUMBER.get(wire)
}

/** How many bytes `plainBytes` of body take once padded; the ciphertext adds the tag to that. */
export function paddedBytes(name: CipherName, plainBytes: number): number {
  const { padding } = CIPHERS[name]
  if (padding === 'none') return plainBytes
  const unit = padding === 'pkcs7' ? 16 : 4
  const padded = plainBytes + unit - (plainBytes % unit)
  // XXTEA mixes a word with its neighbours, so one word alone has no defined result.
  return padding === 'words' ? Math.max(8, padded) : padded
}

/**
 * Writes the padding behind a body that ends at `plainBytes`, up to the end of `buffer`. For who
 * encodes straight into a buffer of `paddedBytes` and so saves the copy of `padPlain`.
 */
export function writePadding(buffer: Uint8Array, plainBytes: number): void {
  buffer.fill(buffer.length - plainBytes, plainBytes)
}

/** What `Cipher.seal` takes. Returns `plain` itself where the cipher does not pad. */
export function padPlain(name: CipherName, plain: Uint8Array): Uint8Array {
  const bytes = paddedBytes(name, plain.length)
  if (bytes === plain.length) return plain
  const padded = new Uint8Array(bytes)
  padded.set(plain)
  writePadding(padded, plain.length)
  return padded
}

/**
 * The body in what `Cipher.open` returned; `plainBytes` is what the head declares. The padding is
 * cut off and never read: C++ adds none to an aligned body where Go and we do (spec A.6.2).
 */
export function cutPadding(opened: Uint8Array, plainBytes: number): Uint8Array | undefined {
  if (!Number.isSafeInteger(plainBytes) || plainBytes < 0) return undefined
  return plainBytes <= opened.length ? opened.subarray(0, plainBytes) : undefined
}

/**
 * Makes `random` (exactly the cipher's IV size) a lawful IV, in place. One IV per message, never
 * one that counts: both directions share one key (spec G.4 row 4).
 */
export function lawfulIv(name: CipherName, random: Uint8Array): Uint8Array {
  // The first 8 bytes count blocks from here on; a random start could overflow 32 bits on the way,
  // where libraries differ (spec A.6.2).
  if (name === 'chacha20') random.fill(0, 0, 8)
  return random
}

function aead(wire: number, keyBytes: number, ivBytes: number): CipherFacts {
  return Object.freeze({ wire, keyBytes, ivBytes, tagBytes: 16, kind: 'aead', padding: 'none' })
}

function block(wire: number, keyBytes: number, ivBytes: number, padding: CipherPadding) {
  return Object.freeze({ wire, keyBytes, ivBytes, tagBytes: 0, kind: 'block', padding } as const)
}

function stream(wire: number, keyBytes: number, ivBytes: number): CipherFacts {
  return Object.freeze({ wire, keyBytes, ivBytes, tagBytes: 0, kind: 'stream', padding: 'none' })
}
