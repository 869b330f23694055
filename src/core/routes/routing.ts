// The routing table at work: what links coming, links going and neighbours' words do to it.

import { DETAIL, type SubscribeRequest, type SubscribeResponse } from '../../wire/route-messages.js'
import { NO_RANGES, REMOVE_REASON, RouteRecord } from '../../wire/route-record.js'
import { RouteUpdateReader } from '../../wire/route-update-reader.js'
import type { CoreState } from '../core-state.js'
import type { LinkDownReason } from '../effects.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import { BehindPlain } from './behind-plain.js'
import { ChangeLog } from './change-log.js'
import { Courier } from './courier.js'
import type { LearnedSet } from './learned-set.js'
import { Learning } from './learning.js'
import { Publisher, SUBSCRIBE_INTERVAL_MS, wordsOfLife } from './publisher.js'
import { RouteTable } from './route-table.js'
import { MARK } from './row-store.js'
import { OwnFacts } from './self-facts.js'
import { LinkRoutes, type Subscription } from './subscription.js'

const TURN_TIMER = 'routes:0'
const WARM_TIMER = 'warm:0'
/** A connection that took nothing is asked again after this. */
const FULL_WAIT_MS = 2
/** The others of a circle give the lowest id this long to end it. */
const CIRCLE_MS = 5_000

/** A set that outlives its link: of a parent that may return, or of a link that is replaced. */
interface Kept {
  readonly set: LearnedSet
  readonly link: Link
  readonly subscription: Subscription
}

export class Routing {
  readonly table = new RouteTable()
  readonly log = new ChangeLog()
  readonly facts: OwnFacts
  readonly learning = new Learning(this.table, this.log)
  readonly #behind: BehindPlain
  readonly #state: CoreState
  readonly #links: Links
  readonly #courier: Courier
  readonly #publisher: Publisher
  readonly #linkOf: (Link | undefined)[] = []
  readonly #kept = new Map<number, Kept>()
  readonly #reader = new RouteUpdateReader()
  readonly #record = new RouteRecord()
  /** Sets that are swept bit by bit, with the reason that their ids get. */
  readonly #sweeps = new Map<LearnedSet, number>()
  readonly #selfHigh: number
  readonly #selfLow: number
  #armed = false

