// A message as the user's handler sees it.

import { idOf, joinHalves } from '../core/bus-id.js'
import type { SendOutcome } from '../core/outbound.js'
import { BusError } from '../errors.js'
import { EXTENSION } from '../wire/extension.js'

/** How a request is answered; the node gives it to the message. */
export interface Replier {
  reply(message: BusMessage, payload: Uint8Array | string): SendOutcome
  refuse(message: BusMessage, reason: string): SendOutcome
}

/** What a message is made of: the wire's cursors have this shape, and messages to ourselves. */
export interface ReceivedData {
  readonly fromHi: number
  readonly fromLo: number
  readonly buffer: Uint8Array
  readonly contentStart: number
  readonly contentEnd: number
  readonly extensionKind: number
  readonly extensionHi: number
  readonly extensionLo: number
  readonly extensionCode: number
  readonly flags: number
  readonly routerLastHi: number
  readonly routerLastLo: number
}

export interface ReceivedHead {
  readonly type: number
  readonly resultCode: number
  readonly sequenceHi: number
  readonly sequenceLo: number
}

/**
 * One received message. It may be kept: the memory behind `payload` is never written again. A kept
 * message keeps the block it arrived in (up to 256 KiB) alive, so copy what is kept for long.
 */
export class BusMessage {
  /** The number that the sender chose; 0 where it chose none. */
  readonly type: number
  readonly #replier: Replier
  readonly #fromHigh: number
  readonly #fromLow: number
  readonly #sequenceHigh: number
  readonly #sequenceLow: number
  readonly #buffer: Uint8Array
  readonly #start: number
  readonly #end: number
  readonly #numberHigh: number
  readonly #numberLow: number
  #payload: Uint8Array | undefined
  #answered = false
  /** Whether the sender waits for `reply` or `refuse`. */
  readonly isRequest: boolean
  /** @internal Counted by the node as a request that others wait for. */
  isAwaited = false

  /** @internal The cursors are read now and not kept. */
  constructor(replier: Replier, data: ReceivedData, head: ReceivedHead) {
    this.#replier = replier
    this.type = head.type
    this.#fromHigh = data.fromHi
    this.#fromLow = data.fromLo
    this.#sequenceHigh = head.sequenceHi
    this.#sequenceLow = head.sequenceLo
    this.#buffer = data.buffer
    this.#start = data.contentStart
    this.#end = data.contentEnd
    this.#numberHigh = data.extensionHi
    this.#numberLow = data.extensionLo
    this.isRequest = data.extensionKind === EXTENSION.REQUEST
  }

  /** The id of the node that sent it. */
  get from(): bigint {
    return idOf(this.#fromHigh, this.#fromLow)
  }

  /** The sender's number for this message; failure events at the sender repeat it. */
  get sequence(): bigint {
    return joinHalves(this.#sequenceHigh, this.#sequenceLow)
  }

  /** @internal Names the request that an answer is for. */
  get number(): bigint {
    return joinHalves(this.#numberHigh, this.#numberLow)
  }

  get payload(): Uint8Array {
    this.#payload ??= new Uint8Array(
      this.#buffer.buffer,
      this.#buffer.byteOffset + this.#start,
      this.#end - this.#start,
    )
    return this.#payload
  }

  /** @internal For whoever reads the payload where it lies: no view of it is made. */
  readBy<Read>(read: (memory: Uint8Array, start: number, end: number) => Read): Read {
    return read(this.#buffer, this.#start, this.#end)
  }

  /** The payload read as UTF-8. */
  get text(): string {
    return new TextDecoder().decode(this.payload)
  }

  get isAnswered(): boolean {
    return this.#answered
  }

  /**
   * Answers a request, once. Throws BAD_ARGUMENT for a message that is no request and for a second
   * answer. `full`: nothing was sent, and it may be tried again.
   */
  reply(payload: Uint8Array | string): SendOutcome {
    this.#checkWanted()
    return this.#answeredBy(this.#replier.reply(this, payload))
  }

  /** Tells the sender that there will be no answer: its call ends with REMOTE and this reason. */
  refuse(reason: string): SendOutcome {
    this.#checkWanted()
    return this.#answeredBy(this.#replier.refuse(this, reason))
  }

  #checkWanted(): void {
    if (!this.isRequest) throw new BusError('BAD_ARGUMENT', 'this message wants no answer')
    if (this.#answered) throw new BusError('BAD_ARGUMENT', 'this request was answered already')
  }

  #answeredBy(outcome: SendOutcome): SendOutcome {
    this.#answered = outcome === 'sent'
    return outcome
  }
}
