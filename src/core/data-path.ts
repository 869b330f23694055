// The data path: what is sent, forwarded, delivered and answered, without an effect on the way.

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { bodyOfData, encodeData, headOfData, OutgoingData, SelfId } from '../wire/data-codec.js'
import { DataCursor } from '../wire/data-cursor.js'
import {
  type Answer,
  bodyOfAnswer,
  bodyOfForward,
  encodeAnswer,
  encodeForward,
  FORWARD_REQUEST,
  FORWARD_RESPONSE,
  headOfAnswer,
  headOfForward,
  type Relay,
} from '../wire/data-relay.js'
import { EXTENSION } from '../wire/extension.js'
import type { InnerCursor } from '../wire/head.js'
import { OutgoingHead } from '../wire/head-writer.js'
import { highHalf, lowHalf } from './bus-id.js'
import { PROTOCOL_VERSION_MIN } from './config.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { Links } from './links.js'
import type { NextHop } from './next-hop.js'
import { SenderCheck } from './sender-check.js'
import { WayBack } from './way-back.js'

/** Flag of forward_data: the receiver is to answer that it has the message (spec A.4). */
export const FLAG_REQUIRE_RESPONSE = 1

export type SendOutcome = 'sent' | 'full' | 'closed' | 'no_route' | 'unsupported'

/**
 * Takes what arrives for this node. The cursors are valid during the call only, the memory that
 * they point into for as long as it is kept.
 */
export interface Delivery {
  /** A message for us. */
  message(data: DataCursor, head: InnerCursor): void
  /** The answer to a message of ours: `head.resultCode` 0 means that it was delivered. */
  answer(data: DataCursor, head: InnerCursor): void
}

const HALF = 0x1_0000_0000

export class DataPath {
  readonly #state: CoreState
  readonly #links: Links
  readonly #nextHop: NextHop
  readonly #delivery: Delivery
  readonly #senders: SenderCheck
  readonly #wayBack: WayBack
  readonly #self: SelfId
  readonly #data = new DataCursor()
  readonly #head = new OutgoingHead()
  /** Of the last message that was sent. */
  lastSequence = 0

  constructor(state: CoreState, links: Links, nextHop: NextHop, delivery: Delivery) {
    this.#state = state
    this.#links = links
    this.#nextHop = nextHop
    this.#delivery = delivery
    this.#senders = new SenderCheck(state, nextHop)
    this.#wayBack = new WayBack(state)
    this.#self = new SelfId(highHalf(state.config.id), lowHalf(state.config.id))
  }

  /** A record for `send`, to be used again and again. */
  newMessage(): OutgoingData {
    return new OutgoingData()
  }

  /**
   * Sends to another node. A sequence of 0 is replaced by the next one; set it to 0 again before
   * the record is used again. The content is copied before this returns. For the own id the shell
   * has a way of its own.
   */
  send(message: OutgoingData): SendOutcome {
    const link = this.#nextHop.find(message.toHi, message.toLo)
    if (link === undefined || this.#state.config.id === 0n) return 'no_route'
    if (asksOurKind(message.extensionKind) && isPlainTarget(link, message.toHi, message.toLo)) {
      return 'unsupported'
    }
    if ((message.sequenceHi | message.sequenceLo) === 0) this.#number(message)
    const { port, session } = link.usePath()
    const outcome = session.isDirect
      ? encodeData(port.outlet, this.#self, message)
      : this.#sealData(link.path, message)
    // The connection is ending; that its link has ended is about to be told.
    if (outcome === 'closed') return 'no_route'
    if (outcome !== 'ok') return outcome
    this.lastSequence = message.sequenceHi * HALF + message.sequenceLo
    this.#state.counters.sent++
    return 'sent'
  }

  #number(message: OutgoingData): void {
    const sequence = this.#state.nextSequence()
    message.sequenceHi = Math.floor(sequence / HALF)
    message.sequenceLo = sequence >>> 0
  }

  #sealData({ port, session }: Connection, message: OutgoingData): 'ok' | 'full' | 'closed' {
    headOfData(this.#head, this.#self, message)
    return session.sealInto(port.outlet, this.#head, bodyOfData(this.#self, message))
  }

  /** A data message arrived on a bound connection; its bytes are in clear. */
  receive(
    connection: Connection,
    head: InnerCursor,
    kind: 'data_req' | 'data_rsp',
    buffer: Uint8Array,
    start: number,
    end: number,
  ): void {
    const link = connection.link
    if (link === undefined) return
    const data = this.#data
    if (data.read(buffer, start, end) !== 'ok') {
      this.#state.counters.badMessages++
      this.#links.fault(connection, 'BAD_MESSAGE')
      return
    }
    this.accept(connection, link, head, kind, data)
  }

  /** The same once it is read; the cursors are the caller's. */
  accept(
    connection: Connection,
    link: Link,
    head: InnerCursor,
    kind: 'data_req' | 'data_rsp',
    data: DataCursor,
  ): void {
    connection.faults = 0
    link.faults = 0
    const verdict = this.#senders.judge(link, data.fromHi, data.fromLo)
    if (verdict !== 'good') {
      this.#turnAway(link, head, data, kind === 'data_req' && verdict)
      return
    }
    if (kind === 'data_req') this.#request(link, head, data)
    else this.#response(link, head, data)
  }

  /** What cannot be behind its link goes no further. `verdict` is false for an answer. */
  #turnAway(
    link: Link,
    head: InnerCursor,
    data: DataCursor,
    verdict: 'misplaced' | 'forged' | false,
  ): void {
    // It may be lawful and only have moved before we noticed: then it wants to be told.
    const mayHaveMoved = verdict === 'misplaced' || (verdict && link.role === 'parent')
    if (mayHaveMoved) this.#answer(link, head, data, 'BAD_SENDER')
    if (verdict !== 'misplaced' && this.#senders.isTooMany(link)) {
      this.#links.end(link, 'fault', 'BAD_SENDER')
    }
  }

  #isSelf(high: number, low: number): boolean {
    return low === this.#self.low && high === this.#self.high
  }

