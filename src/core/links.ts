// Links come up, are kept alive, and end: always as themselves, never by their id.

import { assert, BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { CAPABILITY } from '../wire/capabilities.js'
import { encodeControl, type Handshake } from '../wire/control.js'
import { frameOf } from '../wire/frame.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { LinkDownReason, LinkRole } from './effects.js'
import { Link, type PeerIdentity } from './link.js'
import { Liveness } from './liveness.js'

/** routing-table.md, "Limits": a breach of a grant is the neighbour's own. */
const BREACHES_MAX = 3
const BREACH_WINDOW_MS = 10_000

export interface LinkBirth {
  readonly connection: Connection
  readonly peer: PeerIdentity
  readonly role: LinkRole
}

/** Who wants to know what becomes of links and of connections that did not become one. */
export interface LinkWatch {
  /** Before anybody else hears of it. */
  cameUp(link: Link): void
  /** After the link is gone from every table. */
  ended(link: Link, reason: LinkDownReason): void
  /** Whatever becomes of a connection, the core has forgotten it. */
  forgotten(connection: Connection): void
  /** After a connection without a link was ended for what it did. */
  refused(connection: Connection, code: BusErrorCode): void
}

export class Links {
  readonly #state: CoreState
  readonly #byNumber = new Map<number, Link>()
  readonly #watch: LinkWatch

  constructor(state: CoreState, watch: LinkWatch) {
    this.#state = state
    this.#watch = watch
  }

  get(number: number): Link | undefined {
    return this.#byNumber.get(number)
  }

  /** The connection has registered and becomes the control connection of a new link. */
  up(birth: LinkBirth): Link {
    const { connection, peer, role } = birth
    const { config, counters, deadlines, neighbours, nowMs } = this.#state
    const { pingIntervalMs, missedPingsMax, halfRegisteredMs } = config.limits
    const liveness = new Liveness(nowMs, { intervalMs: pingIntervalMs, missesMax: missedPingsMax })
    const number = this.#state.nextLinkNumber()
    const dialled = connection.purpose !== undefined
    const link = new Link({ number, peer, role, control: connection, dialled, liveness })
    neighbours.add(link)
    this.#byNumber.set(number, link)
    connection.bind(link)
    this.#registered(connection)
    // At the other end a node without id has no link that could be pinged.
    const pings = pingIntervalMs > 0 && config.id !== 0n
    if (pings) deadlines.set(`live:${number}`, liveness.firstDeadlineMs)
    // A plain peer counts a link without a second connection as unfinished, and so do we.
    if (link.plain) deadlines.set(`half:${number}`, nowMs + halfRegisteredMs)
    const refreshMs = config.security.keyRefreshMs
    if (dialled && connection.session.keyed && refreshMs > 0) {
      deadlines.set(`refresh:${number}`, nowMs + refreshMs)
    }
    counters.linksUp++
    this.#watch.cameUp(link)
    this.#state.tell({ kind: 'link_up', link: link.info() })
    return link
  }

  /** A further connection of a plain peer. */
  join(link: Link, connection: Connection): void {
    connection.bind(link)
    link.addData(connection)
    this.#registered(connection)
    this.#state.deadlines.clear(`half:${link.number}`)
  }

  /** Of our own kind: takes no part in what is said from now on. */
  readOn(connection: Connection, link: Link): void {
    connection.yieldTo(link)
    link.yielding.add(connection)
    this.#registered(connection)
  }

  #registered(connection: Connection): void {
    this.#state.deadlines.clear(`register:${connection.number}`)
    connection.port.reader.frameBytesMax = this.#state.messageBytesMax
    const capabilities = connection.link?.peer.capabilities ?? 0n
    if ((capabilities & CAPABILITY.COUNTED_IVS) !== 0n) connection.session.refuseReplays()
    connection.port.reader.takesRecords = (capabilities & CAPABILITY.RECORDS) !== 0n
  }

  /** The connection of a link of ours that is about to be replaced, without its end. */
  succeed(link: Link): Connection {
    const { control } = link
    this.#end(link, 'replaced', undefined, control)
    return control
  }

  end(link: Link, reason: LinkDownReason, code?: BusErrorCode): void {
    this.#end(link, reason, code, undefined)
  }

  #end(
    link: Link,
    reason: LinkDownReason,
    code: BusErrorCode | undefined,
    kept: Connection | undefined,
  ): void {
    if (!this.#state.neighbours.remove(link)) return
    this.#byNumber.delete(link.number)
    const { counters, deadlines } = this.#state
    deadlines.clear(`live:${link.number}`)
    deadlines.clear(`half:${link.number}`)
    deadlines.clear(`refresh:${link.number}`)
    const info = link.info()
    if (reason === 'closing' || reason === 'disconnected') this.#sayLeave(link, 0)
    if (reason === 'conflict') this.#sayLeave(link, BUS_ERRORS.ID_CONFLICT.wire)
    const how = reason === 'silent' || reason === 'lost' ? 'now' : 'flush'
    for (const connection of link.connections) {
      if (connection !== kept) this.close(connection, how)
    }
    counters.linksDown++
    this.#state.tell({ kind: 'link_down', link: info, reason, ...(code && { code }) })
    this.#watch.ended(link, reason)
  }

  /** A pong is behind everything that the other end sent before it knew that we leave. */
  drain(): void {
    if (this.#state.config.id === 0n) return
    for (const link of this.#state.neighbours) {
      if (link.plain) continue
      this.#sayLeave(link, 0)
      this.ping(link)
    }
  }

  get isDrained(): boolean {
    for (const link of this.#state.neighbours) {
      if (!link.plain && link.pingSequence !== 0n) return false
    }
    return true
  }

  /** The other end is about to leave, or does. */
  leaves(link: Link): void {
    if (link.leaving) return
    link.leaving = true
    this.#state.tell({ kind: 'link_leaving', link: link.info() })
  }

  /** Our own kind is told; to a plain peer closing in good order says the same. */
  #sayLeave(link: Link, code: number): void {
    if (!link.plain) this.sayLeave(link.control, code)
  }

  /** To one of our own kind. */
  sayLeave(connection: Connection, code: number, of?: 'yields' | 'follows'): void {
    const sequence = BigInt(this.#state.nextSequence())
    const head = { resultCode: 0, sequence, sourceId: this.#state.config.id }
    const leave = { kind: 'leave', code, drains: false, ...(of && { [of]: true }) } as const
    this.write(connection, encodeControl(head, leave))
  }

  /** Forgets a connection and has the shell close it. What belongs to its link goes on. */
  close(connection: Connection, how: 'flush' | 'now'): void {
    if (connection.phase === 'ended') return
    this.#forget(connection)
    this.#state.emit({ kind: 'close', connection: connection.number, how })
  }

  #forget(connection: Connection): void {
    if (connection.link?.yielding.delete(connection) === true) connection.link.hasYielded = true
    connection.ended()
    this.#state.connections.delete(connection.number)
    const { deadlines } = this.#state
    deadlines.clear(`register:${connection.number}`)
    deadlines.clear(`temporary:${connection.number}`)
    deadlines.clear(`probe:${connection.number}`)
    deadlines.clear(`yield:${connection.number}`)
    this.#watch.forgotten(connection)
  }

  /** The shell reports that a connection is gone. */
  closed(connection: Connection, clean: boolean): void {
    const { link, yields } = connection
    this.#forget(connection)
    if (link === undefined || yields) return
    // Losing the control connection, or the last one that carries data, ends the link (spec C.6).
    if (connection !== link.control) {
      link.removeData(connection)
      if (link.data.size > 0) return
    }
    // A process that is killed closes its connections in good order as well: the kernel does.
    const left = link.leaving || (link.plain && clean)
    // Both had agreed to go back to the old path.
    const isIdle = link.drain === 'draining'
    this.end(link, isIdle ? 'idle' : left ? 'left' : 'lost')
  }

  /**
   * A frame arrived: the link lives. Of a plain peer's two connections only the control connection
   * counts: it is the one that is pinged, and either may be dead while the other works.
   */
  heard(connection: Connection): boolean {
    const link = connection.link
    if (link === undefined || (link.plain && connection !== link.control)) return false
    link.liveness.heard(this.#state.nowMs)
    return true
  }

  /** A good message: whatever was wrong before is forgiven (spec B.5). */
  good(connection: Connection): void {
    connection.faults = 0
    if (connection.link !== undefined) connection.link.faults = 0
  }

  /**
   * Something that no lawful peer sends. A connection that has not registered ends at once; a
   * registered one may repeat it `faultsMax` times.
   */
  fault(connection: Connection, code: BusErrorCode): void {
    const { faultsMax } = this.#state.config.limits
    const link = connection.link
    if (link === undefined) {
      this.refuse(connection, code)
      return
    }
    connection.faults++
    link.faults++
    if (Math.max(connection.faults, link.faults) > faultsMax) this.end(link, 'fault', code)
  }

  /**
   * What a neighbour may not do, and good messages in between do not make good: the third time in
   * ten seconds ends its link.
   */
  breach(link: Link): void {
    const { counters, nowMs } = this.#state
    counters.badStates++
    if (nowMs - link.breachedSinceMs > BREACH_WINDOW_MS) {
      link.breachedSinceMs = nowMs
      link.breaches = 0
    }
    if (++link.breaches >= BREACHES_MAX) this.end(link, 'fault', 'TOO_MANY_FAULTS')
  }

  /** Ends a connection that has no link, and says so. */
  refuse(connection: Connection, code: BusErrorCode, id = 0n): void {
    assert(connection.link === undefined, 'a bound connection is ended with its link')
    this.#state.counters.refusedByUs++
    const address = connection.isOpen ? connection.port.remoteAddress : connection.address
    const wireCode = BUS_ERRORS[code].wire
    this.#state.tell({ kind: 'refused', by: 'us', id, address, code, wireCode })
    this.close(connection, 'flush')
    this.#watch.refused(connection, code)
  }

  /** The deadline of a link's liveness came. */
  judge(link: Link, dueMs: number): void {
    const verdict = link.liveness.judge(this.#state.nowMs, dueMs)
    if (verdict.kind === 'silent') {
      this.end(link, 'silent')
      return
    }
    if (verdict.kind === 'ping') this.ping(link)
    this.#state.deadlines.set(`live:${link.number}`, verdict.untilMs)
  }

  /** With a handshake the ping renews the keys of the control connection (spec A.6.4). */
  ping(link: Link, handshake?: Handshake, refreshBindings?: readonly Uint8Array[]): void {
    const { ambient, config, counters, nowMs } = this.#state
    const sequence = BigInt(this.#state.nextSequence())
    link.pingSequence = sequence
    link.pingSentAtMs = nowMs
    counters.pingsSent++
    const head = { resultCode: 0, sequence, sourceId: config.id }
    const timePointUs = BigInt(Math.floor(ambient.wallMs() * 1_000))
    const ping = {
      timePointUs,
      ...(handshake && { handshake }),
      refreshBindings: [...(refreshBindings ?? [])],
    }
    this.write(link.control, encodeControl(head, { kind: 'ping', ping }))
  }

  /** Frames a clear inner message and hands it to the shell. */
  write(connection: Connection, message: Uint8Array): void {
    const frame = frameOf(message)
    this.#state.emit({ kind: 'send', connection: connection.number, frame })
  }
}
