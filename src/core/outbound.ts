// What this node sends itself: which link, which form, and the number of the message.

import {
  bodyOfData,
  encodeData,
  headOfData,
  OutgoingData,
  type SelfId,
} from '../wire/data-codec.js'
import { EXTENSION } from '../wire/extension.js'
import { OutgoingHead } from '../wire/head-writer.js'
import type { Outlet } from '../wire/outlet.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import { FrameRuns } from './frame-runs.js'
import type { Link } from './link.js'
import { asksOurKind, isAnswer, isPlainTarget, isRecordFor, isRoutedBy } from './message-kinds.js'
import { numberFrom, numberOf } from './message-number.js'
import type { NextHop } from './next-hop.js'
import { RecordSender } from './record-sender.js'

export type SendOutcome = 'sent' | 'full' | 'closed' | 'no_route' | 'unsupported'

export class Outbound {
  readonly #state: CoreState
  readonly #nextHop: NextHop
  readonly #self: SelfId
  readonly #pathOf: (link: Link) => Connection
  readonly #head = new OutgoingHead()
  readonly #recordSender: RecordSender
  readonly #frameRuns: FrameRuns
  /** Of the last message that was sent. */
  lastSequence = 0
  /** The number of the link that it left by. */
  lastLink = 0
  /** What it was written to: undefined before the first. */
  #lastOutlet: Outlet | undefined

  constructor(rooms: {
    readonly state: CoreState
    readonly nextHop: NextHop
    readonly self: SelfId
    readonly pathOf: (link: Link) => Connection
  }) {
    const { nextHop, pathOf, self, state } = rooms
    this.#state = state
    this.#nextHop = nextHop
    this.#self = self
    this.#pathOf = pathOf
    this.#recordSender = new RecordSender(state)
    this.#frameRuns = new FrameRuns(state, self, pathOf)
  }

  /** Bytes that wait where the last message was written to. */
  get lastPendingBytes(): number {
    return this.#lastOutlet?.pendingBytes ?? 0
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
    if (link === undefined) return 'no_route'
    if (link.leaving && !isAnswer(message.extensionKind)) return 'no_route'
    return this.sendVia(link, message)
  }

  /** The same by a link of the caller's choice. */
  sendVia(link: Link, message: OutgoingData): SendOutcome {
    if (this.#state.config.id === 0n) return 'no_route'
    if (asksOurKind(message.extensionKind) && isPlainTarget(link, message.toHi, message.toLo)) {
      return 'unsupported'
    }
    if ((message.sequenceHi | message.sequenceLo) === 0)
      numberFrom(message, this.#state.nextSequence())
    const path = this.#pathOf(link)
    const outcome = this.#encode(link, path, message)
    // The connection is ending; that its link has ended is about to be told.
    if (outcome === 'closed') return 'no_route'
    if (outcome !== 'ok') return outcome
    this.lastSequence = numberOf(message)
    this.lastLink = link.number
    this.#lastOutlet = path.port.outlet
    this.#state.counters.sent++
    return 'sent'
  }

  /** Several contents with all else alike, numbered here. Returns how many were sent, in order. */
  sendMany(message: OutgoingData, contents: readonly Uint8Array[]): number {
    const link = this.#nextHop.find(message.toHi, message.toLo)
    if (link === undefined || link.leaving) return 0
    const isUsual = message.extensionKind === EXTENSION.NONE && isRecordFor(link, message)
    let sent = 0
    if (isUsual) {
      const path = this.#pathOf(link)
      const seal = (bundle: OutgoingData) => this.#sealData(path, bundle)
      sent = this.#recordSender.sendMany(path, message, contents, seal)
      if (sent > 0) this.lastSequence = this.#recordSender.lastSequence
    }
    while (sent < contents.length) {
      const together = this.#frameRuns.send(link, message, contents, sent)
      if (together > 0) this.lastSequence = this.#frameRuns.lastSequence
      else {
        message.content = contents[sent]!
        message.sequenceHi = 0
        message.sequenceLo = 0
        if (this.sendVia(link, message) !== 'sent') break
      }
      sent += together || 1
    }
    return sent
  }

  #encode(
    link: Link,
    { port, session }: Connection,
    message: OutgoingData,
  ): 'ok' | 'full' | 'closed' {
    if (!session.isDirect) return this.#sealData(link.path, message)
    if (isRecordFor(link, message)) return this.#recordSender.write(port.outlet, message)
    if (isRoutedBy(link, message)) {
      return this.#recordSender.writeRouted(port.outlet, this.#self, message)
    }
    return encodeData(port.outlet, this.#self, message)
  }

  #sealData({ port, session }: Connection, message: OutgoingData): 'ok' | 'full' | 'closed' {
    headOfData(this.#head, this.#self, message)
    return session.sealInto(port.outlet, this.#head, bodyOfData(this.#self, message))
  }
}
