// The routing table at work: what links coming, links going and neighbours' words do to it.

import { unreachable } from '../../errors.js'
import { OutgoingData } from '../../wire/data-codec.js'
import type { DataCursor } from '../../wire/data-cursor.js'
import { EXTENSION } from '../../wire/extension.js'
import type {
  ConnSync,
  ConnSyncResponse,
  RouteRefuse,
  SubscribeRequest,
  SubscribeResponse,
} from '../../wire/route-messages.js'
import { REMOVE_REASON } from '../../wire/route-messages.js'
import { NO_RANGES, RouteRecord } from '../../wire/route-record.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { Purpose } from '../connection.js'
import type { CoreState } from '../core-state.js'
import type { LinkDownReason } from '../effects.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import type { PathGates } from '../path-gates.js'
import { BehindPlain } from './behind-plain.js'
import { ChangeDamper } from './change-damper.js'
import { ChangeLog } from './change-log.js'
import { Courier } from './courier.js'
import { Hearing } from './hearing.js'
import type { IdHash } from './id-hash.js'
import { Judge } from './judge.js'
import type { LearnedSet } from './learned-set.js'
import { Learning } from './learning.js'
import { LifeProbe, type Post } from './life-probe.js'
import { Matchmaker } from './matchmaker.js'
import { PathChange } from './path-change.js'
import { Publisher, SUBSCRIBE_INTERVAL_MS, wordsOfLife } from './publisher.js'
import type { RouteTable } from './route-table.js'
import type { RoutingTimer } from './routing-timers.js'
import { OwnFacts } from './self-facts.js'
import { SetKeeper } from './set-keeper.js'
import { SiblingDialler } from './sibling-dialler.js'
import { Sighting } from './sighting.js'

const TURN_TIMER = 'routes:0'
const WARM_TIMER = 'warm:0'
const FLAP_TIMER = 'flap:0'
/** What takes long goes on after this, so that others have their turn in between. */
const GO_ON_MS = 1
/** The others of a circle give the lowest id this long to end it. */
const CIRCLE_MS = 5_000

export interface RoutingShared {
  /** What the table of it is spread by. */
  readonly hash: IdHash
  readonly table: RouteTable
  readonly gates: PathGates
  readonly dial: (address: string, purpose: Purpose) => void
}

export class Routing {
  readonly table: RouteTable
  readonly log: ChangeLog
  readonly #damper: ChangeDamper
  readonly learning: Learning
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
  readonly #sighting: Sighting
  readonly #selfHigh: number
  readonly #selfLow: number
  readonly #probe: LifeProbe
  readonly #judge: Judge
  readonly #gates: PathGates
  readonly #paths: PathChange
  readonly #matchmaker: Matchmaker
  readonly #siblings: SiblingDialler
  #post: Post | undefined
  #armed = false

  constructor(state: CoreState, links: Links, shared: RoutingShared) {
    const { dial, gates, hash, table } = shared
    this.#state = state
    this.#links = links
    this.table = table
    this.#gates = gates
    this.#selfHigh = highHalf(state.config.id)
    this.#selfLow = lowHalf(state.config.id)
    const log = new ChangeLog(hash)
    const damper = new ChangeDamper(log, hash, () => state.nowMs)
    const learning = new Learning(table, damper)
    this.log = log
    this.#damper = damper
    this.learning = learning
    const courier = new Courier(state)
    const keeper = new SetKeeper(state, table, learning)
    const told = (link: Link): void => this.#told(link)
    this.facts = new OwnFacts(state)
    this.#keeper = keeper
    this.#behind = new BehindPlain(state, table, learning)
    this.#publisher = new Publisher({ state, table, log, learning, courier, self: this.facts })
    const post: Post = {
      newMessage: () => new OutgoingData(),
      send: (message) => this.#post?.send(message) ?? 'no_route',
      sendVia: (link, message) => this.#post?.sendVia(link, message) ?? 'no_route',
    }
    const linkOf = (row: number): Link | undefined => this.linkOf(row)
    this.#sighting = new Sighting(state, post)
    const probe = new LifeProbe(state, post)
    this.#probe = probe
    const paths = { state, links, table, learning, courier, gates, post, linkOf }
    this.#paths = new PathChange(paths)
    this.#matchmaker = new Matchmaker(state, courier, (one, other) => this.#knows(one, other))
    this.#siblings = new SiblingDialler({ state, table, courier, dial })
    const judge = new Judge({ state, links, table, learning, courier, probe, linkOf })
    this.#judge = judge
    const rooms = { state, links, table, damper, learning, keeper, courier, judge, linkOf, told }
    this.#hearing = new Hearing(rooms)
  }

