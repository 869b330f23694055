// The data path: what is forwarded, delivered and answered, without an effect on the way.

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { SelfId } from '../wire/data-codec.js'
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
import { type Delivery, LENT } from './delivery.js'
import type { Link } from './link.js'
import type { Links } from './links.js'
import { asksOurKind, isAnswer, isBetween, isForNodes, isPlainTarget } from './message-kinds.js'
import type { NextHop } from './next-hop.js'
import { Outbound } from './outbound.js'
import type { PathGates } from './path-gates.js'
import { RecordReceiver } from './record-receiver.js'
import { RecordRelay } from './record-relay.js'
import type { Routing } from './routes/routing.js'
import { SenderCheck } from './sender-check.js'
import { WayBack } from './way-back.js'

/** Flag of forward_data: the receiver is to answer that it has the message (spec A.4). */
export const FLAG_REQUIRE_RESPONSE = 1

export class DataPath {
  readonly #state: CoreState
  readonly #links: Links
  readonly #nextHop: NextHop
  readonly #routing: Routing
  readonly #gates: PathGates
  readonly #delivery: Delivery
  readonly #senders: SenderCheck
  readonly #wayBack: WayBack
  readonly #self: SelfId
  readonly #data = new DataCursor()
  readonly #head = new OutgoingHead()
  /** What this node sends itself. */
  readonly outbound: Outbound
  /** What comes as records. */
  readonly records: RecordReceiver
  /** Whether the memory of the last message that was offered may be used again after the read. */
  wasLent = false

