// The routing table at work: what links coming, links going and neighbours' words do to it.

import { unreachable } from '../../errors.js'
import type { DataCursor } from '../../wire/data-cursor.js'
import type {
  ConnSync,
  ConnSyncResponse,
  RouteRefuse,
  SubscribeRequest,
  SubscribeResponse,
} from '../../wire/route-messages.js'
import type { Purpose } from '../connection.js'
import type { CoreState } from '../core-state.js'
import type { LinkDownReason } from '../effects.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import type { PathGates } from '../path-gates.js'
import { BehindPlain } from './behind-plain.js'
import { ChangeDamper } from './change-damper.js'
import { ChangeLog } from './change-log.js'
import { CircleWatch } from './circle-watch.js'
import { Courier } from './courier.js'
import { Hearing } from './hearing.js'
import type { IdHash } from './id-hash.js'
import { InnerMail } from './inner-mail.js'
import { Judge } from './judge.js'
import { LatePost } from './late-post.js'
import { Learning } from './learning.js'
import { LifeProbe, type Post } from './life-probe.js'
import { Matchmaker } from './matchmaker.js'
import { NeighbourRecords } from './neighbour-records.js'
import { PathChange } from './path-change.js'
import { Publisher, SUBSCRIBE_INTERVAL_MS } from './publisher.js'
import { RoutePace } from './route-pace.js'
import type { RouteTable } from './route-table.js'
import type { RoutingTimer } from './routing-timers.js'
import { RoutingTurn } from './routing-turn.js'
import { OwnFacts } from './self-facts.js'
import { SetKeeper } from './set-keeper.js'
import { SiblingDialler } from './sibling-dialler.js'
import { Sighting } from './sighting.js'