  /** From now on messages can be sent: the data path needs us, so it is there later. */
  openPost(post: Post): void {
    this.#post = post
  }

  start(): void {
    const { config, deadlines, nowMs } = this.#state
    deadlines.set(WARM_TIMER, nowMs + config.limits.routeGraceMs)
  }

  /** Nothing is told or awaited any more. */
  stop(): void {
    this.#state.deadlines.clear(WARM_TIMER)
    this.#state.deadlines.clear(TURN_TIMER)
    this.#state.deadlines.clear(FLAP_TIMER)
    this.#sighting.stop()
    this.#keeper.stop()
    this.#judge.stop()
    this.#siblings.stop()
    this.#probe.stop()
  }

  /** One of our deadlines came. */
  due(kind: RoutingTimer, number: number, link: Link | undefined): void {
    switch (kind) {
      case 'routes':
        this.#turn()
        return
      case 'warm':
        this.facts.warmedUp()
        break
      case 'grace':
        this.#keeper.graceEnded(number)
        break
      case 'circle':
        if (link !== undefined) this.#endCircle(link)
        break
      case 'judge':
        this.#probe.timedOut(number)
        break
      case 'refused':
        this.#judge.refusedEnded(number)
        break
      case 'own':
        if (link !== undefined) this.#judge.ownChildDue(link)
        break
      case 'sight':
        this.#sighting.show()
        return
      case 'flap':
        this.#damper.release()
        break
      case 'sync':
        this.#siblings.gaveUp(number)
        break
      case 'idle':
        if (link !== undefined) this.#paths.idleDue(link)
        break
      case 'gate':
        if (link !== undefined) this.#gates.open(link)
        break
      default:
        unreachable(kind)
    }
    this.#arm()
  }

  up(link: Link): void {
    this.#paths.coming(link)
    const routes = this.#keeper.up(link)
    link.routes = routes
    this.#linkOf[routes.set.slot] = link
    this.#learnNeighbour(link, routes.set)
    this.#behind.up(link)
    if (link.role === 'parent') this.#parentsChanged()
    if (link.role === 'child') this.#registeredHere(routes.set)
    this.#sighting.up(link)
    this.#siblings.up(link)
    this.#arm()
  }

