// One connection's keys and compression: agreed at registration, used for every message after it.

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { CIPHERS, type CipherName, cutPadding, lawfulIv, padPlain } from './ciphers.js'
import {
  COMPRESSIONS,
  type CompressionName,
  chooseCompression,
  compressionByNumber,
  isWorthCompressing,
  packBody,
  unpackBody,
} from './compression.js'
import type { Handshake } from './control.js'
import { CountedIvs, CountWindow, countOf, countsIvs } from './counted-ivs.js'
import { frameBytes, frameHeaderBytes, sealFrame } from './frame.js'
import type { InnerCursor } from './head.js'
import { headBytes, type OutgoingHead, writeHead } from './head-writer.js'
import {
  agreedIvBytes,
  CURVES,
  type CurveName,
  chooseAsClient,
  chooseAsServer,
  decodePublicKey,
  deriveKey,
  encodePublicKey,
  KDF_HKDF_SHA256,
} from './key-exchange.js'
import type { Outlet } from './outlet.js'
import type { Cipher, KeyPair, Primitives } from './primitives.js'
import { vintBytes, writeVint } from './vint.js'

export interface SessionRules {
  readonly primitives: Primitives
  readonly random: (bytes: number) => Uint8Array
  readonly curve: CurveName | 'none'
  readonly ciphers: readonly CipherName[]
  readonly compressions: readonly CompressionName[]
  /** The largest body that is accepted, after decompression. */
  readonly bodyBytesMax: number
}

interface Keys {
  readonly name: CipherName
  readonly cipher: Cipher
  /** Of what we seal; undefined where each IV is drawn. */
  readonly ivs: CountedIvs | undefined
  /** Of what the other end sealed and we have opened. */
  readonly counts: CountWindow
}

interface Offer {
  readonly sequence: bigint
  readonly pair: KeyPair
  readonly ciphers: readonly CipherName[]
}

export type HandshakeResult =
  | { readonly kind: 'done'; readonly handshake?: Handshake }
  | { readonly kind: 'failed'; readonly code: BusErrorCode; readonly wireCode: number }

/** Error numbers of the handshake that the table of BusError codes lumps together (spec B.8). */
const CURVE_DIFFERS = -234
const NO_COMMON_CIPHER = -240
const BAD_IV_SIZE = -235
const BAD_SECRET = -238
const WRONG_SEQUENCE = -239

const EMPTY = new Uint8Array(0)

export class Session {
  readonly #rules: SessionRules
  #send: Keys | undefined
  #receive: Keys | undefined
  /** Acceptor: agreed, and used once the dialler confirms with this sequence (spec A.6.4). */
  #staged: { readonly keys: Keys; readonly sequence: bigint } | undefined
  #offer: Offer | undefined
  #handshakeSequence = 0n
  #compression: CompressionName | undefined
  #refusesReplays = false
  /** After `open`: the clear body. */
  body: Uint8Array = EMPTY
  bodyStart = 0
  bodyEnd = 0

  constructor(rules: SessionRules) {
    this.#rules = rules
  }

  /** What we send is encrypted. */
  get keyed(): boolean {
    return this.#send !== undefined
  }

  /** The other end counts its IVs: what has a count that was taken was played again. */
  refuseReplays(): void {
    this.#refusesReplays = true
  }

  /** The message that was opened last is going to be read again. */
  unread(): void {
    this.#receive?.counts.giveBack()
  }

  get compressionName(): CompressionName | undefined {
    return this.#compression
  }

  /** Data in clear on this connection can only come from somebody else (robustness 3D). */
  get refusesClear(): boolean {
    return this.#receive !== undefined || this.#staged !== undefined
  }

  /** Neither encryption nor compression: a data message may be written straight into the outlet. */
  get isDirect(): boolean {
    return this.#send === undefined && this.#compression === undefined
  }

  /** Dialler: an offer of ours waits for its answer. */
  get hasOpenOffer(): boolean {
    return this.#offer !== undefined
  }

