// The fast lane: reads a data message that is laid out like the last one, in one pass.

import { BODY_FIELD } from './body.js'
import { DataCursor } from './data-cursor.js'
import { InnerCursor } from './head.js'
import { HEAD_TAG, PROTOCOL_VERSION } from './head-fields.js'
import { WIRE_TYPE } from './proto-reader.js'
import { writeLongVarint } from './proto-writer.js'

/** Two ids of 64 bits in the envelope and one router entry take 34 bytes; ten hops take 140. */
const ENVELOPE_BYTES_MAX = 160
const SOURCE_BYTES_MAX = 11

/** A link that carries many senders' messages would learn for nothing; it learns now and then. */
const MISSES_TO_LEARN = 8

const TAG_DATA_REQ = (BODY_FIELD.data_req << 3) | WIRE_TYPE.BYTES
const TAG_CONTENT = 0x22

const NOTHING = new Uint8Array(0)

/**
 * Between two messages of a link that follow each other usually nothing differs but type, sequence,
 * sizes and content: `source_bus_id` and `from`, `to` and `router` are byte for byte the same. The
 * lane keeps those bytes and what they meant. It says yes only to what the general way would read
 * alike; at the first surprise it says no and the general way decides.
 */
export class DataLane {
  /** After `read` said yes: what the general cursors would hold. */
  readonly head = new InnerCursor()
  readonly data = new DataCursor()
  readonly #source = new Uint8Array(SOURCE_BYTES_MAX)
  #sourceBytes = 0
  readonly #envelope = new Uint8Array(ENVELOPE_BYTES_MAX)
  /** 0: nothing was learnt. */
  #envelopeBytes = 0
  #missesLeft = 1
  /** Offsets of the router from the start of forward_data. */
  #routerLengthAt = 0
  #routerStart = 0

  /**
   * The inner message `[start, end)` of a connection in clear. False leaves `head` and `data` in no
   * state to be used.
   */
  read(buffer: Uint8Array, start: number, end: number, bodyBytesMax: number): boolean {
    if (this.#envelopeBytes === 0) return false
    // Beyond the end of the slab a byte reads as undefined, which equals no tag; beyond the end of
    // the message there may be others' bytes, and the sizes, which must meet `end`, tell.
    const headEnd = start + 1 + buffer[start]!
    if (buffer[start]! >= 0x80 || headEnd >= end) return false
    const bodyAt = this.#readHead(buffer, start + 1, headEnd)
    if (bodyAt < 0 || this.head.bodyBytes !== end - headEnd) return false
    if (this.head.bodyBytes > bodyBytesMax || buffer[headEnd] !== TAG_DATA_REQ) return false
    const forwardAt = readSize(buffer, headEnd + 1, end)
    if (forwardAt < 0 || size !== end - forwardAt) return false
    this.head.blockStart = headEnd
    this.head.blockEnd = end
    return this.#readForward(buffer, forwardAt, end)
  }

  /** Returns `end`, or -1. */
  #readHead(buffer: Uint8Array, start: number, end: number): number {
    const { head } = this
    if (buffer[start] !== HEAD_TAG.VERSION || buffer[start + 1] !== PROTOCOL_VERSION) return -1
    let at = start + 2
    head.type = 0
    if (buffer[at] === HEAD_TAG.TYPE) {
      at = readSize(buffer, at + 1, end)
      if (at < 0) return -1
      head.type = size
    }
    if (buffer[at] !== HEAD_TAG.SEQUENCE) return -1
    at = this.#readSequence(buffer, at + 1, end)
    if (at < 0) return -1
    const source = this.#source
    const sourceBytes = this.#sourceBytes
    for (let i = 0; i < sourceBytes; i++) if (buffer[at + i] !== source[i]) return -1
    at += sourceBytes
    if (buffer[at] !== HEAD_TAG.BODY_BYTES) return -1
    at = readSize(buffer, at + 1, end)
    head.bodyBytes = size
    return at === end ? at : -1
  }

  /** Of up to 56 bits; a longer one is for the general way. */
  #readSequence(buffer: Uint8Array, start: number, end: number): number {
    let at = readSize(buffer, start, end)
    if (at >= 0) {
      this.head.sequenceHi = 0
      this.head.sequenceLo = size
      return at
    }
    // Eight groups of seven bits, of which the first four make 28.
    let low = 0
    let high = 0
    at = start
    for (let shift = 0; shift < 56; shift += 7) {
      if (at >= end) return -1
      const byte = buffer[at++]!
      if (shift < 28) low |= (byte & 0x7f) << shift
      else high |= (byte & 0x7f) << (shift - 28)
      if (byte >= 0x80) continue
      this.head.sequenceLo = (low | (high << 28)) >>> 0
      this.head.sequenceHi = high >>> 4
      return at
    }
    return -1
  }

  #readForward(buffer: Uint8Array, start: number, end: number): boolean {
    const envelope = this.#envelope
    const envelopeBytes = this.#envelopeBytes
    for (let i = 0; i < envelopeBytes; i++) if (buffer[start + i] !== envelope[i]) return false
    const at = start + envelopeBytes
    if (buffer[at] !== TAG_CONTENT) return false
    const contentAt = readSize(buffer, at + 1, end)
    if (contentAt < 0 || size !== end - contentAt) return false
    const { data } = this
    data.buffer = buffer
    data.start = start
    data.end = end
    data.contentStart = contentAt
    data.contentEnd = end
    data.routerLengthAt = start + this.#routerLengthAt
    data.routerStart = start + this.#routerStart
    data.routerEnd = at
    return true
  }

  /** A message that the general way found to be a request in clear, and `read` did not know. */
  learn(buffer: Uint8Array, start: number, end: number, forwardAt: number): void {
    if (--this.#missesLeft > 0) return
    this.#missesLeft = MISSES_TO_LEARN
    this.#envelopeBytes = 0
    const { head, data } = this
    if (head.read(buffer, start, end) !== 'ok' || data.read(buffer, forwardAt, end) !== 'ok') return
    const envelopeBytes = data.routerEnd - forwardAt
    if (data.routerLengthAt < 0 || envelopeBytes > ENVELOPE_BYTES_MAX) return
    this.#learnSource(head.sourceHi | 0, head.sourceLo | 0)
    this.#envelope.set(buffer.subarray(forwardAt, data.routerEnd))
    this.#envelopeBytes = envelopeBytes
    this.#routerLengthAt = data.routerLengthAt - forwardAt
    this.#routerStart = data.routerStart - forwardAt
    // Only a message that has nothing beside what `read` knows leaves the cursors as that needs.
    if (!this.read(buffer, start, end, end - start)) this.#envelopeBytes = 0
    this.release()
  }

  #learnSource(high: number, low: number): void {
    const source = this.#source
    source[0] = HEAD_TAG.SOURCE
    this.#sourceBytes = (high | low) === 0 ? 0 : writeLongVarint(source, 1, high, low)
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.data.buffer = NOTHING
  }
}

// What `readSize` found; for one whole process, as in `readLong`.
let size = 0

/** Reads a number of up to 28 bits; returns the offset behind it, or -1 for all others. */
function readSize(buffer: Uint8Array, start: number, end: number): number {
  let value = 0
  let at = start
  for (let shift = 0; shift < 28 && at < end; shift += 7) {
    const byte = buffer[at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      size = value
      return at
    }
  }
  return -1
}
