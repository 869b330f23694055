// What arrives for this node: handed to the user, or answered by the node itself.

import type { EventEmitter } from 'node:events'
import { joinHalves } from '../core/bus-id.js'
import { FLAG_REQUIRE_RESPONSE } from '../core/data-path.js'
import { LENT } from '../core/delivery.js'
import { codeOfWire } from '../core/dialler.js'
import type { LinkInfo } from '../core/effects.js'
import type { SendOutcome } from '../core/outbound.js'
import { BUS_ERRORS } from '../errors.js'
import { EXTENSION } from '../wire/extension.js'
import type { MessageColumns } from '../wire/message-columns.js'
import { Batches } from './batches.js'
import { BusMessage, type ReceivedData, type ReceivedHead, type Replier } from './bus-message.js'
import { type Calls, writePeers } from './calls.js'
import type { BusNodeEvents } from './events.js'
import type { Layers } from './layers.js'
import { bytesOf, type Outgoing } from './outgoing.js'
import { runUserCode, throwLater } from './user-code.js'

export interface InboxOptions {
  readonly outgoing: Outgoing
  readonly calls: Calls
  readonly layers: Layers
  readonly links: () => LinkInfo[]
  /** Who tells the user. */
  readonly node: EventEmitter<BusNodeEvents>
  /** See `BatchesOptions`. */
  readonly debug: boolean
  /** A request was answered. */
  readonly onAnswered: () => void
}

const NOTHING = new Uint8Array(0)

interface Early {
  readonly data: ReceivedData
  readonly head: ReceivedHead
}

/** What is kept for a user who cannot listen yet, with an allowance for each message itself. */
const EARLY_BYTES_MAX = 8 * 1024 * 1024
const EARLY_MESSAGE_BYTES = 128

export class Inbox {
  readonly #options: InboxOptions
  readonly #replier: Replier
  readonly #batches: Batches
  /** Requests that were handed to the user and have no answer yet. */
  #unanswered = 0
  /** What came before the user could listen; undefined once that time is over. */
  #early: Early[] | undefined = []
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
    this.#batches = new Batches({
      replier: this.#replier,
      debug: options.debug,
      isHeard: () => options.node.listenerCount('batch') > 0,
      onBatch: (batch) => runUserCode(() => options.node.emit('batch', batch)),
    })
  }

  /** Requests whose answer others still wait for. Bounded by what the user keeps unanswered. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** `LENT` where a batch took it. */
  message(data: ReceivedData, head: ReceivedHead): typeof LENT | undefined {
    const kind = data.extensionKind
    if (kind === EXTENSION.NONE || kind === EXTENSION.REQUEST) {
      if (this.#early === undefined) return this.#hand(data, head)
      this.#handOrKeep(this.#early, data, head)
    } else this.#ownMessage(data, head)
    return undefined
  }

  /** Where plain messages are listed; undefined where each is to be given to `message`. */
  get columns(): MessageColumns | undefined {
    return this.#early === undefined && this.#batches.gathers ? this.#batches.columns : undefined
  }

  /** Something was added to `columns`. */
  listed(): void {
    this.#batches.listed()
  }

  /** All that one read brought has been given to `message`. */
  readEnded(): void {
    this.#batches.deliver()
  }

  #ownMessage(data: ReceivedData, head: ReceivedHead): void {
    const message = new BusMessage(this.#replier, data, head)
    switch (data.extensionKind) {
      case EXTENSION.REPLY:
      case EXTENSION.REFUSAL:
      case EXTENSION.PROBE_REPLY:
      case EXTENSION.PEERS_REPLY:
        this.#options.calls.answered(message, data.extensionKind, data.extensionCode)
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
    if (isOfLayer) return
    // What came before it is told before it.
    this.#batches.deliver()
    runUserCode(() => this.#options.node.emit('undelivered', failure))
  }

  /** The node has started and its user had a turn to set handlers. */
  release(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const { data, head } of early) this.#hand(data, head)
    this.#batches.deliver()
  }

  #handOrKeep(early: Early[], data: ReceivedData, head: ReceivedHead): void {
    if (!this.#isHeard) this.#keep(early, data, head)
    else {
      // Order holds across the end of the early time, whenever somebody begins to listen.
      if (early.length > 0) this.release()
      this.#hand(data, head)
    }
  }

  get #isHeard(): boolean {
    const { node } = this.#options
    return node.listenerCount('message') > 0 || node.listenerCount('batch') > 0
  }

  /** False where nobody listens for messages; whoever threw did. */
  #told(message: BusMessage): boolean {
    try {
      return this.#options.node.emit('message', message)
    } catch (error) {
      throwLater(error)
      return true
    }
  }

  #keep(early: Early[], data: ReceivedData, head: ReceivedHead): void {
    this.#earlyBytes += data.contentEnd - data.contentStart + EARLY_MESSAGE_BYTES
    if (this.#earlyBytes <= EARLY_BYTES_MAX) early.push(copyOf(data, head))
    else if (data.extensionKind === EXTENSION.REQUEST) {
      const message = new BusMessage(this.#replier, data, head)
      this.#refuse(message, 'not started yet', BUS_ERRORS.FULL.wire)
    } else this.earlyDropped++
  }

  #hand(data: ReceivedData, head: ReceivedHead): typeof LENT | undefined {
    const isRequest = data.extensionKind === EXTENSION.REQUEST
    const gathers = this.#batches.gathers
    if (gathers && !isRequest) {
      this.#batches.add(data, head, undefined)
      return LENT
    }
    const message = new BusMessage(this.#replier, data, head)
    if (isRequest) {
      message.isAwaited = true
      this.#unanswered++
    }
    if (gathers) this.#batches.add(data, head, message)
    else if (!this.#told(message) && isRequest) {
      // Nobody there will answer, so nobody there should wait.
      this.#refuse(message, 'nobody listens for messages', BUS_ERRORS.UNSUPPORTED.wire)
    }
    return undefined
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
    if (message.isAwaited) this.#unanswered--
    message.isAwaited = false
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

/** The cursors go on; their memory stays as it is. */
function copyOf(data: ReceivedData, head: ReceivedHead): Early {
  const { fromHi, fromLo, buffer, contentStart, contentEnd, flags } = data
  const { extensionKind, extensionHi, extensionLo, extensionCode } = data
  const { type, resultCode, sequenceHi, sequenceLo } = head
  return {
    data: {
      ...{ fromHi, fromLo, buffer, contentStart, contentEnd, flags },
      ...{ extensionKind, extensionHi, extensionLo, extensionCode },
      routerLastHi: data.routerLastHi,
      routerLastLo: data.routerLastLo,
    },
    head: { type, resultCode, sequenceHi, sequenceLo },
  }
}
