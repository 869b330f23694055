// Key pairs of the four curves on node:crypto, made from given bytes of chance.

import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type ECDH,
  type KeyObject,
} from 'node:crypto'
import { assert } from '../errors.js'
import { CURVES, type CurveName } from '../wire/key-exchange.js'
import type { KeyPair } from '../wire/primitives.js'

type Entropy = (bytes: number) => Uint8Array

/** RFC 8410: all that stands before the 32 bytes of a private key in PKCS #8. */
const X25519_PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex')

const OPENSSL_NAMES = { p256: 'prime256v1', p384: 'secp384r1', p521: 'secp521r1' } as const
type EllipticName = keyof typeof OPENSSL_NAMES

/** A draw misses with less than 1 in 2^32 on these curves; so many misses mean broken chance. */
const DRAWS_MAX = 64

export function keyPair(curve: CurveName, entropy: Entropy): KeyPair {
  return curve === 'x25519' ? montgomeryPair(entropy) : ellipticPair(curve, entropy)
}

function montgomeryPair(entropy: Entropy): KeyPair {
  const secret = entropy(CURVES.x25519.secretBytes)
  const der = Buffer.concat([X25519_PRIVATE_DER, secret])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  // Public keys pass as JWK (RFC 8037): OpenSSL reads and writes DER many times slower.
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  assert(x !== undefined, 'an X25519 key without its point')
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    agree: (peer) => agreeMontgomery(privateKey, peer),
  }
}

function agreeMontgomery(privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  if (peer.length !== CURVES.x25519.publicKeyBytes) return undefined
  const key = { kty: 'OKP', crv: 'X25519', x: Buffer.from(peer).toString('base64url') }
  try {
    const publicKey = createPublicKey({ key, format: 'jwk' })
    // Throws for a point of small order, which would give zero to everyone (RFC 7748, 6.1).
    return diffieHellman({ privateKey, publicKey })
  } catch {
    return undefined
  }
}

function ellipticPair(curve: EllipticName, entropy: Entropy): KeyPair {
  const pair = createECDH(OPENSSL_NAMES[curve])
  drawPrivateKey(pair, curve, entropy)
  return { publicKey: pair.getPublicKey(), agree: (peer) => agreeElliptic(pair, curve, peer) }
}

function drawPrivateKey(pair: ECDH, curve: EllipticName, entropy: Entropy): void {
  const { secretBytes } = CURVES[curve]
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const scalar = Uint8Array.from(entropy(secretBytes))
    // 521 bits lie in 66 bytes; without this all but one draw in 128 would miss.
    if (curve === 'p521') scalar[0]! &= 1
    if (setPrivateKey(pair, scalar)) return
  }
  assert(false, `no private key for ${curve} in ${DRAWS_MAX} draws`)
}

/** False for 0 and for what is not below the order of the group. */
function setPrivateKey(pair: ECDH, scalar: Uint8Array): boolean {
  try {
    pair.setPrivateKey(scalar)
    return true
  } catch {
    return false
  }
}

function agreeElliptic(pair: ECDH, curve: EllipticName, peer: Uint8Array): Uint8Array | undefined {
  if (peer.length !== CURVES[curve].publicKeyBytes) return undefined
  try {
    // Throws for what is no point of the curve, and for a point in another form.
    return pair.computeSecret(peer)
  } catch {
    return undefined
  }
}
