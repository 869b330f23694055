// The messages of one read, side by side, for a handler that takes them all at once.

import { idOf, joinHalves } from '../core/bus-id.js'
import { BusError } from '../errors.js'
import { EXTENSION } from '../wire/extension.js'
import { BusMessage, type ReceivedData, type ReceivedHead, type Replier } from './bus-message.js'

/**
 * Messages of one batch. A read of a socket brings about 1,500 of the smallest; more would only
 * make the columns fall out of the cache.
 */
export const BATCH_MESSAGES_MAX = 2_048

/** Words for each message, and what each of them holds. */
const STRIDE = 8
const FROM_HIGH = 0
const FROM_LOW = 1
const TYPE = 2
const SEQUENCE_HIGH = 3
const SEQUENCE_LOW = 4
const START = 5
const END = 6
/** Which of the memories the payload is in. */
const MEMORY = 7

/**
 * What a `batch` handler gets: messages 0 to `length - 1`, in the order they came. The batch and
 * the payloads that it gives out are valid until the handler returns; it is then emptied and used
 * again, and a call throws BAD_ARGUMENT. `message(index)` takes a message out of it, to be kept or
 * answered later.
 */
export class MessageBatch {
  readonly #replier: Replier
  readonly #words = new Int32Array(BATCH_MESSAGES_MAX * STRIDE)
  /** Where payloads are: one read is one memory, unless its messages were encrypted. */
  #memories: Uint8Array[] = []
  readonly #requests = new Map<number, BusMessage>()
  /** With `debug`: the payloads that were given out, each in memory of its own. */
  readonly #lent: Map<number, Uint8Array> | undefined
  #length = 0

  /** @internal */
  constructor(replier: Replier, debug: boolean) {
    this.#replier = replier
    if (debug) this.#lent = new Map()
  }

  get length(): number {
    return this.#length
  }

  /** The id of the node that sent it. */
  from(index: number): bigint {
    const at = this.#at(index)
    return idOf(this.#words[at + FROM_HIGH]!, this.#words[at + FROM_LOW]!)
  }

  /** The number that the sender chose; 0 where it chose none. */
  type(index: number): number {
    return this.#words[this.#at(index) + TYPE]!
  }

  /** The sender's number for this message. */
  sequence(index: number): bigint {
    const at = this.#at(index)
    return joinHalves(this.#words[at + SEQUENCE_HIGH]!, this.#words[at + SEQUENCE_LOW]!)
  }

  payload(index: number): Uint8Array {
    const memory = this.memory(index)
    const start = this.start(index)
    return new Uint8Array(memory.buffer, memory.byteOffset + start, this.end(index) - start)
  }

  payloadBytes(index: number): number {
    const at = this.#at(index)
    return this.#words[at + END]! - this.#words[at + START]!
  }

  /**
   * For who reads payloads in place: the memory that the payload is in, from `start(index)` up to
   * `end(index)`. Spares the view that `payload` makes, some 30 ns a message.
   */
  memory(index: number): Uint8Array {
    const at = this.#at(index)
    if (this.#lent !== undefined) return this.#lend(this.#lent, index, at)
    return this.#memories[this.#words[at + MEMORY]!]!
  }

  start(index: number): number {
    const at = this.#at(index)
    return this.#lent === undefined ? this.#words[at + START]! : 0
  }

  end(index: number): number {
    const at = this.#at(index)
    return this.#lent === undefined ? this.#words[at + END]! : this.payloadBytes(index)
  }

  /** Whether the sender waits for an answer: `message(index)` gives it. */
  isRequest(index: number): boolean {
    this.#at(index)
    return this.#requests.size > 0 && this.#requests.has(index)
  }

  /** A copy of the message: it may be kept, and answered where it is a request. */
  message(index: number): BusMessage {
    const at = this.#at(index)
    return this.#requests.get(index) ?? new BusMessage(this.#replier, ...this.#read(at))
  }

  /** @internal Whether there is room for one more. */
  get isFull(): boolean {
    return this.#length === BATCH_MESSAGES_MAX
  }

  /** @internal The cursors are read now and not kept. */
  add(data: ReceivedData, head: ReceivedHead, request: BusMessage | undefined): void {
    const words = this.#words
    const at = this.#length * STRIDE
    words[at + FROM_HIGH] = data.fromHi
    words[at + FROM_LOW] = data.fromLo
    words[at + TYPE] = head.type
    words[at + SEQUENCE_HIGH] = head.sequenceHi
    words[at + SEQUENCE_LOW] = head.sequenceLo
    words[at + START] = data.contentStart
    words[at + END] = data.contentEnd
    words[at + MEMORY] = this.#placeOf(data.buffer)
    if (request !== undefined) this.#requests.set(this.#length, request)
    this.#length++
  }

  /** @internal The handler has returned. */
  emptied(): void {
    this.#length = 0
    this.#memories = []
    this.#requests.clear()
    for (const { buffer } of this.#lent?.values() ?? []) detach(buffer as ArrayBuffer)
    this.#lent?.clear()
  }

  /** The place of a message's words. */
  #at(index: number): number {
    if (index >>> 0 === index && index < this.#length) return index * STRIDE
    const detail = this.#length === 0 ? 'this batch has ended' : `${index} of ${this.#length}`
    throw new BusError('BAD_ARGUMENT', `${detail}: a batch is valid until its handler returns`)
  }

  #placeOf(memory: Uint8Array): number {
    const memories = this.#memories
    const last = memories.length - 1
    if (last >= 0 && memories[last] === memory) return last
    return memories.push(memory) - 1
  }

  #lend(lent: Map<number, Uint8Array>, index: number, at: number): Uint8Array {
    const known = lent.get(index)
    if (known !== undefined) return known
    const words = this.#words
    const memory = this.#memories[words[at + MEMORY]!]!
    const copy = memory.slice(words[at + START], words[at + END])
    lent.set(index, copy)
    return copy
  }

  #read(at: number): [ReceivedData, ReceivedHead] {
    const words = this.#words
    const memory = this.#memories[words[at + MEMORY]!]!
    const buffer = new Uint8Array(memory.subarray(words[at + START]!, words[at + END]!))
    const fromHi = words[at + FROM_HIGH]!
    const fromLo = words[at + FROM_LOW]!
    const data = { fromHi, fromLo, buffer, contentStart: 0, contentEnd: buffer.length, ...PLAIN }
    const sequenceHi = words[at + SEQUENCE_HIGH]!
    const sequenceLo = words[at + SEQUENCE_LOW]!
    return [data, { type: words[at + TYPE]!, resultCode: 0, sequenceHi, sequenceLo }]
  }
}

/** What a message without an extension has there; requests are kept as a whole. */
const PLAIN = {
  extensionKind: EXTENSION.NONE,
  extensionHi: 0,
  extensionLo: 0,
  extensionCode: 0,
  flags: 0,
  routerLastHi: 0,
  routerLastLo: 0,
} as const

/** Views of it have a length of 0 from now on. */
function detach(memory: ArrayBuffer): void {
  structuredClone(memory, { transfer: [memory] })
}
