// The way out for everything that is sent as data: to others through the core, to ourselves by loop.

import { highHalf, lowHalf } from '../core/bus-id.js'
import type { SendOutcome } from '../core/data-path.js'
import type { NodeCore } from '../core/node-core.js'
import { BusError } from '../errors.js'
import { EXTENSION, type ExtensionKind } from '../wire/extension.js'
import type { ReceivedData, ReceivedHead } from './bus-message.js'

export interface SendFields {
  readonly type?: number
  readonly flags?: number
  readonly kind?: ExtensionKind
  /** Of an extension: names the question. */
  readonly number?: bigint
  /** Default: the next one. */
  readonly sequence?: bigint
  readonly code?: number
}

const NOTHING = new Uint8Array(0)
const PLAIN: SendFields = Object.freeze({})

/** Messages to ourselves are never handed over from within `send`, nor all in one turn. */
const LOOP_MESSAGES_MAX = 256

/** What may wait for ourselves, in bytes: the sender feels it like any other full queue. */
const LOOP_BYTES_MAX = 8 * 1024 * 1024

interface Looped {
  readonly data: ReceivedData
  readonly head: ReceivedHead
}

export class Outgoing {
  readonly #core: NodeCore
  readonly #payloadBytesMax: number
  readonly #deliver: (data: ReceivedData, head: ReceivedHead) => void
  readonly #message
  readonly #loop: Looped[] = []
  #loopBytes = 0
  #looping = false
  #lastSequence = 0

  constructor(
    core: NodeCore,
    payloadBytesMax: number,
    deliver: (data: ReceivedData, head: ReceivedHead) => void,
  ) {
    this.#core = core
    this.#payloadBytesMax = payloadBytesMax
    this.#deliver = deliver
    this.#message = core.data.newMessage()
  }

  /** Of the last message that was sent. */
  get lastSequence(): number {
    return this.#lastSequence
  }

  /** Messages to ourselves that wait. */
  get loopLength(): number {
    return this.#loop.length
  }

  send(to: bigint, content: Uint8Array, fields: SendFields = PLAIN): SendOutcome {
    if (content.length > this.#payloadBytesMax) {
      const limit = this.#payloadBytesMax
      throw new BusError('MESSAGE_TOO_LONG', `${content.length} bytes; the limit is ${limit}`)
    }
    if (to === this.#core.id) return this.#toSelf(content, fields)
    const message = this.#message
    message.toHi = highHalf(to)
    message.toLo = lowHalf(to)
    message.type = fields.type ?? 0
    message.flags = fields.flags ?? 0
    message.content = content
    const sequence = fields.sequence ?? 0n
    message.sequenceHi = highHalf(sequence)
    message.sequenceLo = lowHalf(sequence)
    const kind = fields.kind ?? EXTENSION.NONE
    message.extensionKind = kind
    if (kind !== EXTENSION.NONE) {
      const number = fields.number ?? 0n
      message.extensionHi = highHalf(number)
      message.extensionLo = lowHalf(number)
      message.extensionCode = fields.code ?? 0
    }
    const outcome = this.#core.data.send(message)
    // The record lives on; the caller's memory should not.
    message.content = NOTHING
    this.#lastSequence = this.#core.data.lastSequence
    return outcome
  }

  #toSelf(content: Uint8Array, fields: SendFields): SendOutcome {
    if (this.#loopBytes + content.length > LOOP_BYTES_MAX) return 'full'
    const sequence = fields.sequence ?? BigInt(this.#core.nextSequence())
    this.#lastSequence = Number(sequence)
    const { id } = this.#core
    const number = fields.number ?? 0n
    const data: ReceivedData = {
      fromHi: highHalf(id),
      fromLo: lowHalf(id),
      buffer: content.slice(),
      contentStart: 0,
      contentEnd: content.length,
      extensionKind: fields.kind ?? EXTENSION.NONE,
      extensionHi: highHalf(number),
      extensionLo: lowHalf(number),
      extensionCode: fields.code ?? 0,
      flags: fields.flags ?? 0,
      routerLastHi: highHalf(id),
      routerLastLo: lowHalf(id),
    }
    const head = {
      type: fields.type ?? 0,
      resultCode: 0,
      sequenceHi: highHalf(sequence),
      sequenceLo: lowHalf(sequence),
    }
    this.#loopBytes += content.length
    this.#loop.push({ data, head })
    if (!this.#looping) {
      this.#looping = true
      queueMicrotask(() => this.#drainLoop())
    }
    return 'sent'
  }

  #drainLoop(): void {
    const batch = this.#loop.splice(0, LOOP_MESSAGES_MAX)
    for (const { data, head } of batch) {
      this.#loopBytes -= data.contentEnd
      this.#deliver(data, head)
    }
    // What the handlers sent meanwhile waits for the next turn, or nothing else would get one.
    if (this.#loop.length > 0) setImmediate(() => this.#drainLoop())
    else this.#looping = false
  }
}