  constructor(rooms: {
    readonly state: CoreState
    readonly links: Links
    readonly nextHop: NextHop
    readonly routing: Routing
    readonly gates: PathGates
    readonly delivery: Delivery
  }) {
    const { state, nextHop, routing } = rooms
    this.#state = state
    this.#links = rooms.links
    this.#nextHop = nextHop
    this.#routing = routing
    this.#gates = rooms.gates
    this.#delivery = rooms.delivery
    this.#senders = new SenderCheck(state, nextHop, routing.table)
    this.#wayBack = new WayBack(state)
    this.#self = new SelfId(highHalf(state.config.id), lowHalf(state.config.id))
    const pathOf = (link: Link) => this.#pathOf(link)
    const relay = new RecordRelay({ ...rooms, senders: this.#senders, self: this.#self, pathOf })
    this.records = new RecordReceiver({ ...rooms, self: this.#self, relay })
    this.outbound = new Outbound({ state, nextHop, self: this.#self, pathOf })
  }

  /**
   * A data message arrived on a bound connection; its bytes are in clear. False where it has to
   * wait: it is to be read again when its connection goes on.
   */
  receive(
    connection: Connection,
    head: InnerCursor,
    kind: 'data_req' | 'data_rsp',
    buffer: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const link = connection.link
    if (link === undefined) return true
    const data = this.#data
    if (data.read(buffer, start, end) !== 'ok') {
      this.#state.counters.badMessages++
      this.#links.fault(connection, 'BAD_MESSAGE')
      return true
    }
    return this.offer(connection, link, head, kind, data)
  }

  /**
   * The same once it is read; the cursors are the caller's. False where it has to wait for what
   * comes by another path.
   */
  offer(
    connection: Connection,
    link: Link,
    head: InnerCursor,
    kind: 'data_req' | 'data_rsp',
    data: DataCursor,
  ): boolean {
    if (this.#gates.isActive && this.#gates.holds(connection, link, data)) return false
    this.wasLent = false
    this.#take(connection, link, head, kind, data)
    return true
  }

  #take(
    connection: Connection,
    link: Link,
    head: InnerCursor,
    kind: 'data_req' | 'data_rsp',
    data: DataCursor,
  ): void {
    connection.faults = 0
    link.faults = 0
    if (data.extensionKind !== EXTENSION.MARK) link.dataAtMs = this.#state.nowMs
    // A life that is asked may be known elsewhere by then: that is what it is asked for. What it
    // says is taken only with the number of the question.
    const isLifeReply = kind === 'data_req' && data.extensionKind === EXTENSION.LIFE_REPLY
    const verdict = isLifeReply ? 'good' : this.#senders.judge(link, data.fromHi, data.fromLo)
    if (verdict !== 'good') {
      this.#turnAway(link, head, data, kind === 'data_req' && verdict)
      return
    }
    if (link.plain) this.#heardBehind(link, head, data, kind)
    if (kind === 'data_req') this.#request(link, head, data)
    else this.#response(link, head, data)
  }

  /** A plain neighbour does not say who is behind it: what comes over its link does. */
  #heardBehind(
    link: Link,
    head: InnerCursor,
    data: DataCursor,
    kind: 'data_req' | 'data_rsp',
  ): void {
    const { fromHi, fromLo } = data
    if (fromLo === link.idLow && fromHi === link.idHigh) return
    // A failure is told in the name of the one that could not be reached.
    const isMissing = kind === 'data_rsp' && head.resultCode !== 0
    if (isMissing) this.#routing.missing(link, fromHi, fromLo)
    else this.#routing.heard(link, fromHi, fromLo)
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

  /** Whoever is told of a sender hears of it before its first message. */
  #pathOf(link: Link): Connection {
    this.#routing.beforeData(link)
    link.dataAtMs = this.#state.nowMs
    return link.usePath()
  }

  #isSelf(high: number, low: number): boolean {
    return low === this.#self.low && high === this.#self.high
  }

  #request(link: Link, head: InnerCursor, data: DataCursor): void {
    if (head.version < PROTOCOL_VERSION_MIN) {
      this.#answer(link, head, data, 'BAD_VERSION')
      return
    }
    if (data.extensionKind === EXTENSION.SIGHTING && this.#state.config.announce) return
    if (!this.#isSelf(data.toHi, data.toLo)) {
      const fault = this.#forward(link, head, data)
      if (fault !== undefined) this.#answer(link, head, data, fault)
      return
    }
    if (isForNodes(data.extensionKind)) {
      this.#routing.asked(link, data)
      return
    }
    if (data.extensionKind === EXTENSION.BUNDLE) {
      this.records.unbundle(link, data)
      return
    }
    this.#state.counters.received++
    // Answered first: the handler may send, and that must not come before the confirmation.
    if ((data.flags & FLAG_REQUIRE_RESPONSE) !== 0) this.#answer(link, head, data, undefined)
    this.wasLent = this.#delivery.message(data, head) === LENT
  }

  /** Undefined where the message went on; else why not. */
  #forward(from: Link, head: InnerCursor, data: DataCursor): BusErrorCode | undefined {
    if (data.routerCount >= this.#state.config.limits.ttl) return 'TTL'
    if (data.routerContains(this.#self.high, this.#self.low)) return 'LOOP'
    if (data.toHi === 0 && data.toLo === 0) return 'BAD_ARGUMENT'
    const link = this.#wayOn(from, data)
    if (link === undefined) return 'NO_ROUTE'
    if (link.leaving && !isAnswer(data.extensionKind)) return 'NO_ROUTE'
    // A node that speaks plainly passes on what it does not know, as a plain node does.
    const asks = this.#state.config.announce && asksOurKind(data.extensionKind)
    if (asks && isPlainTarget(link, data.toHi, data.toLo)) return 'UNSUPPORTED'
    const outcome = this.#relay(link, head, data, FORWARD_REQUEST)
    if (outcome === 'ok') {
      this.#state.counters.forwarded++
      if (from.partner !== link && isBetween(from, link, data)) {
        from.partner = link
        this.#routing.forwardedBetween(from, link)
      }
    } else return outcome === 'full' ? 'FULL' : 'NO_CONNECTION'
    return undefined
  }

  /** A question for a life also follows records that are out of use. */
  #wayOn(from: Link, data: DataCursor): Link | undefined {
    const { extensionKind, toHi, toLo } = data
    const link = this.#nextHop.onward(toHi, toLo, from)
    if (link !== undefined || extensionKind !== EXTENSION.LIFE_PROBE) return link
    return this.#routing.oldWay(toHi, toLo, from)
  }

  #response(from: Link, head: InnerCursor, data: DataCursor): void {
    const { counters } = this.#state
    if (this.#isSelf(data.toHi, data.toLo)) {
      if (isForNodes(data.extensionKind)) {
        this.#routing.returned(data, head.resultCode === BUS_ERRORS.UNSUPPORTED.wire)
        return
      }
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
    const { port, session } = this.#pathOf(link)
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
    const { port, session } = this.#pathOf(link)
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

/** Whether the origin is one of ours: it wants no copy of what it sent. */
function isOurs(link: Link, data: DataCursor): boolean {
  if (data.hasExtension) return true
  return !link.plain && data.fromLo === link.idLow && data.fromHi === link.idHigh
}
