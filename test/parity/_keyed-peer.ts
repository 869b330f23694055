// A plain peer's own keys: it encrypts as other implementations do, where they differ from ours.

import { nodePrimitives } from '../../src/node/primitives.js'
import { BodyCursor } from '../../src/wire/body.js'
import { CIPHERS, type CipherName, padPlain } from '../../src/wire/ciphers.js'
import type { Handshake } from '../../src/wire/control.js'
import { bodyOfData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { InnerCursor } from '../../src/wire/head.js'
import { headBytes, OutgoingHead, writeHead } from '../../src/wire/head-writer.js'
import {
  CURVES,
  type CurveName,
  decodePublicKey,
  deriveKey,
  encodePublicKey,
  KDF_HKDF_SHA256,
} from '../../src/wire/key-exchange.js'
import type { Cipher, KeyPair } from '../../src/wire/primitives.js'
import { vintBytes, writeVint } from '../../src/wire/vint.js'
import { seededRandom } from '../core/_harness.js'

export interface SealWish {
  readonly iv?: Uint8Array
  readonly aad?: Uint8Array
  /** `cxx`: nothing is added to a body that is aligned; default `full`, as Go pads. */
  readonly padding?: 'full' | 'cxx'
}

let seeds = 900

export class KeyedPeer {
  readonly curve: CurveName
  readonly #pair: KeyPair
  #name: CipherName | undefined
  #cipher: Cipher | undefined
  /** What C++ starts both directions from. */
  derivedIv = new Uint8Array(0)

  constructor(curve: CurveName = 'x25519') {
    seeds++
    this.curve = curve
    this.#pair = nodePrimitives.keyPair(curve, seededRandom(seeds))
  }

  /** Its half of a key exchange; `form` is that of the public key. */
  handshake(
    sequence: bigint,
    algorithms: readonly number[],
    form: 'cxx' | 'go' = 'cxx',
  ): Handshake {
    const { publicKey } = this.#pair
    return {
      sequence,
      type: CURVES[this.curve].wire,
      kdfs: [KDF_HKDF_SHA256],
      algorithms: [...algorithms],
      publicKey: form === 'go' ? publicKey : encodePublicKey(publicKey),
      ivBytes: 0,
      tagBytes: 0,
    }
  }

  /** Takes the other half; from then on it can seal and open. */
  agree(other: Handshake | undefined, name: CipherName): this {
    const point = other && decodePublicKey(this.curve, other.publicKey)
    const secret = point && this.#pair.agree(point)
    if (secret === undefined) throw new Error('no agreement')
    const { key, iv } = deriveKey(nodePrimitives, secret, name, CIPHERS[name].ivBytes)
    this.#name = name
    this.#cipher = nodePrimitives.cipher(name, key)
    this.derivedIv = iv.slice()
    return this
  }

  /** An inner message with this text, sealed. */
  sealed(words: { from: bigint; to: bigint; text: string }, wish: SealWish = {}): Uint8Array {
    const { name, cipher } = this.#keys()
    const body = bodyOf(words)
    const { ivBytes, wire } = CIPHERS[name]
    const head = new OutgoingHead()
    head.sequenceLo = 5
    head.bodyBytes = body.length
    head.cryptoAlgorithm = wire
    head.iv = wish.iv ?? new Uint8Array(ivBytes).fill(9)
    head.aad = wish.aad ?? new Uint8Array(0)
    const plain = wish.padding === 'cxx' ? padAsCxx(name, body) : padPlain(name, body)
    return innerOfHead(head, cipher.seal(plain, head.iv, head.aad))
  }

  /** The text of a data message that the other end sealed. */
  opened(inner: Uint8Array): string {
    const { cipher } = this.#keys()
    const head = new InnerCursor()
    if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
    const plain = cipher.open(
      inner.subarray(head.blockStart, head.blockEnd),
      inner.subarray(head.ivStart, head.ivEnd),
      inner.subarray(head.aadStart, head.aadEnd),
    )
    if (plain === undefined) throw new Error('does not decrypt')
    const body = new BodyCursor()
    const data = new DataCursor()
    body.read(plain, 0, head.bodyBytes)
    data.read(plain, body.start, body.end)
    return new TextDecoder().decode(plain.subarray(data.contentStart, data.contentEnd))
  }

  #keys(): { name: CipherName; cipher: Cipher } {
    if (this.#name === undefined || this.#cipher === undefined) throw new Error('no keys')
    return { name: this.#name, cipher: this.#cipher }
  }
}

/** The serialised message_body of a data message. */
export function bodyOf(words: { from: bigint; to: bigint; text: string }): Uint8Array {
  const message = new OutgoingData()
  message.toHi = Number(words.to >> 32n)
  message.toLo = Number(words.to & 0xffff_ffffn)
  message.content = new TextEncoder().encode(words.text)
  const { from } = words
  return bodyOfData(new SelfId(Number(from >> 32n), Number(from & 0xffff_ffffn)), message)
}

/** Whatever the head says of the block. */
export function innerOfHead(head: OutgoingHead, block: Uint8Array): Uint8Array {
  const bytes = headBytes(head)
  const inner = new Uint8Array(vintBytes(bytes) + bytes + block.length)
  inner.set(block, writeHead(inner, writeVint(inner, 0, bytes), head))
  return inner
}

/** Up to the next multiple with bytes that say how many, and none where it is aligned. */
function padAsCxx(name: CipherName, body: Uint8Array): Uint8Array {
  const unit = { none: 1, pkcs7: 16, words: 4 }[CIPHERS[name].padding]
  const missing = (unit - (body.length % unit)) % unit
  const padded = new Uint8Array(body.length + missing).fill(missing)
  padded.set(body)
  return padded
}
