// Hashes and ciphers of the wire on node:crypto; XXTEA and one step of XChaCha come from elsewhere.

import {
  type CipherChaCha20Poly1305Types,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { hchacha } from '@noble/ciphers/chacha.js'
import { assert } from '../errors.js'
import { CIPHER_NAMES, CIPHERS, type CipherName } from '../wire/ciphers.js'
import type { Cipher } from '../wire/primitives.js'
import { xxteaDecrypt, xxteaEncrypt, xxteaKey } from '../wire/xxtea.js'

type AeadType = CipherGCMTypes | CipherChaCha20Poly1305Types
type CipherKey = KeyObject | Uint8Array

const TAG_BYTES = 16

/** The tag's size is named at every call: without it OpenSSL would take a shortened one. */
const AEAD_OPTIONS = Object.freeze({ authTagLength: TAG_BYTES })

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest()
}

export function hkdfSha256(secret: Uint8Array, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', '', bytes))
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Undefined where this runtime lacks the cipher; a key of a wrong size is a bug of ours. */
export function openCipher(name: CipherName, key: Uint8Array): Cipher | undefined {
  assert(key.length === CIPHERS[name].keyBytes, `a key of ${key.length} bytes for ${name}`)
  return ciphers.has(name) ? makeCipher(name, key) : undefined
}

function makeCipher(name: CipherName, key: Uint8Array): Cipher {
  if (name === 'xxtea') return xxteaCipher(key)
  if (name === 'xchacha20-poly1305-ietf') return xchachaCipher(key)
  if (name === 'chacha20-poly1305-ietf') return aeadCipher('chacha20-poly1305', 12, key)
  if (CIPHERS[name].kind === 'aead') return aeadCipher(name as CipherGCMTypes, 12, key)
  return plainCipher(name, CIPHERS[name].ivBytes, key)
}

function aeadCipher(type: AeadType, ivBytes: number, bytes: Uint8Array): Cipher {
  // Parsed once here; a raw key would be parsed again with each message.
  const key = createSecretKey(bytes)
  return {
    seal: (plain, iv, aad) => sealAead(type, key, plain, iv, aad),
    open: (sealed, iv, aad) =>
      iv.length === ivBytes ? openAead(type, key, sealed, iv, aad) : undefined,
  }
}

function sealAead(
  type: AeadType,
  key: CipherKey,
  plain: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  // The two kinds share these calls, but the overloads of node:crypto know them one at a time.
  const cipher = createCipheriv(type as CipherGCMTypes, key, iv, AEAD_OPTIONS)
  if (aad.length > 0) cipher.setAAD(aad)
  const sealed = cipher.update(plain)
  // Neither counter mode nor ChaCha20 holds bytes back: final() has nothing but the tag to make.
  cipher.final()
  return Buffer.concat([sealed, cipher.getAuthTag()], sealed.length + TAG_BYTES)
}

function openAead(
  type: AeadType,
  key: CipherKey,
  sealed: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const plainBytes = sealed.length - TAG_BYTES
  if (plainBytes < 0) return undefined
  const decipher = createDecipheriv(type as CipherGCMTypes, key, iv, AEAD_OPTIONS)
  decipher.setAuthTag(sealed.subarray(plainBytes))
  if (aad.length > 0) decipher.setAAD(aad)
  const plain = decipher.update(sealed.subarray(0, plainBytes))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain
}

/** AES-CBC and ChaCha20: nothing proves that the bytes are those that were sent. */
function plainCipher(type: string, ivBytes: number, bytes: Uint8Array): Cipher {
  const key = createSecretKey(bytes)
  const blockBytes = type === 'chacha20' ? 1 : 16
  return {
    seal: (plain, iv) => {
      const cipher = createCipheriv(type, key, iv).setAutoPadding(false)
      const sealed = cipher.update(plain)
      cipher.final()
      return sealed
    },
    open: (sealed, iv) => {
      if (iv.length !== ivBytes || sealed.length % blockBytes !== 0) return undefined
      const decipher = createDecipheriv(type, key, iv).setAutoPadding(false)
      const plain = decipher.update(sealed)
      decipher.final()
      return plain
    },
  }
}

/** OpenSSL has no XChaCha20: HChaCha20 makes a key for each IV, the rest is the IETF cipher. */
function xchachaCipher(bytes: Uint8Array): Cipher {
  const keyWords = new Uint32Array(Uint8Array.from(bytes).buffer)
  return {
    seal: (plain, iv, aad) =>
      sealAead('chacha20-poly1305', subKey(keyWords, iv), plain, shortIv(iv), aad),
    open: (sealed, iv, aad) =>
      iv.length === CIPHERS['xchacha20-poly1305-ietf'].ivBytes
        ? openAead('chacha20-poly1305', subKey(keyWords, iv), sealed, shortIv(iv), aad)
        : undefined,
  }
}

/** "expand 32-byte k", as words in the order of this machine. */
const SIGMA = new Uint32Array(new TextEncoder().encode('expand 32-byte k').slice().buffer)

function subKey(keyWords: Uint32Array, iv: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(16)
  prefix.set(iv.subarray(0, 16))
  const out = new Uint32Array(8)
  hchacha(SIGMA, keyWords, new Uint32Array(prefix.buffer), out)
  return new Uint8Array(out.buffer)
}

function shortIv(iv: Uint8Array): Uint8Array {
  const short = new Uint8Array(12)
  short.set(iv.subarray(16), 4)
  return short
}

function xxteaCipher(bytes: Uint8Array): Cipher {
  const key = xxteaKey(bytes)
  assert(key !== undefined, 'XXTEA takes 16 bytes of key')
  return {
    seal: (plain) => {
      const sealed = xxteaEncrypt(key, plain)
      assert(sealed !== undefined, 'XXTEA takes whole words, two at least')
      return sealed
    },
    open: (sealed) => xxteaDecrypt(key, sealed),
  }
}

/** Some builds of Node (FIPS, BoringSSL) lack ciphers, so each is tried, not looked up. */
function works(name: CipherName): boolean {
  const { keyBytes, ivBytes } = CIPHERS[name]
  try {
    const empty = new Uint8Array(0)
    makeCipher(name, new Uint8Array(keyBytes)).seal(
      new Uint8Array(16),
      new Uint8Array(ivBytes),
      empty,
    )
    return true
  } catch {
    return false
  }
}

export const ciphers: ReadonlySet<CipherName> = new Set(CIPHER_NAMES.filter(works))