  /** Dialler: the other end did not take the offer up; the keys stay as they are. */
  withdrawOffer(): void {
    this.#offer = undefined
  }

  /** Of the handshake that is in force; 0 without one. */
  get handshakeSequence(): bigint {
    return this.#handshakeSequence
  }

  get offeredCompressions(): number[] {
    const { compressions, primitives } = this.#rules
    if (compressions.length === 0) return []
    const usable = compressions.filter((name) => primitives.compressions.has(name))
    return usable.map((name) => COMPRESSIONS[name].wire)
  }

  acceptCompressions(peerNumbers: readonly number[]): void {
    const { compressions, primitives } = this.#rules
    if (compressions.length === 0) return
    this.#compression = chooseCompression(peerNumbers, compressions, primitives.compressions)
  }

  /** Dialler: a new key pair to offer; undefined where links stay in clear. */
  offer(sequence: bigint): Handshake | undefined {
    const { curve, primitives, random } = this.#rules
    const ciphers = this.#offerable()
    if (curve === 'none' || ciphers.length === 0) return undefined
    const pair = primitives.keyPair(curve, random)
    this.#offer = { sequence, pair, ciphers }
    return this.#handshake(curve, pair, sequence, ciphers, 0)
  }

  /** A refresh keeps the cipher: the acceptor goes on reading the old keys' messages (A.6.4). */
  #offerable(): readonly CipherName[] {
    if (this.#send !== undefined) return [this.#send.name]
    return this.#usable()
  }

