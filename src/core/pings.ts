// Pings and pongs of links: answered at once, and measured by.

import { BUS_ERRORS } from '../errors.js'
import { encodeControl, type PingData } from '../wire/control.js'
import { PROTOCOL_VERSION_MIN } from './config.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Dialler } from './dialler.js'
import type { KeyRefresh } from './key-refresh.js'
import type { Links } from './links.js'

export interface PingRooms {
  readonly state: CoreState
  readonly links: Links
  readonly dialler: Dialler
  readonly refresh: KeyRefresh
}

interface PingHead {
  readonly version: number
  readonly type: number
  readonly sequence: bigint
}

export class Pings {
  readonly #rooms: PingRooms
  readonly #state: CoreState
  readonly #links: Links

  constructor(rooms: PingRooms) {
    this.#rooms = rooms
    this.#state = rooms.state
    this.#links = rooms.links
  }

  /** The other end wants a sign of life; on a control connection keys may be refreshed by it. */
  asked(connection: Connection, head: PingHead, ping: PingData): void {
    const link = connection.link
    if (link === undefined) return
    this.#links.good(connection)
    const isOld = head.version < PROTOCOL_VERSION_MIN
    const answer = connection === link.control ? this.#rooms.refresh.answer(link, ping) : undefined
    const resultCode = isOld ? BUS_ERRORS.BAD_VERSION.wire : (answer?.resultCode ?? 0)
    const { type, sequence } = head
    const sourceId = this.#state.config.id
    const pong = {
      timePointUs: ping.timePointUs,
      ...(answer?.handshake && { handshake: answer.handshake }),
      refreshBindings: answer?.refreshBindings ?? [],
    }
    const rspHead = { type, resultCode, sequence, sourceId }
    this.#links.write(connection, encodeControl(rspHead, { kind: 'pong', ping: pong }))
  }

  answered(connection: Connection, sequence: bigint, pong: PingData): void {
    const link = connection.link
    if (link === undefined) return
    this.#links.good(connection)
    if (this.#rooms.refresh.completed(link, sequence, pong))
      this.#rooms.dialler.confirm(link.control, [])
    // A Go peer's pong carries sequence 0 (spec G.4): it shows life, but measures nothing.
    if (sequence === 0n || sequence !== link.pingSequence) return
    link.pingSequence = 0n
    link.roundTripMs = this.#state.nowMs - link.pingSentAtMs
    const { id } = link.peer
    this.#state.tell({ kind: 'pong', id, roundTripMs: link.roundTripMs })
  }
}
