// The routing table at work: what links coming, links going and neighbours' words do to it.

import type { SubscribeRequest, SubscribeResponse } from '../../wire/route-messages.js'
import { NO_RANGES, RouteRecord } from '../../wire/route-record.js'
import { highHalf, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { LinkDownReason } from '../effects.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import { BehindPlain } from './behind-plain.js'
import { ChangeLog } from './change-log.js'
import { Courier } from './courier.js'
import { Hearing } from './hearing.js'
import type { LearnedSet } from './learned-set.js'
import { Learning } from './learning.js'
import { Publisher, SUBSCRIBE_INTERVAL_MS, wordsOfLife } from './publisher.js'
import { RouteTable } from './route-table.js'
import { OwnFacts } from './self-facts.js'
import { SetKeeper } from './set-keeper.js'

const TURN_TIMER = 'routes:0'
const WARM_TIMER = 'warm:0'
/** A connection that took nothing is asked again after this. */
const FULL_WAIT_MS = 2
/** The others of a circle give the lowest id this long to end it. */
const CIRCLE_MS = 5_000

export class Routing {
  readonly table = new RouteTable()
  readonly log = new ChangeLog()
  readonly learning = new Learning(this.table, this.log)
  readonly facts: OwnFacts
  readonly #state: CoreState
  readonly #links: Links
  readonly #publisher: Publisher
  readonly #hearing: Hearing
  readonly #keeper: SetKeeper
  readonly #behind: BehindPlain
  /** By the slot of their set. */
  readonly #linkOf: (Link | undefined)[] = []
  readonly #record = new RouteRecord()
  readonly #selfHigh: number
  readonly #selfLow: number
  #armed = false

  constructor(state: CoreState, links: Links) {
    this.#state = state
    this.#links = links
    this.#selfHigh = highHalf(state.config.id)
    this.#selfLow = lowHalf(state.config.id)
    const { learning, log, table } = this
    const courier = new Courier(state)
    const keeper = new SetKeeper(state, table, learning)
    const told = (link: Link): void => this.#told(link)
    this.facts = new OwnFacts(state)
    this.#keeper = keeper
    this.#behind = new BehindPlain(state, table, learning)
    this.#publisher = new Publisher({ state, table, log, learning, courier, self: this.facts })
    this.#hearing = new Hearing({ state, links, learning, keeper, courier, told })
  }

  start(): void {
    const { config, deadlines, nowMs } = this.#state
    deadlines.set(WARM_TIMER, nowMs + config.limits.routeGraceMs)
  }

  /** Nothing is told or awaited any more. */
  stop(): void {
    this.#state.deadlines.clear(WARM_TIMER)
    this.#state.deadlines.clear(TURN_TIMER)
    this.#keeper.stop()
  }

  warmedUp(): void {
    this.facts.warmedUp()
    this.#arm()
  }

  up(link: Link): void {
    const routes = this.#keeper.up(link)
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
    const { peer, role } = link
    record.idHigh = link.idHigh
    record.idLow = link.idLow
    record.incarnation.set(wordsOfLife(peer.incarnation ?? this.#lifeOfPlain(link)))
    record.attach = Number(BigInt.asUintN(32, peer.attach))
    record.parentHigh = role === 'child' ? this.#selfHigh : 0
    record.parentLow = role === 'child' ? this.#selfLow : 0
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
    let hash = 0
    for (const char of link.peer.hashCode) hash = Math.imul(hash, 31) + char.charCodeAt(0)
    view.setUint32(12, hash)
    return life
  }

  down(link: Link, reason: LinkDownReason): void {
    const { routes } = link
    if (routes === undefined) return
    this.#publisher.ended(link, routes)
    this.#behind.down(link)
    this.#linkOf[routes.set.slot] = undefined
    link.routes = undefined
    if (this.#state.state === 'stopped') return
    this.#state.deadlines.clear(`circle:${link.number}`)
    this.#keeper.down(link, routes, reason)
    if (link.role === 'parent') this.#parentLost()
    this.#arm()
  }

  #parentLost(): void {
    this.#state.attach++
    this.#parentsChanged()
    this.learning.touchAlone(this.#selfHigh, this.#selfLow)
  }

  #parentsChanged(): void {
    this.facts.refresh(this.#state.neighbours.parents)
  }

  graceEnded(number: number): void {
    this.#keeper.graceEnded(number)
    this.#arm()
  }

  /** Both ends know of the link: what we want to hear is asked for on the next turn. */
  established(link: Link): void {
    const { routes } = link
    if (routes === undefined || !link.hearsRoutes || routes.subscription.state !== 'none') return
    routes.subscription.state = 'due'
    this.#arm()
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
    this.#hearing.answered(link, response)
    this.#arm()
  }

  updated(link: Link, buffer: Uint8Array, start: number, end: number): void {
    this.#hearing.updated(link, buffer, start, end)
    this.#arm()
  }

  /** A neighbour spoke of itself and of those above it. */
  #told(link: Link): void {
    if (link.role !== 'parent') return
    this.#parentsChanged()
    const ancestors = link.routes?.subscription.ancestors ?? []
    const { config, deadlines, nowMs } = this.#state
    const at = ancestors.indexOf(config.id)
    const timer = `circle:${link.number}` as const
    if (at < 0) {
      deadlines.clear(timer)
    } else if (isLowest(config.id, [link.peer.id, ...ancestors.slice(0, at)])) {
      this.circleLasts(link)
    } else if (deadlines.dueMs(timer) === undefined) {
      deadlines.set(timer, nowMs + CIRCLE_MS)
    }
  }

  /** We are above ourselves: somebody has to let go. */
  circleLasts(link: Link): void {
    this.#links.end(link, 'fault', 'LOOP')
  }

  /** The link of a record; undefined where it has ended. */
  linkOf(row: number): Link | undefined {
    return this.#linkOf[this.table.rows.slot(row)]
  }

  /** Nothing that we asked for, or are about to, is still to come. */
  get isComplete(): boolean {
    for (const { routes } of this.#state.neighbours) {
      const state = routes?.subscription.state ?? 'none'
      if (state !== 'none' && state !== 'live') return false
    }
    return true
  }

  isNeighbour(id: bigint): boolean {
    return this.#state.neighbours.get(id) !== undefined
  }

  /** The record of a neighbour by its own link; -1 where none stands. */
  neighbourRow(high: number, low: number): number {
    const routes = this.#state.neighbours.find(high, low)?.routes
    return routes === undefined ? -1 : this.table.rowIn(routes.set, high, low)
  }

  /** What the process was told of the tree may have changed. */
  topologyTouched(): void {
    this.#arm()
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

  #arm(afterMs = 0): void {
    if (this.#armed || this.#state.state === 'stopped') return
    this.#armed = true
    this.#state.deadlines.set(TURN_TIMER, this.#state.nowMs + afterMs)
  }

  /** Once a turn: what was changed is told, and what takes long goes on. */
  turn(): void {
    this.#armed = false
    this.#behind.configure()
    this.#behind.sweep()
    this.#keeper.sweepSome()
    let isFull = false
    for (const link of this.#state.neighbours) {
      const { routes } = link
      if (routes === undefined) continue
      const isDue = routes.subscription.state === 'due'
      if (isDue && !this.#hearing.subscribe(link, routes)) isFull = true
      if (this.#publisher.isDue(routes) && !this.#publisher.flush(link, routes)) isFull = true
    }
    if (this.#keeper.hasSweeps) this.#arm()
    else if (isFull) this.#arm(FULL_WAIT_MS)
  }
}

function isLowest(id: bigint, others: readonly bigint[]): boolean {
  return others.every((other) => id < other)
}
