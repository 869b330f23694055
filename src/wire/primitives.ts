// What the wire needs from a crypto and a compression library; `node/` implements it on Node's own.
//
// Everything here is a deterministic function of its arguments: chance comes in as bytes. So the
// core stays replayable from one seed, and another runtime needs only another file.

import type { CipherName } from './ciphers.js'
import type { CompressionName } from './compression.js'
import type { CurveName } from './key-exchange.js'

/** One direction's cipher with its key. Made once per key, used for every message. */
export interface Cipher {
  /**
   * Encrypts `plain` (already padded where the cipher pads). Returns `ciphertext ‖ tag`.
   * `iv` has the cipher's IV size; `aad` is only for AEAD ciphers and may be empty.
   */
  seal(plain: Uint8Array, iv: Uint8Array, aad: Uint8Array): Uint8Array
  /**
   * Reverses `seal`; padding is left in place. Returns undefined where the tag does not verify or
   * the length is impossible. Never throws for bad input.
   */
  open(sealed: Uint8Array, iv: Uint8Array, aad: Uint8Array): Uint8Array | undefined
}

export interface KeyPair {
  /** The curve's raw point: 32 bytes for X25519, 04‖X‖Y for the others. No length byte. */
  readonly publicKey: Uint8Array
  /** The shared secret, left-padded to the field size; undefined where the peer's point is bad. */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined
}

export interface Primitives {
  sha256(bytes: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array
  /** RFC 5869 with SHA-256, salt of 32 zero bytes, empty info. */
  hkdfSha256(secret: Uint8Array, bytes: number): Uint8Array
  /** Constant-time comparison; false at once where the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean
  /** `entropy` gives random bytes; the same bytes give the same pair. */
  keyPair(curve: CurveName, entropy: (bytes: number) => Uint8Array): KeyPair
  /** Undefined where this runtime lacks the cipher. */
  cipher(name: CipherName, key: Uint8Array): Cipher | undefined
  readonly ciphers: ReadonlySet<CipherName>
  readonly compressions: ReadonlySet<CompressionName>
  /** Undefined where it fails. */
  compress(name: CompressionName, plain: Uint8Array): Uint8Array | undefined
  /**
   * Exactly `plainBytes` bytes or undefined. `plainBytes` has been bounded by the caller; an
   * implementation never produces more, whatever the input says of itself.
   */
  decompress(name: CompressionName, packed: Uint8Array, plainBytes: number): Uint8Array | undefined
}
