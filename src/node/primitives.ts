// The cryptography and compression of the wire on what Node brings, as one object.

import type { Primitives } from '../wire/primitives.js'
import { compress, compressions, decompress } from './compressors.js'
import { keyPair } from './key-pairs.js'
import { ciphers, equal, hkdfSha256, hmacSha256, openCipher, sha256 } from './openssl.js'

/** Frozen and without state: all nodes of a process share it. */
export const nodePrimitives: Primitives = Object.freeze({
  sha256,
  hmacSha256,
  hkdfSha256,
  equal,
  keyPair,
  cipher: openCipher,
  ciphers,
  get compressions() {
    return compressions()
  },
  compress,
  decompress,
})