  constructor(state: CoreState, links: Links) {
    this.#state = state
    this.#links = links
    this.#selfHigh = Number(state.config.id >> 32n)
    this.#selfLow = Number(state.config.id & 0xffff_ffffn)
    this.facts = new OwnFacts(state)
    this.#courier = new Courier(state)
    const { table, log, learning } = this
    this.#behind = new BehindPlain(state, table, learning)
    this.#publisher = new Publisher({
      state,
      table,
      log,
      learning,
      courier: this.#courier,
      self: this.facts,
    })
  }

  start(): void {
    const { config, deadlines, nowMs } = this.#state
    deadlines.set(WARM_TIMER, nowMs + config.limits.routeGraceMs)
  }

  /** Nothing is told or awaited any more. */
  stop(): void {
    const { deadlines } = this.#state
    deadlines.clear(WARM_TIMER)
    deadlines.clear(TURN_TIMER)
    for (const number of [...this.#kept.keys(), ...this.#heldBy.keys()]) {
      deadlines.clear(`grace:${number}`)
    }
    this.#armed = true
  }

  warmedUp(): void {
    this.facts.warmedUp()
    this.#arm()
  }

  /** The link of a record; undefined where it has ended. */
  linkOf(row: number): Link | undefined {
    return this.#linkOf[this.table.rows.slot(row)]
  }

  up(link: Link): void {
    const routes = this.#adopt(link) ?? new LinkRoutes(this.table.newSet(link))
    link.routes = routes
    this.#linkOf[routes.set.slot] = link
    this.#learnNeighbour(link, routes.set)
    this.#behind.up(link)
    if (link.role === 'parent') this.#parentsChanged()
    this.#arm()
  }

  /** The neighbour itself is in the set from its registration on. */
  #learnNeighbour(link: Link, set: LearnedSet): void {
    const record = this.#record
    const { peer } = link
    record.idHigh = link.idHigh
    record.idLow = link.idLow
    record.incarnation.set(wordsOfLife(peer.incarnation ?? this.#lifeOfPlain(link)))
    record.attach = Number(BigInt.asUintN(32, peer.attach))
    record.parentHigh = link.role === 'child' ? this.#selfHigh : 0
    record.parentLow = link.role === 'child' ? this.#selfLow : 0
    record.hops = 1
    record.ranges = NO_RANGES
    this.learning.learn(set, record)
  }

  /** Made from when it registered and what it says of its process. */
  #lifeOfPlain(link: Link): Uint8Array {
    const life = new Uint8Array(16)
    const view = new DataView(life.buffer)
    view.setFloat64(0, this.#state.ambient.wallMs())
    view.setUint32(8, link.peer.pid)
    for (let at = 0; at < link.peer.hashCode.length; at++) {
      const word = view.getUint32(12)
      view.setUint32(12, (Math.imul(word, 31) + link.peer.hashCode.charCodeAt(at)) >>> 0)
    }
    return life
  }

  /** What an ended link of the same neighbour left goes on with this one. */
  #adopt(link: Link): LinkRoutes | undefined {
    for (const [number, kept] of this.#kept) {
      const { set, subscription } = kept
      if (kept.link.peer.id !== link.peer.id) continue
      const isSameLife = isSame(kept.link.peer.incarnation, link.peer.incarnation)
      const fits = kept.link.role === link.role && !link.plain
      if (!fits || (!isSameLife && link.role !== 'parent')) {
        if (set.state === 'waiting') this.#discard(number, REMOVE_REASON.replaced)
        continue
      }
      this.#kept.delete(number)
      this.#sweeps.delete(set)
      const routes = new LinkRoutes(set)
      set.link = link
      this.#takeOver(routes, subscription, isSameLife)
      // Of a new life its children may not all be back yet.
      if (isSameLife) this.#state.deadlines.clear(`grace:${number}`)
      else this.#heldBy.set(number, link)
      return routes
    }
    return undefined
  }

  /** Links that took over the set of another life: until its grace time ends. */
  readonly #heldBy = new Map<number, Link>()

  #takeOver(routes: LinkRoutes, old: Subscription, isSameLife: boolean): void {
    const { set, subscription } = routes
    const { rows } = this.table
    for (let row = set.first; row >= 0; row = rows.nextInSet(row)) {
      rows.mark(row, MARK.EPOCH, set.epoch !== 0)
    }
    subscription.resumes = isSameLife && old.state === 'live' && set.sweepAt < 0
    subscription.sequence = old.sequence
    subscription.incarnation = old.incarnation
    subscription.sweepsLater = !isSameLife
    set.sweepAt = -1
    set.epoch ^= 1
    set.state = 'arriving'
  }

  down(link: Link, reason: LinkDownReason): void {
    const { routes } = link
    if (routes === undefined) return
    const { set, subscription } = routes
    this.#publisher.ended(link, routes)
    this.#behind.down(link)
    this.#linkOf[set.slot] = undefined
    link.routes = undefined
    const isParent = link.role === 'parent'
    if (this.#state.state === 'stopped') return
    if (reason === 'replaced' || (isParent && this.#keepsParent(reason))) {
      set.state = reason === 'replaced' ? 'waiting' : 'stale'
      this.#kept.set(link.number, { set, link, subscription })
      const { nowMs, config } = this.#state
      const waitMs = set.state === 'waiting' ? 0 : config.limits.routeGraceMs
      this.#state.deadlines.set(`grace:${link.number}`, nowMs + waitMs)
    } else {
      this.#end(set, reason === 'left' ? REMOVE_REASON.left : REMOVE_REASON.link_lost)
    }
    if (isParent) this.#parentLost()
    this.#arm()
  }

  #keepsParent(reason: LinkDownReason): boolean {
    return reason !== 'disconnected'
  }

  #parentLost(): void {
    this.#state.attach++
    this.#parentsChanged()
    this.learning.touchAlone(this.#selfHigh, this.#selfLow)
  }

  #parentsChanged(): void {
    this.facts.refresh(this.#state.neighbours.parents)
  }

  /** The time for which a set outlives its link is over. */
  graceEnded(number: number): void {
    const holder = this.#heldBy.get(number)
    this.#heldBy.delete(number)
    if (holder?.routes !== undefined) this.#sweepNow(holder.routes)
    else this.#discard(number, REMOVE_REASON.link_lost)
    this.#arm()
  }

  #discard(number: number, reason: number): void {
    const kept = this.#kept.get(number)
    if (kept === undefined) return
    this.#kept.delete(number)
    this.#state.deadlines.clear(`grace:${number}`)
    this.#end(kept.set, reason)
  }

  /** Nothing of the set counts any more; it is swept at once as far as that is short work. */
  #end(set: LearnedSet, reason: number): void {
    set.state = 'dead'
    this.#sweeps.set(set, reason)
    this.#sweep(set, reason)
    this.#arm()
  }

  #sweep(set: LearnedSet, reason: number): void {
    if (!this.learning.sweep(set, reason)) return
    this.#sweeps.delete(set)
    if (set.state === 'dead') this.table.dropSet(set)
    else if (set.state === 'arriving') set.state = 'live'
  }

  /** Both ends know of the link: what we want to hear is asked for on the next turn. */
  established(link: Link): void {
    const { routes } = link
    if (routes === undefined || !link.hearsRoutes || routes.subscription.state !== 'none') return
    routes.subscription.state = 'due'
    this.#arm()
  }

  #subscribe(link: Link, routes: LinkRoutes): boolean {
    const { subscription } = routes
    const { limits, routeDetail } = this.#state.config
    subscription.detail = link.role === 'parent' ? routeDetail : DETAIL.nodes
    const { incarnation, sequence, detail } = subscription
    const resumes = subscription.resumes && incarnation !== undefined
    const request = {
      detail,
      recordsMax: limits.routeRecordsMax,
      ...(resumes && { resume: { incarnation, sequence } }),
    }
    if (this.#courier.send(link, { kind: 'subscribe_req', request }) !== 'ok') return false
    subscription.state = 'asked'
    return true
  }

  /** A neighbour asks to be told. */
  requested(link: Link, request: SubscribeRequest): void {
    const { routes } = link
    if (routes === undefined || link.plain) return
    const { nowMs } = this.#state
    if (nowMs - routes.askedAtMs < SUBSCRIBE_INTERVAL_MS) {
      this.#links.fault(link.control, 'BAD_STATE')
      return
    }
    routes.askedAtMs = nowMs
    this.#publisher.subscribed(link, routes, request)
    this.#arm()
  }

  unsubscribed(link: Link): void {
    if (link.routes !== undefined) link.routes.subscriber = undefined
  }

  answered(link: Link, response: SubscribeResponse): void {
    const { routes } = link
    if (routes === undefined || routes.subscription.state === 'none') {
      this.#state.counters.lateRoutes++
      return
    }
    const { set, subscription } = routes
    if (response.resultCode !== 0) {
      this.#refusedToSubscribe(link, routes)
      return
    }
    subscription.incarnation = response.incarnation
    subscription.sequence = response.sequence
    subscription.warming = response.warming
    subscription.opaque = response.opaque
    subscription.ancestors = response.ancestors
    if (response.mode === 'resume') this.#resume(routes)
    else this.#expectSnapshot(link, set, subscription)
    if (link.role === 'parent') this.#toldAbove(link)
    this.#arm()
  }

  #resume({ set, subscription }: LinkRoutes): void {
    subscription.state = 'live'
    if (set.state !== 'arriving') return
    const { rows } = this.table
    set.epoch ^= 1
    const neighbour = this.table.rowIn(set, set.link.idHigh, set.link.idLow)
    if (neighbour >= 0) rows.mark(neighbour, MARK.EPOCH, set.epoch !== 0)
    set.state = 'live'
  }

  #expectSnapshot(link: Link, set: LearnedSet, subscription: Subscription): void {
    subscription.state = 'arriving'
    // The rows of a link that lives on are used until the new snapshot has shown which are gone.
    if (set.state === 'arriving') return
    const { rows } = this.table
    for (let row = set.first; row >= 0; row = rows.nextInSet(row)) {
      rows.mark(row, MARK.EPOCH, set.epoch !== 0)
    }
    this.#sweeps.delete(set)
    set.sweepAt = -1
    set.epoch ^= 1
    const neighbour = this.table.rowIn(set, link.idHigh, link.idLow)
    if (neighbour >= 0) rows.mark(neighbour, MARK.EPOCH, set.epoch !== 0)
  }

  /** It knows more than we take: less detail may fit. */
  #refusedToSubscribe(link: Link, routes: LinkRoutes): void {
    const { subscription } = routes
    subscription.state = 'none'
    if (link.role !== 'parent' || subscription.detail === DETAIL.none) return
    subscription.detail = DETAIL.none
    subscription.resumes = false
    subscription.state = 'due'
    this.#parentsChanged()
    this.#arm()
  }

  /** ROUTE_UPDATE: the whole packet is checked before any of it counts. */
  updated(link: Link, buffer: Uint8Array, start: number, end: number): void {
    const reader = this.#reader
    const { routes } = link
    const { counters } = this.#state
    const state = routes?.subscription.state ?? 'none'
    if (routes === undefined || state === 'none' || state === 'due') {
      counters.lateRoutes++
      return
    }
    if (reader.open(buffer, start, end) !== 'ok') {
      counters.badMessages++
      this.#links.fault(link.control, 'BAD_MESSAGE')
      return
    }
    this.#links.good(link.control)
    counters.routePacketsReceived++
    for (let step = reader.next(); step !== 'end'; step = reader.next()) {
      if (step === 'add') this.#added(routes, reader.record)
      else this.#removed(link, routes)
      counters.routeRecordsReceived++
      // A record may have cost its link.
      if (link.routes !== routes) return
    }
    this.#packetEnded(link, routes)
    this.#arm()
  }

  #added(routes: LinkRoutes, record: RouteRecord): void {
    const { counters, config } = this.#state
    if (record.idLow === this.#selfLow && record.idHigh === this.#selfHigh) {
      counters.ownIdHeard++
      return
    }
    if (record.attach > 0xffff_ffff || routes.set.size > config.limits.routeRecordsMax) {
      counters.routesRefused++
      return
    }
    record.hops = Math.min(255, record.hops + 1)
    this.learning.learn(routes.set, record)
  }

  #removed(link: Link, routes: LinkRoutes): void {
    const { removedHigh, removedLow, reason } = this.#reader
    // A neighbour is there for as long as its link is.
    if (removedLow === link.idLow && removedHigh === link.idHigh) return
    this.learning.unlearn(routes.set, removedHigh, removedLow, reason)
  }

  #packetEnded(link: Link, routes: LinkRoutes): void {
    const reader = this.#reader
    const { subscription } = routes
    subscription.sequence = reader.sequence
    const wasWarming = subscription.warming
    subscription.warming = reader.warming ?? subscription.warming
    subscription.opaque = reader.opaque ?? subscription.opaque
    subscription.ancestors = reader.ancestors ?? subscription.ancestors
    if (reader.snapshotEnd && subscription.state === 'arriving') {
      subscription.state = 'live'
      if (!subscription.sweepsLater || !subscription.warming) this.#sweepNow(routes)
    } else if (wasWarming && !subscription.warming && subscription.sweepsLater) {
      if (subscription.state === 'live') this.#sweepNow(routes)
    }
    if (link.role === 'parent') this.#toldAbove(link)
  }

  #sweepNow({ set, subscription }: LinkRoutes): void {
    // Nothing says yet what is still there: the snapshot has to be complete.
    if (subscription.state !== 'live') {
      subscription.sweepsLater = false
      return
    }
    subscription.sweepsLater = false
    set.sweepAt = set.first
    this.#sweeps.set(set, REMOVE_REASON.swept)
    this.#sweep(set, REMOVE_REASON.swept)
  }

  #toldAbove(link: Link): void {
    this.#parentsChanged()
    const ancestors = link.routes?.subscription.ancestors ?? []
    const at = ancestors.indexOf(this.#state.config.id)
    const timer = `circle:${link.number}` as const
    const { deadlines, nowMs } = this.#state
    if (at < 0) {
      deadlines.clear(timer)
    } else if (isLowest(this.#state.config.id, [link.peer.id, ...ancestors.slice(0, at)])) {
      this.#links.end(link, 'fault', 'LOOP')
    } else if (deadlines.dueMs(timer) === undefined) {
      deadlines.set(timer, nowMs + CIRCLE_MS)
    }
  }

  circleLasts(link: Link): void {
    this.#links.end(link, 'fault', 'LOOP')
  }

  isNeighbour(id: bigint): boolean {
    return this.#state.neighbours.get(id) !== undefined
  }

  /** The record of a neighbour by its own link; -1 where none stands. */
  neighbourRow(high: number, low: number): number {
    const routes = this.#state.neighbours.find(high, low)?.routes
    return routes === undefined ? -1 : this.table.rowIn(routes.set, high, low)
  }

  /** What the process knows of the tree may have changed. */
  topologyTouched(): void {
    if (this.#state.state !== 'stopped') this.#arm()
  }

  /** A sender that a plain child cannot have named. */
  heard(link: Link, high: number, low: number): void {
    if (this.#behind.heard(link, high, low)) this.#arm()
  }

  /** An answer says that there is no way to an id. */
  missing(link: Link, high: number, low: number): void {
    this.#behind.missing(link, high, low)
    this.#arm()
  }

  /** Before a message: whoever is told of a sender hears of it first. */
  beforeData(link: Link): void {
    const { routes } = link
    const subscriber = routes?.subscriber
    if (routes === undefined || subscriber === undefined || subscriber.snapshotAt >= 0) return
    if (subscriber.sequence !== this.log.head) this.#publisher.flush(link, routes)
  }

  #arm(): void {
    if (this.#armed) return
    this.#armed = true
    this.#state.deadlines.set(TURN_TIMER, this.#state.nowMs)
  }

  /** Once a turn: what was changed is told, and what takes long goes on. */
  turn(): void {
    this.#armed = false
    this.#behind.configure()
    this.#behind.sweep()
    for (const [set, reason] of [...this.#sweeps]) this.#sweep(set, reason)
    let isFull = false
    for (const link of this.#state.neighbours) {
      const { routes } = link
      if (routes === undefined) continue
      if (routes.subscription.state === 'due' && !this.#subscribe(link, routes)) isFull = true
      if (this.#publisher.isDue(routes) && !this.#publisher.flush(link, routes)) isFull = true
    }
    if (this.#sweeps.size > 0) this.#arm()
    else if (isFull) this.#armAfter(FULL_WAIT_MS)
  }

  #armAfter(waitMs: number): void {
    if (this.#armed) return
    this.#armed = true
    this.#state.deadlines.set(TURN_TIMER, this.#state.nowMs + waitMs)
  }
}

function isLowest(id: bigint, others: readonly bigint[]): boolean {
  return others.every((other) => id < other)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
