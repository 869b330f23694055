// Records from afar, or for somebody else: those with nothing out of the ordinary are taken here.

import type { SelfId } from '../wire/data-codec.js'
import { RecordWriter } from '../wire/data-record.js'
import type { RecordCursor } from '../wire/record-cursor.js'
import { RECORD_HOPS_MAX } from '../wire/record-header.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import { isAnswer, isBetween } from './message-kinds.js'
import type { NextHop } from './next-hop.js'
import type { Routing } from './routes/routing.js'
import type { SenderCheck } from './sender-check.js'

interface RelayRooms {
  readonly state: CoreState
  readonly nextHop: NextHop
  readonly routing: Routing
  readonly senders: SenderCheck
  readonly self: SelfId
  /** Where what goes to a link is written; whoever is told of its sender has been by then. */
  readonly pathOf: (link: Link) => Connection
}

/**
 * Says no to whatever is to be judged, answered or turned into a frame, and has done nothing then:
 * the frame that the record stands for goes the way of all frames, where each rule is kept once.
 */
export class RecordRelay {
  readonly #rooms: RelayRooms
  readonly #writer = new RecordWriter()

  constructor(rooms: RelayRooms) {
    this.#rooms = rooms
  }

  /** Whether the record is from somebody who may be behind that link, for our own user. */
  isForUs(from: Link, { data }: RecordCursor): boolean {
    const { self, senders } = this.#rooms
    const isOurs = data.toLo === self.low && data.toHi === self.high
    return isOurs && senders.isGood(from, data.fromHi, data.fromLo)
  }

  /** Whether it has gone on. */
  forward(from: Link, record: RecordCursor): boolean {
    const { data } = record
    const { nextHop, routing, self, senders, state } = this.#rooms
    if (data.routerCount >= state.config.limits.ttl || record.hops >= RECORD_HOPS_MAX) return false
    if (record.hasPassed(self.high, self.low) || (data.toHi | data.toLo) === 0) return false
    if (!senders.isGood(from, data.fromHi, data.fromLo)) return false
    const link = nextHop.onward(data.toHi, data.toLo, from)
    if (link === undefined || !link.takesRouted || !this.#writes(link, record)) return false
    state.counters.forwarded++
    if (from.partner !== link && isBetween(from, link, data)) {
      from.partner = link
      routing.forwardedBetween(from, link)
    }
    return true
  }

  #writes(link: Link, record: RecordCursor): boolean {
    if (link.leaving && !isAnswer(record.data.extensionKind)) return false
    const { port, session } = this.#rooms.pathOf(link)
    if (!session.isDirect) return false
    return this.#writer.writeOn(port.outlet, this.#rooms.self, record) === 'ok'
  }
}
