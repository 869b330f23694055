// Tells the neighbours that asked what they may see: a snapshot as the link drains, then changes.

import type { IdRange } from '../../wire/control.js'
import { DETAIL, type SubscribeRequest } from '../../wire/route-messages.js'
import { NO_RANGES, RouteRecord } from '../../wire/route-record.js'
import { RouteUpdateWriter } from '../../wire/route-update-writer.js'
import { joinHalves } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import { type ChangeLog, LogEntry } from './change-log.js'
import type { Courier } from './courier.js'
import { isGranted } from './id-range.js'
import { CHILD_RANK, type Feeder } from './learned-set.js'
import type { Learning } from './learning.js'
import type { RouteTable } from './route-table.js'
import { type LinkRoutes, Subscriber } from './subscription.js'

/** Packets that one link gets in one turn: a few milliseconds of work. */
const PACKETS_A_TURN = 8
/** While more than this waits in the connection, a snapshot gives way to messages. */
const SNAPSHOT_PENDING_BYTES_MAX = 256 * 1024
const PACKET_BYTES_MAX = 128 * 1024
/** Rows that one packet of a snapshot looks at: most of them may be hidden from its reader. */
const ROWS_A_PACKET = 16_384
/** A peer may subscribe again this often. */
export const SUBSCRIBE_INTERVAL_MS = 1_000
/** Ended subscriptions that may still be resumed. */
const RESUMABLE_MAX = 4_096

/** What a node says of itself beside its records. */
export interface SelfFacts {
  /** Raised by every change of what all neighbours are told. */
  readonly version: number
  /** Raised by those and by what only children are told: opaque, ancestors. */
  readonly versionForChildren: number
  readonly warming: boolean
  readonly opaque: boolean
  readonly ancestors: readonly bigint[]
  readonly ranges: readonly IdRange[]
  readonly attach: number
  readonly parent: bigint
}

interface Ended {
  readonly role: string
  readonly detail: number
  readonly sequence: number
}

export interface PublisherRooms {
  readonly state: CoreState
  readonly table: RouteTable
  readonly log: ChangeLog
  readonly learning: Learning
  readonly courier: Courier
  readonly self: SelfFacts
}

export class Publisher {
  readonly #rooms: PublisherRooms
  readonly #table: RouteTable
  readonly #log: ChangeLog
  readonly #writer: RouteUpdateWriter
  readonly #record = new RouteRecord()
  readonly #entry = new LogEntry()
  readonly #ended = new Map<bigint, Ended>()
  readonly #selfHigh: number
  readonly #selfLow: number
  readonly #selfLife: Uint32Array

  constructor(rooms: PublisherRooms) {
    this.#rooms = rooms
    this.#table = rooms.table
    this.#log = rooms.log
    const { config, messageBytesMax } = rooms.state
    this.#writer = new RouteUpdateWriter(Math.min(PACKET_BYTES_MAX, messageBytesMax))
    this.#selfHigh = Number(config.id >> 32n)
    this.#selfLow = Number(config.id & 0xffff_ffffn)
    this.#selfLife = wordsOfLife(config.incarnation)
  }

  /** A neighbour asks. It is answered and gets what it may see, from the next turn on. */
  subscribed(link: Link, routes: LinkRoutes, request: SubscribeRequest): void {
    const { detail, recordsMax } = request
    const resumed = this.#resumes(link, request)
    if (detail !== DETAIL.none && recordsMax < this.#visible(link)) {
      routes.subscriber = refusedSubscriber(detail)
      return
    }
    const sequence = resumed ?? this.#log.head
    const snapshotAt = resumed === undefined ? 0 : -1
    const answerDue = resumed === undefined ? 'full' : 'resume'
    const options = { detail, recordsMax, snapshotAt, sequence, answerDue } as const
    routes.subscriber = new Subscriber(options)
  }