  /** Whoever had its id before was asked, if there was anybody to ask. */
  #registeredHere(set: LearnedSet): void {
    const row = this.table.rowIn(set, set.link.idHigh, set.link.idLow)
    if (row >= 0) this.learning.promote(row, REMOVE_REASON.replaced)
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
    this.#paths.down(link)
    this.#linkOf[routes.set.slot] = undefined
    link.routes = undefined
    // Where nobody goes on with it, it counts for nothing.
    routes.set.state = 'dead'
    if (this.#state.state === 'stopped') return
    this.#state.deadlines.clear(`circle:${link.number}`)
    this.#state.deadlines.clear(`own:${link.number}`)
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

  /** Both ends know of the link: what we want to hear is asked for on the next turn. */
  established(link: Link): void {
    const { routes } = link
    // Without an id we have no link at the other end that could be told anything.
    if (routes === undefined || !link.hearsRoutes || this.#state.config.id === 0n) return
    if (routes.subscription.state !== 'none') return
    routes.subscription.state = 'due'
    this.#arm()
  }

  /** A neighbour asks to be told. */
  requested(link: Link, request: SubscribeRequest): void {
    const { routes } = link
    if (routes === undefined || link.plain) return
    const { nowMs } = this.#state
    if (nowMs - routes.askedAtMs < SUBSCRIBE_INTERVAL_MS) {
      this.#links.breach(link)
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
      this.#endCircle(link)
    } else if (deadlines.dueMs(timer) === undefined) {
      deadlines.set(timer, nowMs + CIRCLE_MS)
    }
  }

  /** We are above ourselves: somebody has to let go. */
  #endCircle(link: Link): void {
    this.#links.end(link, 'fault', 'LOOP')
  }

  /** A neighbour says its last word on the link, or asks for ours. */
  leaves(link: Link, drains: boolean): void {
    if (drains) {
      this.#paths.askedToDrain(link)
    } else {
      link.leaving = true
      this.#paths.left(link)
    }
    this.#arm()
  }

  /** A child's message was forwarded to another child: they may talk directly. */
  forwardedBetween(from: Link, to: Link): void {
    this.#matchmaker.forwarded(from, to)
  }

  /** A child has been told of another child as it stands now. */
  #knows(one: Link, other: Link): boolean {
    this.beforeData(one)
    const { routes } = one
    if (routes?.subscriber === undefined || !this.#publisher.isUpToDate(one, routes)) return false
    if (this.#damper.isHeld(other.peer.id)) return false
    const row = this.table.shownTo(routes.set, other.idHigh, other.idLow)
    return row >= 0 && this.linkOf(row) === other
  }

  /** CONN_SYNC: a parent tells us to open a link to a sibling. */
  askedToDial(link: Link, sync: ConnSync): void {
    if (this.#siblings.asked(link, sync)) return
    this.#state.counters.routesRefused++
    this.#links.breach(link)
  }

  dialled(link: Link, response: ConnSyncResponse): void {
    if (link.role === 'child') this.#matchmaker.answered(link, response)
  }

  dialFailed(purpose: Purpose): void {
    this.#siblings.failed(purpose)
  }

  /** A child registers with an id of which another life may be known. */
  registers(id: bigint, life: Uint8Array, done: (isAlive: boolean) => void): boolean {
    return this.#judge.registers(id, life, done)
  }

  /** A neighbour turns down what we announced. */
  refused(link: Link, refuse: RouteRefuse): void {
    if (!this.#judge.refusedByParent(link, refuse)) this.#links.breach(link)
    this.#arm()
  }

  /** A message of the nodes among themselves arrived here. */
  asked(data: DataCursor): void {
    const { contentEnd, contentStart, extensionHi, extensionKind, extensionLo } = data
    if (extensionKind === EXTENSION.LIFE_PROBE) {
      this.#probe.asked(data.fromHi, data.fromLo, extensionHi, extensionLo)
    } else if (extensionKind === EXTENSION.LIFE_REPLY) {
      const content = data.buffer.subarray(contentStart, contentEnd)
      this.#probe.replied(joinHalves(data.fromHi, data.fromLo), numberOf(data), content)
      this.#arm()
    } else if (extensionKind === EXTENSION.MARK) {
      this.#gates.marked(data.fromHi, data.fromLo)
    }
  }

  /** A message of the nodes among themselves came back. */
  returned(data: DataCursor, isUnsupported: boolean): void {
    if (data.extensionKind !== EXTENSION.LIFE_PROBE) return
    const from = joinHalves(data.fromHi, data.fromLo)
    this.#probe.returned(from, numberOf(data), isUnsupported)
    this.#arm()
  }

  /** A child link that has an id in a record which is out of use. */
  oldWay(high: number, low: number, from: Link): Link | undefined {
    const { rows } = this.table
    for (let row = this.table.find(high, low); row >= 0; row = rows.nextOfId(row)) {
      const link = this.linkOf(row)
      if (link !== undefined && link !== from && link.role === 'child') return link
    }
    return undefined
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

  #armFlaps(): void {
    const dueMs = this.#damper.nextDueMs
    if (dueMs !== Number.POSITIVE_INFINITY) this.#state.deadlines.set(FLAP_TIMER, dueMs)
  }

  /** Once a turn: what was changed is told, and what takes long goes on. */
  #turn(): void {
    this.#armed = false
    this.#armFlaps()
    this.learning.settle()
    this.#paths.turn()
    this.#behind.configure()
    this.#behind.sweep()
    this.#keeper.sweepSome()
    let isMore = this.#keeper.hasSweeps
    for (const link of this.#state.neighbours) {
      const { routes } = link
      if (routes === undefined) continue
      const isDue = routes.subscription.state === 'due'
      if (isDue && !this.#hearing.subscribe(link, routes)) isMore = true
      if (!this.#publisher.flush(link, routes)) isMore = true
    }
    if (isMore) this.#arm(GO_ON_MS)
  }
}

function isLowest(id: bigint, others: readonly bigint[]): boolean {
  return others.every((other) => id < other)
}

function numberOf(data: DataCursor): bigint {
  return joinHalves(data.extensionHi >>> 0, data.extensionLo >>> 0)
}
