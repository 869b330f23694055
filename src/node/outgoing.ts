// The way out for all that is sent as data: to others through the core, to ourselves by loop.

import { highHalf, lowHalf } from '../core/bus-id.js'
import type { CoreLimits } from '../core/config.js'
import type { NodeCore } from '../core/node-core.js'
import type { SendOutcome } from '../core/outbound.js'
import { BusError } from '../errors.js'
import type { OutgoingData } from '../wire/data-codec.js'
import { EXTENSION, type ExtensionKind } from '../wire/extension.js'
import type { ReceivedData } from './bus-message.js'
import type { Loopback } from './loopback.js'
import type { Payload } from './send-result.js'

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

export class Outgoing {
  readonly #core: NodeCore
  readonly payloadBytesMax: number
  readonly #loopback: Loopback
  readonly #message: OutgoingData
  #lastSequence = 0
  #lastLink = 0

  constructor(core: NodeCore, limits: CoreLimits, loopback: Loopback) {
    this.#core = core
    this.payloadBytesMax = limits.messageBytesMax
    this.#loopback = loopback
    this.#message = core.outbound.newMessage()
  }

  /** Of the last message that was sent. */
  get lastSequence(): number {
    return this.#lastSequence
  }

  /** The number of the link that it left by; 0 for one to ourselves. */
  get lastLink(): number {
    return this.#lastLink
  }

  /** Bytes that wait on the connection by which the last message left. */
  get lastPendingBytes(): number {
    return this.#lastLink === 0 ? 0 : this.#core.outbound.lastPendingBytes
  }

  send(to: bigint, content: Uint8Array, fields: SendFields = PLAIN): SendOutcome {
    this.#checkSize(content)
    checkType(fields)
    if (to === this.#core.id) return this.#toSelf(content, fields)
    const message = this.#prepare(to, fields)
    message.content = content
    const outcome = this.#core.outbound.send(message)
    // The record lives on; the caller's memory should not.
    message.content = NOTHING
    this.#lastSequence = this.#core.outbound.lastSequence
    this.#lastLink = this.#core.outbound.lastLink
    return outcome
  }

  /** One after the other, up to the first that is not taken. Returns how many were. */
  sendMany(to: bigint, contents: readonly Payload[], fields = PLAIN): number {
    checkType(fields)
    // Before the first is sent: a mistake of the caller's leaves nothing half done.
    let isText = false
    for (const content of contents) {
      this.#checkSize(content)
      isText ||= typeof content === 'string'
    }
    const bytes = isText ? contents.map(bytesOf) : (contents as readonly Uint8Array[])
    if (to === this.#core.id) return this.#manyToSelf(bytes, fields)
    const message = this.#prepare(to, fields)
    const { outbound } = this.#core
    const sent = outbound.sendMany(message, bytes)
    message.content = NOTHING
    this.#lastSequence = outbound.lastSequence
    return sent
  }

  #manyToSelf(contents: readonly Uint8Array[], fields: SendFields): number {
    let sent = 0
    for (const content of contents) {
      if (this.#toSelf(content, fields) !== 'sent') break
      sent++
    }
    return sent
  }

  #checkSize(content: Payload): void {
    const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length
    const limit = this.payloadBytesMax
    if (bytes > limit)
      throw new BusError('MESSAGE_TOO_LONG', `${bytes} bytes; the limit is ${limit}`)
  }

  #prepare(to: bigint, fields: SendFields): OutgoingData {
    const message = this.#message
    message.toHi = highHalf(to)
    message.toLo = lowHalf(to)
    message.type = fields.type ?? 0
    message.flags = fields.flags ?? 0
    const { sequence } = fields
    message.sequenceHi = sequence === undefined ? 0 : highHalf(sequence)
    message.sequenceLo = sequence === undefined ? 0 : lowHalf(sequence)
    const kind = fields.kind ?? EXTENSION.NONE
    message.extensionKind = kind
    if (kind !== EXTENSION.NONE) {
      const number = fields.number ?? 0n
      message.extensionHi = highHalf(number)
      message.extensionLo = lowHalf(number)
      message.extensionCode = fields.code ?? 0
    }
    return message
  }

  #toSelf(content: Uint8Array, fields: SendFields): SendOutcome {
    const sequence = fields.sequence ?? BigInt(this.#core.nextSequence())
    this.#lastSequence = Number(sequence)
    this.#lastLink = 0
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
    return this.#loopback.push(data, head) ? 'sent' : 'full'
  }
}

function checkType({ type = 0 }: SendFields): void {
  if (type === (type | 0)) return
  throw new BusError('BAD_ARGUMENT', `type ${type} is not a whole number of 32 bits`)
}

const encoder = new TextEncoder()

export function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? encoder.encode(payload) : payload
}
