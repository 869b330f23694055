// Key agreement: curves, both encodings of a public key, the choice of a cipher, the key itself.
//
// Spec A.6.3. Nothing here keeps state; the order of the messages is the session's business.

import { CIPHERS, type CipherName, cipherByNumber } from './ciphers.js'

export interface CurveFacts {
  /** CRYPTO_KEY_EXCHANGE of spec A.4. */
  readonly wire: number
  /** The raw point, without the length byte that C++ puts before it. */
  readonly publicKeyBytes: number
  /** Field size; a shared secret is left-padded to it. */
  readonly secretBytes: number
}

export const CURVES = Object.freeze({
  x25519: Object.freeze({ wire: 1, publicKeyBytes: 32, secretBytes: 32 }),
  p256: Object.freeze({ wire: 2, publicKeyBytes: 65, secretBytes: 32 }),
  p384: Object.freeze({ wire: 3, publicKeyBytes: 97, secretBytes: 48 }),
  p521: Object.freeze({ wire: 4, publicKeyBytes: 133, secretBytes: 66 }),
}) satisfies Readonly<Record<string, CurveFacts>>

export type CurveName = keyof typeof CURVES

export const CURVE_NAMES = Object.freeze(Object.keys(CURVES) as CurveName[])

/** The only key derivation there is (spec A.4); a list without it still means this one. */
export const KDF_HKDF_SHA256 = 0

/** SEC 1: an uncompressed point starts with it. */
const UNCOMPRESSED = 4

/** Undefined for 0 (none) and for every number that is not ours. */
export function curveByNumber(wire: number): CurveName | undefined {
  return CURVE_NAMES.find((name) => CURVES[name].wire === wire)
}

/** The form of C++, a length byte before the point, which is the one that is sent. */
export function encodePublicKey(point: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(point.length + 1)
  encoded[0] = point.length
  encoded.set(point, 1)
  return encoded
}

/**
 * The raw point from either form: with a length byte (C++) or without (Go). Their lengths differ,
 * so no key can be read both ways. Whether the point lies on the curve shows in `KeyPair.agree`.
 */
export function decodePublicKey(curve: CurveName, bytes: Uint8Array): Uint8Array | undefined {
  const { publicKeyBytes } = CURVES[curve]
  const prefixed = bytes.length === publicKeyBytes + 1 && bytes[0] === publicKeyBytes
  if (!prefixed && bytes.length !== publicKeyBytes) return undefined
  const point = prefixed ? bytes.subarray(1) : bytes
  if (curve !== 'x25519' && point[0] !== UNCOMPRESSED) return undefined
  return point
}

/** As server: the first of the client's list that we allow. The answer names that one alone. */
export function chooseAsServer(
  offered: readonly number[],
  allowed: readonly CipherName[],
): CipherName | undefined {
  for (const wire of offered) {
    const name = cipherByNumber(wire)
    if (name !== undefined && allowed.includes(name)) return name
  }
  return undefined
}

/**
 * As client: the first of the list *we sent* that the answer names. A C++ server answers with all
 * that it allows, in its own order, and has picked by ours.
 */
export function chooseAsClient(
  sent: readonly CipherName[],
  answered: readonly number[],
): CipherName | undefined {
  return sent.find((name) => answered.includes(CIPHERS[name].wire))
}

/**
 * The IV size to derive with: the peer's, where it names one (0 is none). Undefined where the
 * cipher does not take that size.
 */
export function agreedIvBytes(cipher: CipherName, peerIvBytes: number): number | undefined {
  const { ivBytes } = CIPHERS[cipher]
  return peerIvBytes === 0 || peerIvBytes === ivBytes ? ivBytes : undefined
}

/** What `deriveKey` takes of `Primitives`; naming that one here would be an import cycle. */
interface KeyDerivation {
  hkdfSha256(secret: Uint8Array, bytes: number): Uint8Array
}

export interface DerivedKey {
  readonly key: Uint8Array
  /** What C++ would start from. We send a random IV with every message and never use this one. */
  readonly iv: Uint8Array
}

/** `ivBytes` comes from `agreedIvBytes`. One key serves both directions. */
export function deriveKey(
  primitives: KeyDerivation,
  secret: Uint8Array,
  cipher: CipherName,
  ivBytes: number,
): DerivedKey {
  const { keyBytes } = CIPHERS[cipher]
  const material = primitives.hkdfSha256(secret, keyBytes + ivBytes)
  return { key: material.subarray(0, keyBytes), iv: material.subarray(keyBytes) }
}
