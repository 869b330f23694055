// What arrives for this node: handed to the user, or answered by the node itself.

import { joinHalves } from '../core/bus-id.js'
import { FLAG_REQUIRE_RESPONSE, type SendOutcome } from '../core/data-path.js'
import { codeOfWire } from '../core/dialler.js'
import type { LinkInfo } from '../core/effects.js'
import { BUS_ERRORS } from '../errors.js'
import { EXTENSION } from '../wire/extension.js'
import { BusMessage, type ReceivedData, type ReceivedHead, type Replier } from './bus-message.js'
import { type Calls, writePeers } from './calls.js'
import type { Undelivered } from './events.js'
import type { Layers } from './layers.js'
import type { Outgoing } from './outgoing.js'

export interface InboxOptions {
  readonly outgoing: Outgoing
  readonly calls: Calls
  readonly layers: Layers
  readonly links: () => LinkInfo[]
  /** False where nobody listens for messages. */
  readonly onMessage: (message: BusMessage) => boolean
  /** Whether anybody does. */
  readonly isHeard: () => boolean
  readonly onUndelivered: (failure: Undelivered) => void
  /** A request was answered. */
  readonly onAnswered: () => void
}

const NOTHING = new Uint8Array(0)

/** What is kept for a user who cannot listen yet, with an allowance for each message itself. */
const EARLY_BYTES_MAX = 8 * 1024 * 1024
const EARLY_MESSAGE_BYTES = 128

export class Inbox {
  readonly #options: InboxOptions
  readonly #replier: Replier
  /** Requests that were handed to the user and have no answer yet. */
  readonly #unanswered = new Set<BusMessage>()
  /** What came before the user could listen; undefined once that time is over. */
  #early: BusMessage[] | undefined = []
  #earlyBytes = 0
  /** Messages of a kind that this revision does not know. */
  unknownKinds = 0
  /** Messages that came before anybody listened and were too many to keep. */
  earlyDropped = 0

  constructor(options: InboxOptions) {
    this.#options = options
    this.#replier = {
      reply: (message, payload) => this.#reply(message, bytesOf(payload)),
      refuse: (message, reason) => this.#refuse(message, reason, BUS_ERRORS.REMOTE.wire),
    }
  }

  /** Requests whose answer others still wait for. Bounded by what the user keeps unanswered. */
  get unanswered(): number {
    return this.#unanswered.size
  }

  message(data: ReceivedData, head: ReceivedHead): void {
    const { calls } = this.#options
    const message = new BusMessage(this.#replier, data, head)
    switch (data.extensionKind) {
      case EXTENSION.NONE:
        if (this.#early === undefined) this.#options.onMessage(message)
        else this.#handOrKeep(this.#early, message)
        return
      case EXTENSION.REQUEST:
        if (this.#early === undefined) this.#request(message)
        else this.#handOrKeep(this.#early, message)
        return
      case EXTENSION.REPLY:
      case EXTENSION.REFUSAL:
      case EXTENSION.PROBE_REPLY:
      case EXTENSION.PEERS_REPLY:
        calls.answered(message, data.extensionKind, data.extensionCode)
        return
      case EXTENSION.PROBE:
        this.#answer(message, NOTHING, EXTENSION.PROBE_REPLY)
        return
      case EXTENSION.PEERS_QUERY:
        this.#answer(message, bytesOf(writePeers(this.#options.links())), EXTENSION.PEERS_REPLY)
        return
      default:
        if (!this.#options.layers.message(data.extensionKind, message)) this.unknownKinds++
    }
  }

  /** A message to ourselves; a confirmation of it is only for us as well. */
  looped(data: ReceivedData, head: ReceivedHead): void {
    this.message(data, head)
    if ((data.flags & FLAG_REQUIRE_RESPONSE) !== 0) this.#options.calls.returned(data, head)
  }

  /** The answer of the wire itself to a message of ours. */
  returned(data: ReceivedData, head: ReceivedHead): void {
    if (this.#options.calls.returned(data, head) || head.resultCode === 0) return
    const failure = {
      to: joinHalves(data.fromHi, data.fromLo),
      type: head.type,
      sequence: joinHalves(head.sequenceHi, head.sequenceLo),
      code: codeOfWire(head.resultCode),
      wireCode: head.resultCode,
      by: joinHalves(data.routerLastHi, data.routerLastLo),
    }
    const isOfLayer = this.#options.layers.undelivered(data.extensionKind, failure)
    if (!isOfLayer) this.#options.onUndelivered(failure)
  }

  /** The node has started and its user had a turn to set handlers. */
  release(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) this.#hand(message)
  }

  #handOrKeep(early: BusMessage[], message: BusMessage): void {
    if (this.#options.isHeard()) this.#hand(message)
    else this.#keep(early, message)
  }

  #keep(early: BusMessage[], message: BusMessage): void {
    this.#earlyBytes += message.payload.length + EARLY_MESSAGE_BYTES
    if (this.#earlyBytes <= EARLY_BYTES_MAX) early.push(message)
    else if (message.isRequest) this.#refuse(message, 'not started yet', BUS_ERRORS.FULL.wire)
    else this.earlyDropped++
  }

  #hand(message: BusMessage): void {
    // Order holds across the end of the early time, whenever somebody begins to listen.
    if (this.#early !== undefined && this.#early.length > 0) this.release()
    if (message.isRequest) this.#request(message)
    else this.#options.onMessage(message)
  }

  #request(message: BusMessage): void {
    this.#unanswered.add(message)
    // Nobody there will answer, so nobody there should wait.
    if (this.#options.onMessage(message)) return
    this.#refuse(message, 'nobody listens for messages', BUS_ERRORS.UNSUPPORTED.wire)
  }

  #reply(message: BusMessage, payload: Uint8Array): SendOutcome {
    const outcome = this.#answer(message, payload, EXTENSION.REPLY)
    if (outcome !== 'full') this.#answered(message)
    return outcome
  }

  #refuse(message: BusMessage, reason: string, code: number): SendOutcome {
    const { outgoing } = this.#options
    const { from, number, type } = message
    const fields = { type, kind: EXTENSION.REFUSAL, number, code }
    const outcome = outgoing.send(from, bytesOf(reason), fields)
    if (outcome !== 'full') this.#answered(message)
    return outcome
  }

  #answered(message: BusMessage): void {
    this.#unanswered.delete(message)
    this.#options.onAnswered()
  }

  #answer(
    message: BusMessage,
    payload: Uint8Array,
    kind: typeof EXTENSION.REPLY | typeof EXTENSION.PROBE_REPLY | typeof EXTENSION.PEERS_REPLY,
  ): SendOutcome {
    const { from, number, type } = message
    return this.#options.outgoing.send(from, payload, { type, kind, number })
  }
}

const encoder = new TextEncoder()

export function bytesOf(payload: Uint8Array | string): Uint8Array {
  return typeof payload === 'string' ? encoder.encode(payload) : payload
}