  #usable(): CipherName[] {
    const { ciphers, primitives } = this.#rules
    return ciphers.filter((name) => primitives.ciphers.has(name))
  }

  #handshake(
    curve: CurveName,
    pair: KeyPair,
    sequence: bigint,
    ciphers: readonly CipherName[],
    ivBytes: number,
  ): Handshake {
    return {
      sequence,
      type: CURVES[curve].wire,
      kdfs: [KDF_HKDF_SHA256],
      algorithms: ciphers.map((name) => CIPHERS[name].wire),
      publicKey: encodePublicKey(pair.publicKey),
      ivBytes,
      tagBytes: ciphers.length === 1 && ciphers[0] ? CIPHERS[ciphers[0]].tagBytes : 0,
    }
  }

  /** Dialler: the acceptor's half arrived. Both directions use the new keys from now on. */
  complete(answer: Handshake | undefined): HandshakeResult {
    const offer = this.#offer
    const curve = this.#rules.curve
    if (offer === undefined || curve === 'none') return DONE
    if (answer === undefined || answer.publicKey.length === 0) return DONE
    // Not the answer to what stands open; that one may still come.
    if (answer.sequence !== offer.sequence) return failed(WRONG_SEQUENCE)
    this.#offer = undefined
    if (answer.type !== CURVES[curve].wire) return failed(CURVE_DIFFERS)
    const name = chooseAsClient(offer.ciphers, answer.algorithms)
    if (name === undefined) return failed(NO_COMMON_CIPHER)
    const keys = this.#agree(curve, offer.pair, name, { peer: answer, isDialler: true })
    if (typeof keys === 'number') return failed(keys)
    this.#send = keys
    this.#receive = keys
    this.#handshakeSequence = offer.sequence
    return DONE
  }

  /**
   * Acceptor: answers an offer. What we send is encrypted at once, what we read after `confirm`.
   */
  answer(offer: Handshake | undefined): HandshakeResult {
    const { curve, primitives, random } = this.#rules
    if (curve === 'none' || offer === undefined || offer.sequence === 0n || offer.type === 0) {
      return DONE
    }
    if (offer.type !== CURVES[curve].wire) return failed(CURVE_DIFFERS)
    const name = chooseAsServer(offer.algorithms, this.#offerable())
    if (name === undefined) return failed(NO_COMMON_CIPHER)
    const pair = primitives.keyPair(curve, random)
    const keys = this.#agree(curve, pair, name, { peer: offer, isDialler: false })
    if (typeof keys === 'number') return failed(keys)
    this.#send = keys
    this.#staged = { keys, sequence: offer.sequence }
    this.#handshakeSequence = offer.sequence
    const ivBytes = CIPHERS[name].ivBytes
    const handshake = this.#handshake(curve, pair, offer.sequence, [name], ivBytes)
    return { kind: 'done', handshake }
  }

  #agree(
    curve: CurveName,
    pair: KeyPair,
    name: CipherName,
    { peer, isDialler }: { readonly peer: Handshake; readonly isDialler: boolean },
  ): Keys | number {
    const { primitives, random } = this.#rules
    const point = decodePublicKey(curve, peer.publicKey)
    const secret = point && pair.agree(point)
    if (secret === undefined) return BAD_SECRET
    const ivBytes = agreedIvBytes(name, peer.ivBytes)
    if (ivBytes === undefined) return BAD_IV_SIZE
    const { key } = deriveKey(primitives, secret, name, ivBytes)
    const cipher = primitives.cipher(name, key)
    if (cipher === undefined) return NO_COMMON_CIPHER
    const ivs = countsIvs(name) ? new CountedIvs(name, isDialler, random) : undefined
    return { name, cipher, ivs, counts: new CountWindow() }
  }

  /** Acceptor: false, and nothing changed, where nothing waits under that sequence. */
  confirm(sequence: bigint): boolean {
    if (this.#staged === undefined || this.#staged.sequence !== sequence) return false
    this.#receive = this.#staged.keys
    this.#staged = undefined
    return true
  }

  /** A frame of its own around a body that is encrypted and compressed as was agreed. */
  seal(head: OutgoingHead, body: Uint8Array): Uint8Array {
    const block = this.#sealBody(head, body)
    const bytes = innerBytes(head, block)
    const frame = new Uint8Array(frameBytes(bytes))
    writeInner(frame, 0, head, block)
    return frame
  }

  /** The same into a carrier's staging area. */
  sealInto(outlet: Outlet, head: OutgoingHead, body: Uint8Array): 'ok' | 'full' | 'closed' {
    const block = this.#sealBody(head, body)
    const bytes = frameBytes(innerBytes(head, block))
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    writeInner(outlet.buffer, outlet.offset, head, block)
    outlet.commit(bytes)
    return 'ok'
  }

  /** Sets what the head says of the body, and returns the body as it travels. */
  #sealBody(head: OutgoingHead, body: Uint8Array): Uint8Array {
    head.bodyBytes = body.length
    head.cryptoAlgorithm = 0
    head.compressionType = 0
    const packed = this.#pack(body)
    if (packed !== undefined && this.#compression !== undefined) {
      head.compressionType = COMPRESSIONS[this.#compression].wire
      head.compressedBytes = packed.length
    }
    const block = packed ?? body
    if (this.#send === undefined) return block
    const { cipher, ivs, name } = this.#send
    head.cryptoAlgorithm = CIPHERS[name].wire
    head.iv = ivs ? ivs.next() : lawfulIv(name, this.#rules.random(CIPHERS[name].ivBytes))
    head.aad = EMPTY
    return cipher.seal(padPlain(name, block), head.iv, EMPTY)
  }

  #pack(body: Uint8Array): Uint8Array | undefined {
    if (this.#compression === undefined || !isWorthCompressing(true, body.length)) return undefined
    return packBody(this.#rules.primitives, this.#compression, body)
  }

  /** Decrypts and unpacks what follows a head. Then `body`, `bodyStart` and `bodyEnd` are set. */
  open(head: InnerCursor, buffer: Uint8Array): BusErrorCode | undefined {
    if (head.bodyBytes > this.#rules.bodyBytesMax) return 'BAD_SIZE'
    if (head.cryptoAlgorithm === 0 && head.compressionType === 0) {
      this.body = buffer
      this.bodyStart = head.blockStart
      this.bodyEnd = head.blockStart + head.bodyBytes
      return this.bodyEnd > head.blockEnd ? 'BAD_SIZE' : undefined
    }
    return this.#openBlock(head, buffer)
  }

  #openBlock(head: InnerCursor, buffer: Uint8Array): BusErrorCode | undefined {
    const received = buffer.subarray(head.blockStart, head.blockEnd)
    const isClear = head.cryptoAlgorithm === 0 || this.#isStaleCipher(head)
    const clear = isClear ? received : this.#decrypt(head, buffer, received)
    if (clear === undefined) {
      return this.#matches(head.cryptoAlgorithm) ? 'DECRYPT_FAILED' : 'CIPHER_MISMATCH'
    }
    const isPacked = this.#isOffered(head.compressionType)
    const plain = isPacked ? this.#unpack(head, clear) : cutPadding(clear, head.bodyBytes)
    if (plain === undefined) return isPacked ? 'COMPRESSION' : 'BAD_SIZE'
    this.body = plain
    this.bodyStart = 0
    this.bodyEnd = plain.length
    return undefined
  }

  /**
   * A C++ node that forwards leaves the words of the hop before in the head (spec A.5). Where no
   * keys were agreed they cannot be about this hop, and a clear body fills its block.
   */
  #isStaleCipher(head: InnerCursor): boolean {
    return !this.refusesClear && head.blockEnd - head.blockStart === head.bodyBytes
  }

  /** What was not offered is not used by any peer: the head speaks of the hop before. */
  #isOffered(compressionType: number): boolean {
    const { compressions, primitives } = this.#rules
    const name = compressionByNumber(compressionType)
    return name !== undefined && compressions.includes(name) && primitives.compressions.has(name)
  }

  #matches(algorithm: number): boolean {
    return this.#receive !== undefined && CIPHERS[this.#receive.name].wire === algorithm
  }

  #decrypt(head: InnerCursor, buffer: Uint8Array, block: Uint8Array): Uint8Array | undefined {
    if (!this.#matches(head.cryptoAlgorithm) || this.#receive === undefined) return undefined
    const iv = buffer.subarray(head.ivStart, head.ivEnd)
    const aad = buffer.subarray(head.aadStart, head.aadEnd)
    const clear = this.#receive.cipher.open(block, iv, aad)
    if (clear === undefined || !this.#refusesReplays) return clear
    return this.#isNew(this.#receive, buffer, head.ivEnd) ? clear : undefined
  }

  /** Only what the author sealed gets here: whoever plays it again cannot change its count. */
  #isNew(keys: Keys, buffer: Uint8Array, ivEnd: number): boolean {
    if (keys.ivs === undefined) return true
    return keys.counts.take(countOf(buffer, ivEnd))
  }

  #unpack(head: InnerCursor, block: Uint8Array): Uint8Array | undefined {
    const name = compressionByNumber(head.compressionType)
    if (name === undefined) return undefined
    return unpackBody(this.#rules.primitives, {
      name,
      block,
      packedBytes: head.compressedBytes,
      plainBytes: head.bodyBytes,
      plainBytesMax: this.#rules.bodyBytesMax,
    })
  }
}

const DONE: HandshakeResult = Object.freeze({ kind: 'done' })

function failed(wireCode: number): HandshakeResult {
  const code = wireCode === BUS_ERRORS.CIPHER_MISMATCH.wire ? 'CIPHER_MISMATCH' : 'CRYPTO_REFUSED'
  return { kind: 'failed', code, wireCode }
}

/** `vint(head) | head | block`, without the frame. */
function innerBytes(head: OutgoingHead, block: Uint8Array): number {
  const bytes = headBytes(head)
  return vintBytes(bytes) + bytes + block.length
}

function writeInner(
  buffer: Uint8Array,
  frameStart: number,
  head: OutgoingHead,
  block: Uint8Array,
): void {
  const inner = innerBytes(head, block)
  const headAt = writeVint(buffer, frameStart + frameHeaderBytes(inner), headBytes(head))
  buffer.set(block, writeHead(buffer, headAt, head))
  sealFrame(buffer, frameStart, inner)
}