  /** Records that a neighbour may be told, at most. */
  #visible(link: Link): number {
    return link.role === 'child' ? this.#table.size : this.#table.sizeBelow
  }

  #respond(link: Link, resultCode: number, mode: 'full' | 'resume', sequence: number): boolean {
    const { courier, self, state } = this.#rooms
    const { incarnation } = state.config
    const { warming, opaque } = self
    const ancestors = link.role === 'child' ? self.ancestors : []
    const facts = { incarnation, total: this.#visible(link), warming, opaque, ancestors }
    const response = { resultCode, mode, sequence, ...facts }
    return courier.send(link, { kind: 'subscribe_rsp', subscribed: response }) === 'ok'
  }

  /** The place to go on from; undefined where a snapshot is due. */
  #resumes(link: Link, request: SubscribeRequest): number | undefined {
    const ended = this.#ended.get(link.peer.id)
    this.#ended.delete(link.peer.id)
    const { resume } = request
    if (resume === undefined) return undefined
    const isOurs = isSameBytes(resume.incarnation, this.#rooms.state.config.incarnation)
    const fits = ended?.role === link.role && ended.detail === request.detail
    // A place that nobody was told of is made up.
    if (ended === undefined || !isOurs || !fits || resume.sequence > ended.sequence)
      return undefined
    const isKnown = resume.sequence >= Math.min(this.#log.tail, this.#headFor(link))
    return isKnown ? resume.sequence : undefined
  }

  /** The link has ended: where it was is kept for when it comes back. */
  ended(link: Link, routes: LinkRoutes): void {
    const { subscriber } = routes
    // Who was not even answered has nothing to go on from.
    if (subscriber === undefined || subscriber.snapshotAt >= 0 || subscriber.answerDue) return
    if (this.#ended.size >= RESUMABLE_MAX) {
      const [oldest] = this.#ended.keys()
      if (oldest !== undefined) this.#ended.delete(oldest)
    }
    const { detail, sequence } = subscriber
    this.#ended.set(link.peer.id, { role: link.role, detail, sequence })
  }

  #versionFor(link: Link): number {
    const { self } = this.#rooms
    return link.role === 'child' ? self.versionForChildren : self.version
  }

  /** The last change that this neighbour may have to be told of. */
  #headFor(link: Link): number {
    return link.role === 'child' ? this.#log.head : this.#log.upHead
  }

  #isDue(link: Link, subscriber: Subscriber): boolean {
    if (subscriber.snapshotAt >= 0 || subscriber.answerDue !== undefined) return true
    if (subscriber.sequence < this.#headFor(link)) return true
    return subscriber.toldVersion !== this.#versionFor(link)
  }

  /** It was told each id that it may see. */
  isUpToDate(link: Link, { subscriber }: LinkRoutes): boolean {
    if (subscriber === undefined || subscriber.detail !== DETAIL.nodes) return false
    return !this.#isDue(link, subscriber)
  }

  /** Writes what is due; true where nothing is left for a later turn. */
  flush(link: Link, routes: LinkRoutes): boolean {
    for (let packets = 0; packets <= PACKETS_A_TURN; packets++) {
      const { subscriber } = routes
      if (subscriber === undefined) return true
      if (!this.#isDue(link, subscriber)) {
        // What is none of its business counts as told, or it would fall out of the log.
        subscriber.sequence = this.#log.head
        return true
      }
      if (packets === PACKETS_A_TURN || !this.#packet(link, routes, subscriber)) return false
    }
    return false
  }

  /** False where the connection takes nothing now. */
  #packet(link: Link, routes: LinkRoutes, subscriber: Subscriber): boolean {
    const { answerDue, sequence } = subscriber
    if (answerDue === 'too_many') {
      if (!this.#respond(link, TOO_MANY_RECORDS, 'full', 0)) return false
      routes.subscriber = undefined
      return true
    }
    if (answerDue !== undefined) {
      if (!this.#respond(link, 0, answerDue, sequence)) return false
      subscriber.answerDue = undefined
      subscriber.toldVersion = this.#versionFor(link)
      return true
    }
    if (subscriber.snapshotAt >= 0) return this.#snapshotPacket(link, routes, subscriber)
    return this.#changesPacket(link, routes, subscriber)
  }

  #snapshotPacket(link: Link, routes: LinkRoutes, subscriber: Subscriber): boolean {
    if (link.path.port.outlet.pendingBytes > SNAPSHOT_PENDING_BYTES_MAX) return false
    const { rows } = this.#table
    const { self } = this.#rooms
    const writer = this.#writer
    writer.begin()
    let row = subscriber.snapshotAt
    const stop = Math.min(rows.top, row + ROWS_A_PACKET)
    // Our registration said how we hang, but we may have lost a parent since.
    const saysSelf = row === 0 && self.attach > 0
    if (subscriber.detail === DETAIL.none) row = rows.top
    else if (saysSelf && this.#shown(link, routes, this.#selfHigh, this.#selfLow)) {
      writer.add(this.#record)
    }
    for (; row < stop; row++) {
      // Each id once: at the first record of its chain.
      if (!rows.isUsed(row) || !rows.isFirst(row)) continue
      if (isId(link, rows.idHigh(row), rows.idLow(row))) continue
      const shown = this.#table.shownFrom(row, routes.set)
      if (shown < 0 || !this.#isTold(link, subscriber, shown)) continue
      this.#fill(shown)
      if (!writer.add(this.#record)) break
    }
    const isLast = row >= rows.top
    if (!this.#write(link, subscriber, subscriber.sequence, isLast)) return false
    subscriber.snapshotAt = isLast ? -1 : row
    return true
  }

  #changesPacket(link: Link, routes: LinkRoutes, subscriber: Subscriber): boolean {
    if (subscriber.sequence < this.#log.tail) {
      // Too far behind: it gets a new snapshot, and is told so.
      subscriber.sequence = this.#log.head
      subscriber.snapshotAt = 0
      subscriber.answerDue = 'full'
      return true
    }
    const writer = this.#writer
    writer.begin()
    let sequence = subscriber.sequence
    const isSilent = subscriber.detail === DETAIL.none
    if (isSilent) sequence = this.#log.head
    for (; sequence < this.#log.head; sequence++) {
      if (!this.#change(link, routes, sequence + 1)) break
    }
    const saysFlags = subscriber.toldVersion !== this.#versionFor(link)
    if (writer.count === 0 && !saysFlags) {
      subscriber.sequence = sequence
      return true
    }
    if (!this.#write(link, subscriber, sequence, false)) return false
    subscriber.sequence = sequence
    return true
  }

  /** False where the packet has no room for it. */
  #change(link: Link, routes: LinkRoutes, number: number): boolean {
    const entry = this.#entry
    if (routes.set.rank !== CHILD_RANK && !this.#log.concernsUp(number)) return true
    this.#log.read(number, entry)
    const { idHigh, idLow } = entry
    if (!this.#log.isLast(number, entry) || isId(link, idHigh, idLow)) return true
    if (this.#shown(link, routes, idHigh, idLow)) return this.#writer.add(this.#record)
    const seen = routes.set.rank === CHILD_RANK ? entry.down : entry.up
    if (seen === 0 || seen === link.number) return true
    return this.#writer.remove(idHigh, idLow, entry.reason)
  }

  /** Fills the record with what this neighbour is told of an id. */
  #shown(link: Link, routes: LinkRoutes, high: number, low: number): boolean {
    if (high === this.#selfHigh && low === this.#selfLow) {
      this.#fillSelf()
      return true
    }
    const row = this.#table.shownTo(routes.set, high, low)
    if (row < 0 || !this.#isTold(link, routes.subscriber, row)) return false
    this.#fill(row)
    return true
  }

  /** A parent takes what it granted; with less detail, ranges stand for the ids in them. */
  #isTold(link: Link, subscriber: Subscriber | undefined, row: number): boolean {
    const detail = subscriber?.detail ?? DETAIL.nodes
    const granted = link.role === 'parent' ? link.peer.ranges : NO_RANGES
    if (detail === DETAIL.nodes && granted.length === 0) return true
    const { rows } = this.#table
    const id = joinHalves(rows.idHigh(row), rows.idLow(row))
    if (!isGranted(id, granted)) return false
    return detail === DETAIL.nodes || !isCovered(this.#table.setOf(row).link, id)
  }

  #fill(row: number): void {
    const record = this.#record
    this.#table.rows.read(row, record)
    record.ranges = this.#rooms.learning.ranges.get(this.#table.rows.ranges(row))
  }

  #fillSelf(): void {
    const { self } = this.#rooms
    const record = this.#record
    record.idHigh = this.#selfHigh
    record.idLow = this.#selfLow
    record.incarnation.set(this.#selfLife)
    record.attach = self.attach
    record.parentHigh = Number(self.parent >> 32n)
    record.parentLow = Number(self.parent & 0xffff_ffffn)
    record.hops = 0
    record.ranges = self.ranges
  }

  #write(link: Link, subscriber: Subscriber, sequence: number, snapshotEnd: boolean): boolean {
    const { courier, self, state } = this.#rooms
    const says = subscriber.toldVersion !== this.#versionFor(link)
    const { warming, opaque, ancestors } = self
    const forChild = link.role === 'child' ? { opaque, ancestors } : {}
    const flags = says ? { warming, ...forChild } : {}
    const count = this.#writer.count
    const body = this.#writer.finish({ sequence, snapshotEnd, ...flags })
    if (courier.write(link, body) !== 'ok') return false
    subscriber.toldVersion = this.#versionFor(link)
    state.counters.routePacketsSent++
    state.counters.routeRecordsSent += count
    return true
  }
}

/** It is below a child that answers for a range in which it lies. */
function isCovered({ granted = NO_RANGES, idHigh, idLow }: Feeder, id: bigint): boolean {
  return granted.length > 0 && joinHalves(idHigh, idLow) !== id && isGranted(id, granted)
}

/** Only until it was told, however long its link is full; it limits nothing. */
function refusedSubscriber(detail: number): Subscriber {
  const recordsMax = Number.POSITIVE_INFINITY
  return new Subscriber({ detail, recordsMax, snapshotAt: 0, sequence: 0, answerDue: 'too_many' })
}

/** "Too many": the records are more than the subscriber takes (FULL on the wire). */
const TOO_MANY_RECORDS = -4

function isId(link: Link, high: number, low: number): boolean {
  return link.idLow === low && link.idHigh === high
}

export function wordsOfLife(incarnation: Uint8Array): Uint32Array {
  const words = new Uint32Array(4)
  for (let at = 0; at < 16; at++) {
    words[at >> 2] = ((words[at >> 2]! << 8) | (incarnation[at] ?? 0)) >>> 0
  }
  return words
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
