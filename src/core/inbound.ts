// Takes the frames of one connection apart and gives each message to the room it is for.

import { type BusErrorCode, unreachable } from '../errors.js'
import { BodyCursor, type BodyKind } from '../wire/body.js'
import type { CarrierBody } from '../wire/carrier-messages.js'
import { type ControlBody, decodeControlBody, type RegisterData } from '../wire/control.js'
import type { DataScan } from '../wire/data-run.js'
import type { FrameReader } from '../wire/frame.js'
import { InnerCursor } from '../wire/head.js'
import type { RouteBody } from '../wire/route-messages.js'
import type { Acceptor } from './acceptor.js'
import { joinHalves } from './bus-id.js'
import type { Commands } from './commands.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { DataPath } from './data-path.js'
import type { Dialler } from './dialler.js'
import type { KeyRefresh } from './key-refresh.js'
import { LAST_KINDS, LAWFUL_KINDS, SEALED_KINDS } from './lawful-kinds.js'
import type { Links } from './links.js'
import type { ParentKeeper } from './parent-keeper.js'
import type { PathGates } from './path-gates.js'
import { Pings } from './pings.js'
import type { RingPaths } from './ring-paths.js'
import type { Routing } from './routes/routing.js'
import { RunReceiver } from './run-receiver.js'
import type { Yielding } from './yielding.js'

export interface InboundRooms {
  readonly state: CoreState
  readonly links: Links
  readonly acceptor: Acceptor
  readonly dialler: Dialler
  readonly parent: ParentKeeper
  readonly commands: Commands
  readonly refresh: KeyRefresh
  readonly data: DataPath
  readonly routing: Routing
  readonly gates: PathGates
  readonly rings: RingPaths
  readonly yielding: Yielding
}

interface ControlHead {
  readonly version: number
  readonly type: number
  readonly resultCode: number
  readonly sequence: bigint
}

export class Inbound {
  readonly #state: CoreState
  readonly #links: Links
  readonly #rooms: InboundRooms
  readonly #head = new InnerCursor()
  readonly #body = new BodyCursor()
  readonly #pings: Pings
  /** Undefined without native code. */
  readonly #runs: RunReceiver | undefined
  /** No frame of the present batch has been looked at. */
  #isFirst = true

  constructor(rooms: InboundRooms) {
    this.#rooms = rooms
    this.#state = rooms.state
    this.#links = rooms.links
    this.#pings = new Pings(rooms)
    const { scanData } = rooms.state.ambient
    if (scanData !== undefined) this.#runs = this.#newRuns(scanData)
  }

  #newRuns(scanData: DataScan): RunReceiver {
    const { data, state } = this.#rooms
    const heard = (connection: Connection) => {
      if (this.#isFirst) this.#heard(connection)
    }
    const reads = (connection: Connection) => this.#reads(connection)
    const unread = (connection: Connection) => this.#unread(connection)
    return new RunReceiver({ state, data, heard, reads, unread }, scanData)
  }

  /** Stops at the first frame that has effects. */
  receive(connection: Connection): void {
    const { reader } = connection.port
    this.#isFirst = true
    while (this.#reads(connection) && this.#step(connection, reader)) {
      if (this.#state.hasEffects) break
    }
    connection.lane.release()
    this.#runs?.release()
    this.#rooms.data.records.release()
  }

  #reads(connection: Connection): boolean {
    return connection.isOpen && !this.#rooms.gates.isHeld(connection)
  }

