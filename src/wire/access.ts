// Access tokens: the statements that are signed, and how a peer's signatures are checked.
//
// Spec A.8. The window of the timestamp and replays are judged by the core (spec robustness 3D).

import type { Primitives } from './primitives.js'

/** ACCESS_DATA_ALGORITHM: the only one there is. */
export const ACCESS_HMAC_SHA256 = 0

/** What a node keeps of its tokens (`access_token_max_number`, spec A.8). */
export const ACCESS_TOKENS_MAX = 5

/** More signatures than that are refused unread: each costs a comparison for each token. */
export const SIGNATURES_MAX = 8

/** Longer tokens count up to here, on both sides. */
const TOKEN_BYTES_MAX = 32_868

/** When and by which chance a statement was made. */
export interface AccessStamp {
  /** Unix seconds, signed 64 bits. */
  readonly timestamp: bigint
  /** Unsigned 64 bits. */
  readonly nonce1: bigint
  /** Unsigned 64 bits. */
  readonly nonce2: bigint
}

export interface AccessData extends AccessStamp {
  readonly signatures: readonly Uint8Array[]
  readonly algorithm: number
}

/** The handshake inside a registration, as far as its statement covers it. */
export interface SignedHandshake {
  /** `crypto_handshake.type` as sent or received, known to us or not. */
  readonly curveNumber: number
  /** `crypto_handshake.public_key` as sent or received, with its length byte if it has one. */
  readonly publicKey: Uint8Array
}

/** What a registration signs. An empty public key counts as no handshake, whatever its type. */
export function registrationStatement(
  primitives: Pick<Primitives, 'sha256'>,
  stamp: AccessStamp,
  busId: bigint,
  handshake?: SignedHandshake,
): string {
  const statement = startOf(stamp, busId)
  if (handshake === undefined || handshake.publicKey.length === 0) return statement
  const hash = toHex(primitives.sha256(handshake.publicKey))
  return `${statement}:${handshake.curveNumber}:${hash}`
}

/** What a custom command signs: the arguments are hashed as one piece, without their borders. */
export function commandStatement(
  primitives: Pick<Primitives, 'sha256'>,
  stamp: AccessStamp,
  from: bigint,
  commands: readonly Uint8Array[],
): string {
  return `${startOf(stamp, from)}:${toHex(primitives.sha256(concatenate(commands)))}`
}

/** One signature for each token, in their order. */
export function sign(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  statement: string,
): Uint8Array[] {
  return signBytes(primitives, tokens, new TextEncoder().encode(statement))
}

/**
 * Whether the peer holds one of our tokens. Without tokens here and signatures there it does;
 * where only one side has any it does not.
 */
export function verify(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  access: Pick<AccessData, 'algorithm' | 'signatures'>,
  statement: string,
): boolean {
  if (access.algorithm !== ACCESS_HMAC_SHA256) return false
  const bytes = new TextEncoder().encode(statement)
  return verifyBytes(primitives, tokens, access.signatures, bytes)
}

/** `sign` for what is not text. */
export function signBytes(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  bytes: Uint8Array,
): Uint8Array[] {
  return tokens.map((token) => primitives.hmacSha256(token.subarray(0, TOKEN_BYTES_MAX), bytes))
}

/** `verify` for what is not text. */
export function verifyBytes(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  signatures: readonly Uint8Array[],
  bytes: Uint8Array,
): boolean {
  if (signatures.length > SIGNATURES_MAX) return false
  if (tokens.length === 0 || signatures.length === 0) return tokens.length === signatures.length
  let matches = 0
  for (const expected of signBytes(primitives, tokens, bytes)) {
    // No early exit: the time must not tell which token or which signature it was.
    for (const signature of signatures) matches += Number(primitives.equal(expected, signature))
  }
  return matches > 0
}

function startOf(stamp: AccessStamp, busId: bigint): string {
  return `${stamp.timestamp}:${stamp.nonce1}-${stamp.nonce2}:${busId}`
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
