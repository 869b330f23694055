// A stand-in for X25519: the same sizes and the same agreement, without the arithmetic.

import type { KeyPair, Primitives } from '../../src/wire/primitives.js'
import type { CoreKit } from './kit.js'

const KEY_BYTES = 32

const made = new WeakMap<CoreKit, Primitives>()

/** Both ends come to the same secret, and another pair to another one; it is no secret at all. */
export function toyPrimitives(kit: CoreKit): Primitives {
  let primitives = made.get(kit)
  if (primitives === undefined) {
    primitives = { ...kit.primitives, keyPair: (_curve, entropy) => toyPair(entropy(KEY_BYTES)) }
    made.set(kit, primitives)
  }
  return primitives
}

function toyPair(publicKey: Uint8Array): KeyPair {
  return {
    publicKey,
    agree: (peer) => {
      if (peer.length !== KEY_BYTES) return undefined
      return publicKey.map((byte, index) => byte ^ (peer[index] ?? 0))
    },
  }
}