  /** Once for a batch: it all arrived at the same time. */
  #heard(connection: Connection): void {
    this.#isFirst = false
    if (this.#links.heard(connection) && connection.link) {
      this.#rooms.acceptor.resolve(connection.link)
    }
  }

  /** False where no whole frame is left. */
  #step(connection: Connection, reader: FrameReader): boolean {
    if (this.#runs?.take(connection, reader)) return true
    let found = reader.next()
    if (found === 'record') found = this.#records(connection, reader)
    switch (found) {
      case 'more':
        return false
      case 'frame':
        this.#rooms.data.wasLent = false
        this.#message(connection, reader.buffer, reader.start, reader.end)
        if (this.#rooms.data.wasLent) reader.letGo()
        return true
      case 'record':
        return true
      case 'bad_hash':
        this.#state.counters.badFrames++
        this.#links.fault(connection, 'BAD_FRAME')
        return true
      case 'bad_size':
        // The framing of the stream is lost: nothing after it can be understood.
        this.#state.counters.badFrames++
        this.#endForFault(connection, 'BAD_SIZE')
        return false
    }
  }

  #endForFault(connection: Connection, code: BusErrorCode): void {
    if (connection.link === undefined) this.#links.refuse(connection, code)
    else this.#links.end(connection.link, 'fault', code)
  }

  #message(connection: Connection, buffer: Uint8Array, start: number, end: number): void {
    if (this.#isFirst) this.#heard(connection)
    if (this.#isLikeLast(connection, buffer, start, end)) return
    const head = this.#head
    const read = head.read(buffer, start, end)
    if (read !== 'ok') {
      this.#bad(connection, read === 'bad_size' ? 'BAD_SIZE' : 'BAD_MESSAGE')
      return
    }
    // Before registration nothing is decrypted or unpacked: a stranger gets no work out of us.
    if (connection.link === undefined && connection.phase !== 'temporary' && isWrapped(head)) {
      this.#bad(connection, 'BAD_STATE')
      return
    }
    const session = connection.session
    const fault = session.open(head, buffer)
    if (fault !== undefined) {
      this.#bad(connection, fault)
      return
    }
    const kind = this.#body.read(session.body, session.bodyStart, session.bodyEnd)
    const isData = kind === 'data_req' || kind === 'data_rsp'
    // What nearly every message is needs no table.
    if (isData && connection.phase === 'bound' && !session.refusesClear) {
      const { start: memberStart, end: memberEnd } = this.#body
      const { body } = session
      if (kind === 'data_req' && body === buffer) {
        connection.lane.learn(buffer, start, end, memberStart)
      }
      const taken = this.#rooms.data.receive(connection, head, kind, body, memberStart, memberEnd)
      if (!taken) this.#unread(connection)
    } else if (kind === 'malformed') this.#bad(connection, 'BAD_MESSAGE')
    else if (kind === 'unknown') this.#state.counters.unknownMessages++
    else if (connection.yields && !LAST_KINDS.has(kind)) return
    else if (!LAWFUL_KINDS[connection.phase].has(kind)) this.#bad(connection, 'BAD_STATE')
    else if (this.#isClearOnKeyed(connection, kind)) this.#bad(connection, 'CIPHER_MISMATCH')
    else this.#dispatch(connection, kind)
  }

  /**
   * Takes records as long as there is nothing else to see to, which is `record`; else what the
   * reader found behind them. It finds some only where both ends have said that they read them.
   */
  #records(connection: Connection, reader: FrameReader): ReturnType<FrameReader['next']> {
    if (this.#isFirst) this.#heard(connection)
    const { link, session } = connection
    if (link === undefined || session.refusesClear) {
      this.#bad(connection, link === undefined ? 'BAD_STATE' : 'CIPHER_MISMATCH')
      return 'record'
    }
    const { records } = this.#rooms.data
    let found: ReturnType<FrameReader['next']> = 'record'
    while (found === 'record') {
      const taken = records.take(connection, link, reader)
      if (taken === 'bad') this.#bad(connection, 'BAD_MESSAGE')
      else if (taken !== 'taken') this.#message(connection, taken, 0, taken.length)
      else if (connection.link === link && !this.#state.hasEffects) {
        records.takeListed(link, reader)
        if (connection.link !== link || this.#state.hasEffects) break
        found = reader.next()
        continue
      }
      break
    }
    return found
  }

  /** It has to wait, and its connection is not read until then. */
  #unread({ port, session }: Connection): void {
    session.unread()
    port.reader.unread()
  }

  /** What nearly every message is: a request in clear like the one before. True: it was taken. */
  #isLikeLast(connection: Connection, buffer: Uint8Array, start: number, end: number): boolean {
    const { lane, link, session } = connection
    // A connection has a link exactly while it is bound.
    if (link === undefined || session.refusesClear) return false
    if (!lane.read(buffer, start, end, this.#state.messageBytesMax)) return false
    const taken = this.#rooms.data.offer(connection, link, lane.head, 'data_req', lane.data)
    if (!taken) this.#unread(connection)
    return true
  }

  #isClearOnKeyed(connection: Connection, kind: BodyKind): boolean {
    if (!SEALED_KINDS.has(kind) || this.#head.cryptoAlgorithm !== 0) return false
    return connection.session.refusesClear
  }

  #bad(connection: Connection, code: BusErrorCode): void {
    const { counters } = this.#state
    if (code === 'BAD_STATE') counters.badStates++
    else if (code === 'DECRYPT_FAILED' || code === 'CIPHER_MISMATCH') counters.badCiphers++
    else counters.badMessages++
    this.#links.fault(connection, code)
  }

  #dispatch(connection: Connection, kind: BodyKind): void {
    const body = this.#body
    const { session } = connection
    if (kind === 'data_req' || kind === 'data_rsp') {
      const { start, end } = body
      const taken = this.#rooms.data.receive(connection, this.#head, kind, session.body, start, end)
      if (!taken) this.#unread(connection)
      return
    }
    if (kind === 'route_update') {
      const { link } = connection
      if (link) this.#rooms.routing.updated(link, session.body, body.start, body.end)
      return
    }
    const control = decodeControlBody(kind, session.body, body.start, body.end)
    if (control === undefined) {
      this.#bad(connection, 'BAD_MESSAGE')
      return
    }
    const { version, type, resultCode, sequenceHi, sequenceLo } = this.#head
    const sequence = joinHalves(sequenceHi, sequenceLo)
    this.#control(connection, { version, type, resultCode, sequence }, control)
  }

  #control(connection: Connection, head: ControlHead, control: ControlBody): void {
    const { resultCode, sequence } = head
    switch (control.kind) {
      case 'register_req':
        this.#rooms.acceptor.requested(connection, head, this.#asSeen(control.register))
        return
      case 'register_rsp':
        this.#rooms.dialler.answered(connection, resultCode, this.#asSeen(control.register))
        this.#parentCameUp(connection)
        this.#established(connection)
        return
      case 'handshake_confirm':
        connection.session.confirm(control.sequence)
        this.#links.good(connection)
        this.#rooms.acceptor.confirmed(connection, control.bindings ?? [])
        this.#established(connection)
        return
      case 'leave':
        this.#left(connection, control)
        return
      case 'ping':
        this.#pings.asked(connection, head, control.ping)
        return
      case 'pong':
        this.#pings.answered(connection, sequence, control.ping)
        if (connection.link) this.#rooms.acceptor.resolve(connection.link)
        return
      case 'command_req':
        this.#rooms.commands.requested(connection, head, control.command)
        return
      case 'command_rsp':
        this.#rooms.commands.answered(connection, sequence, control.command)
        return
      case 'ring_offer':
      case 'ring_answer':
      case 'carrier':
        this.#carried(connection, control)
        return
      default:
        this.#routes(connection, control)
    }
  }

  /** The other end knows of the link as we do: routes may be asked for. */
  #established(connection: Connection): void {
    const { link } = connection
    if (link?.control !== connection) return
    this.#rooms.routing.established(link)
    this.#rooms.rings.established(link)
  }

  #left(connection: Connection, leave: Extract<ControlBody, { kind: 'leave' }>): void {
    const { link } = connection
    const { routing, yielding } = this.#rooms
    if (leave.follows === true) {
      yielding.follows(connection)
    } else if (leave.yields === true || connection.yields) {
      yielding.lastWord(connection)
    } else if (link !== undefined) {
      link.leaveCode = leave.code
      routing.leaves(link, leave.drains)
    }
  }

  #carried(connection: Connection, control: CarrierBody): void {
    const { link } = connection
    const { rings } = this.#rooms
    if (link === undefined) return
    this.#links.good(connection)
    if (control.kind === 'ring_offer') rings.offered(link, control.offer)
    else if (control.kind === 'ring_answer') rings.answered(link, control.answer)
    else rings.changed(connection, link, control.to)
  }

  #routes(connection: Connection, control: RouteBody): void {
    const { link } = connection
    const { routing } = this.#rooms
    if (link === undefined) return
    this.#links.good(connection)
    switch (control.kind) {
      case 'subscribe_req':
        routing.requested(link, control.subscribe)
        return
      case 'subscribe_rsp':
        routing.answered(link, control.subscribed)
        return
      case 'unsubscribe':
        routing.unsubscribed(link)
        return
      case 'route_refuse':
        routing.refused(link, control.refused)
        return
      case 'conn_sync':
        routing.askedToDial(link, control.sync)
        return
      case 'conn_sync_rsp':
        routing.dialled(link, control.synced)
        return
      default:
        unreachable(control)
    }
  }

  /**
   * Speaking plainly, we also read as a plain node does: announcements are unknown fields to it.
   */
  #asSeen(register: RegisterData): RegisterData {
    if (this.#state.config.announce) return register
    const { announcement: _unseen, ...plain } = register
    return plain
  }

  #parentCameUp(connection: Connection): void {
    const link = connection.link
    if (link?.role === 'parent' && link.control === connection) this.#rooms.parent.linkUp(link)
  }
}

function isWrapped(head: InnerCursor): boolean {
  return head.cryptoAlgorithm !== 0 || head.compressionType !== 0
}