  #request(link: Link, head: InnerCursor, data: DataCursor): void {
    if (head.version < PROTOCOL_VERSION_MIN) {
      this.#answer(link, head, data, 'BAD_VERSION')
      return
    }
    if (!this.#isSelf(data.toHi, data.toLo)) {
      const fault = this.#forward(link, head, data)
      if (fault !== undefined) this.#answer(link, head, data, fault)
      return
    }
    this.#state.counters.received++
    // Answered first: the handler may send, and that must not come before the confirmation.
    if ((data.flags & FLAG_REQUIRE_RESPONSE) !== 0) this.#answer(link, head, data, undefined)
    this.#delivery.message(data, head)
  }

  /** Undefined where the message went on; else why not. */
  #forward(from: Link, head: InnerCursor, data: DataCursor): BusErrorCode | undefined {
    if (data.routerCount >= this.#state.config.limits.ttl) return 'TTL'
    if (data.routerContains(this.#self.high, this.#self.low)) return 'LOOP'
    if (data.toHi === 0 && data.toLo === 0) return 'BAD_ARGUMENT'
    const link = this.#nextHop.onward(data.toHi, data.toLo, from)
    if (link === undefined) return 'NO_ROUTE'
    // A node that speaks plainly passes on what it does not know, as a plain node does.
    const asks = this.#state.config.announce && asksOurKind(data.extensionKind)
    if (asks && isPlainTarget(link, data.toHi, data.toLo)) return 'UNSUPPORTED'
    const outcome = this.#relay(link, head, data, FORWARD_REQUEST)
    if (outcome === 'ok') this.#state.counters.forwarded++
    else return outcome === 'full' ? 'FULL' : 'NO_CONNECTION'
    return undefined
  }

  #response(from: Link, head: InnerCursor, data: DataCursor): void {
    const { counters } = this.#state
    if (this.#isSelf(data.toHi, data.toLo)) {
      counters.received++
      this.#delivery.answer(data, head)
      return
    }
    const way = this.#wayBack.find(data, from)
    const link = way ?? this.#nextHop.onward(data.toHi, data.toLo, from)
    if (link !== undefined && this.#relay(link, head, data, FORWARD_RESPONSE) === 'ok') {
      counters.forwarded++
    } else {
      counters.answersLost++
    }
  }

  #relay(link: Link, head: InnerCursor, data: DataCursor, relay: Relay): 'ok' | 'full' | 'closed' {
    const { port, session } = link.usePath()
    if (session.isDirect) return encodeForward(port.outlet, this.#self, head, data, relay)
    headOfForward(this.#head, this.#self, head, relay)
    return session.sealInto(port.outlet, this.#head, bodyOfForward(this.#self, data, relay))
  }

  /** Back over the link it came by: the origin is behind that one. */
  #answer(link: Link, head: InnerCursor, data: DataCursor, fault: BusErrorCode | undefined): void {
    const { counters } = this.#state
    const answer: Answer = {
      resultCode: fault === undefined ? 0 : BUS_ERRORS[fault].wire,
      echoContent: !isOurs(link, data),
    }
    const { port, session } = link.usePath()
    const outcome = session.isDirect
      ? encodeAnswer(port.outlet, this.#self, head, data, answer)
      : this.#sealAnswer(link.path, head, data, answer)
    if (outcome === 'ok') counters.answered++
    else counters.answersLost++
  }

  #sealAnswer(
    { port, session }: Connection,
    head: InnerCursor,
    data: DataCursor,
    answer: Answer,
  ): 'ok' | 'full' | 'closed' {
    headOfAnswer(this.#head, this.#self, head, answer)
    return session.sealInto(port.outlet, this.#head, bodyOfAnswer(this.#self, data, answer))
  }
}

/** A question that only our own kind answers. */
function asksOurKind(extensionKind: number): boolean {
  return (
    extensionKind === EXTENSION.REQUEST ||
    extensionKind === EXTENSION.PROBE ||
    extensionKind === EXTENSION.PEERS_QUERY
  )
}

function isPlainTarget(link: Link, high: number, low: number): boolean {
  return link.plain && link.idLow === low && link.idHigh === high
}

/** Whether the origin is one of ours: it wants no copy of what it sent. */
function isOurs(link: Link, data: DataCursor): boolean {
  if (data.hasExtension) return true
  return !link.plain && data.fromLo === link.idLow && data.fromHi === link.idHigh
}