const WARM_TIMER = 'warm:0'

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
  readonly damper: ChangeDamper
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
  readonly #neighbours: NeighbourRecords
  readonly #circles: CircleWatch
  readonly #mail: InnerMail
  readonly #sighting: Sighting
  readonly #probe: LifeProbe
  readonly #judge: Judge
  readonly #gates: PathGates
  readonly #pace: RoutePace
  readonly #paths: PathChange
  readonly #matchmaker: Matchmaker
  readonly #siblings: SiblingDialler
  readonly #post = new LatePost()
  readonly #turn: RoutingTurn

  constructor(state: CoreState, links: Links, shared: RoutingShared) {
    const { dial, gates, hash, table } = shared
    this.#state = state
    this.#links = links
    this.table = table
    this.#gates = gates
    const pace = new RoutePace(state, gates)
    this.#pace = pace
    const log = new ChangeLog(hash)
    const damper = new ChangeDamper(log, hash, () => state.nowMs)
    const learning = new Learning(table, damper)
    this.log = log
    this.damper = damper
    this.learning = learning
    const courier = new Courier(state)
    const keeper = new SetKeeper(state, table, learning)
    const told = (link: Link): void => this.#told(link)
    this.facts = new OwnFacts(state)
    this.#neighbours = new NeighbourRecords(state, table, learning)
    this.#circles = new CircleWatch(state, links)
    this.#keeper = keeper
    const behind = new BehindPlain(state, table, learning)
    this.#behind = behind
    const publisher = new Publisher({ state, table, log, learning, courier, self: this.facts })
    this.#publisher = publisher
    const post = this.#post
    const linkOf = (row: number): Link | undefined => this.linkOf(row)
    this.#sighting = new Sighting(state, post)
    const probe = new LifeProbe(state, post)
    this.#probe = probe
    this.#mail = new InnerMail(probe, gates)
    const paths = new PathChange({ state, links, table, learning, courier, gates, post, linkOf })
    this.#paths = paths
    this.#matchmaker = new Matchmaker(state, courier, (one, other) => this.#knows(one, other))
    this.#siblings = new SiblingDialler({ state, table, courier, dial })
    const judge = new Judge({ state, links, table, learning, courier, probe, linkOf })
    this.#judge = judge
    const rooms = { state, links, pace, table, damper, learning, keeper, courier, judge, linkOf }
    const hearing = new Hearing({ ...rooms, paths, told })
    this.#hearing = hearing
    this.#turn = new RoutingTurn({
      state,
      log,
      damper,
      learning,
      keeper,
      hearing,
      publisher,
      behind,
      paths,
    })
  }

  /** From now on messages can be sent: the data path needs us, so it is there later. */
  openPost(post: Post): void {
    this.#post.open(post)
  }

  start(): void {
    const { config, deadlines, nowMs } = this.#state
    deadlines.set(WARM_TIMER, nowMs + config.limits.routeGraceMs)
  }

  /** Nothing is told or awaited any more. */
  stop(): void {
    this.#state.deadlines.clear(WARM_TIMER)
    this.#turn.stop()
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
        this.#turn.run()
        return
      case 'warm':
        this.facts.warmedUp()
        break
      case 'grace':
        this.#keeper.graceEnded(number)
        break
      case 'circle':
        if (link !== undefined) this.#circles.due(link)
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
        this.damper.release()
        break
      case 'sync':
        this.#siblings.gaveUp(number)
        break
      case 'idle':
        if (link !== undefined) this.#paths.idleDue(link)
        break
      case 'gate':
        if (link !== undefined) this.#gates.expired(link)
        break
      case 'pace':
        if (link !== undefined) this.#pace.due(link)
        return
      default:
        unreachable(kind)
    }
    this.#turn.arm()
  }

  up(link: Link): void {
    const isComing = this.#paths.coming(link)
    const routes = this.#keeper.up(link)
    routes.set.isComing = isComing
    link.routes = routes
    this.#linkOf[routes.set.slot] = link
    this.#neighbours.learn(link, routes.set)
    this.#behind.up(link)
    if (link.role === 'parent') this.#parentsChanged()
    this.#sighting.up(link)
    this.#siblings.up(link)
    this.#turn.arm()
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
    this.#circles.down(link)
    this.#pace.down(link)
    this.#state.deadlines.clear(`own:${link.number}`)
    if (this.#state.state === 'stopped') return
    this.#keeper.down(link, routes, reason)
    if (link.role === 'parent') this.#parentLost()
    this.#turn.arm()
  }

  #parentLost(): void {
    this.#state.attach++
    this.#parentsChanged()
    this.learning.touchAlone(this.#state.config.id)
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
    this.#turn.arm()
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
    this.#turn.arm()
  }

  unsubscribed(link: Link): void {
    if (link.routes !== undefined) link.routes.subscriber = undefined
  }

  answered(link: Link, response: SubscribeResponse): void {
    this.#hearing.answered(link, response)
    this.#turn.arm()
  }

  updated(link: Link, buffer: Uint8Array, start: number, end: number): void {
    this.#hearing.updated(link, buffer, start, end)
    this.#turn.arm()
  }

  /** A neighbour spoke of itself and of those above it. */
  #told(link: Link): void {
    if (link.role !== 'parent') return
    this.#parentsChanged()
    this.#circles.told(link)
  }

  /** A neighbour says its last word on the link, or asks for ours. */
  leaves(link: Link, drains: boolean): void {
    if (drains) {
      this.#paths.askedToDrain(link)
    } else {
      if (link.drain === 'none') this.#links.leaves(link)
      this.#paths.left(link)
    }
    this.#turn.arm()
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
    if (this.damper.isHeld(other.peer.id)) return false
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
    this.#turn.arm()
  }

  /** A message of the nodes among themselves arrived here. */
  asked(link: Link, data: DataCursor): void {
    if (this.#mail.arrived(link, data)) this.#turn.arm()
  }

  /** A message of the nodes among themselves came back. */
  returned(data: DataCursor, isUnsupported: boolean): void {
    if (this.#mail.returned(data, isUnsupported)) this.#turn.arm()
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

  /** What the process was told of the tree may have changed. */
  topologyTouched(): void {
    this.#turn.arm()
  }

  /** A sender that a plain child cannot have named. */
  heard(link: Link, high: number, low: number): void {
    if (this.#behind.heard(link, high, low)) this.#turn.arm()
  }

  /** An answer says that there is no way to an id. */
  missing(link: Link, high: number, low: number): void {
    this.#behind.missing(link, high, low)
    this.#turn.arm()
  }

  /** Before a message: whoever is told of a sender hears of it first. */
  beforeData(link: Link): void {
    this.#turn.beforeData(link)
  }
}
