// What neighbours tell us: our subscriptions at them, and what arrives for those.

import { DETAIL, REFUSE_REASON, type SubscribeResponse } from '../../wire/route-messages.js'
import type { RouteRecord } from '../../wire/route-record.js'
import { RouteUpdateReader } from '../../wire/route-update-reader.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import type { ChangeDamper } from './change-damper.js'
import type { Courier } from './courier.js'
import { judgeGrant } from './grants.js'
import type { Judge } from './judge.js'
import type { Learning } from './learning.js'
import type { PathChange } from './path-change.js'
import type { RoutePace } from './route-pace.js'
import type { RouteTable } from './route-table.js'
import type { SetKeeper } from './set-keeper.js'
import type { LinkRoutes } from './subscription.js'

const HOPS_MAX = 255
const ATTACH_MAX = 0xffff_ffff

export interface HearingRooms {
  readonly state: CoreState
  readonly links: Links
  readonly pace: RoutePace
  readonly learning: Learning
  readonly keeper: SetKeeper
  readonly courier: Courier
  readonly judge: Judge
  readonly table: RouteTable
  readonly linkOf: (row: number) => Link | undefined
  readonly damper: ChangeDamper
  readonly paths: PathChange
  /** What a neighbour says of itself and of those above it may have changed. */
  readonly told: (link: Link) => void
}

export class Hearing {
  readonly #rooms: HearingRooms
  readonly #state: CoreState
  readonly #reader = new RouteUpdateReader()
  readonly #selfHigh: number
  readonly #selfLow: number

  constructor(rooms: HearingRooms) {
    this.#rooms = rooms
    this.#state = rooms.state
    this.#selfHigh = highHalf(rooms.state.config.id)
    this.#selfLow = lowHalf(rooms.state.config.id)
  }

  /** Asks; false where the connection takes nothing now. */
  subscribe(link: Link, routes: LinkRoutes): boolean {
    const { subscription } = routes
    const { limits, routeDetail } = this.#state.config
    if (!subscription.wantsLess) {
      subscription.detail = link.role === 'parent' ? routeDetail : DETAIL.nodes
    }
    const { incarnation, sequence, detail } = subscription
    const resumes = subscription.resumes && incarnation !== undefined
    const request = {
      detail,
      recordsMax: limits.routeRecordsMax,
      ...(resumes && { resume: { incarnation, sequence } }),
    }
    const sent = this.#rooms.courier.send(link, { kind: 'subscribe_req', subscribe: request })
    if (sent !== 'ok') return false
    subscription.state = 'asked'
    return true
  }

  answered(link: Link, response: SubscribeResponse): void {
    const { routes } = link
    const state = routes?.subscription.state ?? 'none'
    if (routes === undefined || state === 'none' || state === 'due') {
      this.#state.counters.lateRoutes++
      return
    }
    if (response.resultCode !== 0) {
      this.#refused(link, routes)
      return
    }
    const { set, subscription } = routes
    subscription.incarnation = response.incarnation
    subscription.sequence = response.sequence
    subscription.warming = response.warming
    subscription.opaque = response.opaque
    this.#hangsBelow(routes, response.ancestors)
    if (response.mode === 'resume') {
      subscription.state = 'live'
      this.#rooms.keeper.resumed(set)
    } else {
      subscription.state = 'arriving'
      // The rows of a link that lives on are used until the snapshot has shown which are gone.
      if (set.state !== 'arriving') this.#rooms.keeper.expectSnapshot(set)
    }
    this.#rooms.told(link)
  }

  /** It knows more than we take: without records there is always room. */
  #refused(link: Link, { subscription }: LinkRoutes): void {
    subscription.state = 'none'
    if (link.role !== 'parent' || subscription.detail === DETAIL.none) return
    subscription.detail = DETAIL.none
    subscription.wantsLess = true
    subscription.resumes = false
    subscription.state = 'due'
    this.#rooms.told(link)
  }

  /** ROUTE_UPDATE: the whole packet is checked before any of it counts. */
  updated(link: Link, buffer: Uint8Array, start: number, end: number): void {
    const reader = this.#reader
    const { routes } = link
    const { counters } = this.#state
    const state = routes?.subscription.state
    if (routes === undefined || (state !== 'arriving' && state !== 'live')) {
      counters.lateRoutes++
      return
    }
    if (reader.open(buffer, start, end) !== 'ok') {
      counters.badMessages++
      this.#rooms.links.fault(link.control, 'BAD_MESSAGE')
      return
    }
    this.#rooms.links.good(link.control)
    counters.routePacketsReceived++
    const before = counters.routeRecordsReceived
    for (let step = reader.next(); step !== 'end'; step = reader.next()) {
      counters.routeRecordsReceived++
      if (step === 'add') this.#added(link, routes, reader.record)
      else this.#removed(link, routes)
      if (link.routes === routes) continue
      // The record has cost its link.
      this.#rooms.learning.settle()
      return
    }
    const count = counters.routeRecordsReceived - before
    if (state === 'live') this.#rooms.pace.changed(link, count)
    this.#packetEnded(link, routes)
  }

  #added(link: Link, routes: LinkRoutes, record: RouteRecord): void {
    const { counters, config } = this.#state
    if (record.idLow === this.#selfLow && record.idHigh === this.#selfHigh) {
      counters.ownIdHeard++
      return
    }
    const isFull = routes.set.size >= config.limits.routeRecordsMax
    if (isFull || record.attach > ATTACH_MAX || isBelowItself(record)) {
      counters.routesRefused++
      return
    }
    record.hops = Math.min(HOPS_MAX, record.hops + 1)
    if (link.role === 'child') this.#fromChild(link, routes, record)
    else if (link.role === 'sibling') this.#fromSibling(link, routes, record)
    else {
      this.#rooms.learning.learn(routes.set, record)
      this.#checkOwnChild(record)
    }
  }

  /** Who was reached by the tree may be reached by the link from now on. */
  #fromSibling(link: Link, routes: LinkRoutes, record: RouteRecord): void {
    const { learning, paths } = this.#rooms
    const { idHigh, idLow } = record
    const old = paths.wayTo(idHigh, idLow)
    learning.learn(routes.set, record)
    if (old?.role === 'parent' && paths.wayTo(idHigh, idLow) === link) paths.changed(old, link)
  }

  #fromChild(link: Link, routes: LinkRoutes, record: RouteRecord): void {
    const { damper, judge, learning, table } = this.#rooms
    const { idHigh, idLow, attach } = record
    if (!this.#isGranted(link, record)) return
    const hasOthers = table.find(idHigh, idLow) >= 0
    if (!hasOthers && this.#isTooMany(link, record)) return
    if (!hasOthers) {
      learning.learn(routes.set, record)
      return
    }
    if (judge.isMadeUp(link, joinHalves(idHigh, idLow))) {
      this.#state.counters.routesRefused++
      this.#rooms.links.breach(link)
      return
    }
    const beforeMs = damper.lastMs(idHigh, idLow)
    const left = this.#childLeft(link, record)
    if (!learning.learn(routes.set, record)) return
    const life = lifeOf(record)
    if (left !== undefined) judge.moved(link, left, joinHalves(idHigh, idLow), life, attach)
    judge.announced(link, idHigh, idLow, life, beforeMs)
  }

  /** Refused where it comes in: so a breach is the neighbour's own (routing-table.md, "Limits"). */
  #isGranted(link: Link, record: RouteRecord): boolean {
    if (!this.#state.neighbours.hasGrants && link.granted.length === 0) return true
    const verdict = judgeGrant(this.#state, link, joinHalves(record.idHigh, record.idLow))
    if (verdict === 'granted') return true
    this.#refuse(link, record, REFUSE_REASON.outside_subnet)
    if (verdict === 'breach') this.#rooms.links.breach(link)
    return false
  }

  /** The newest is refused where a parent of ours takes no more. */
  #isTooMany(link: Link, record: RouteRecord): boolean {
    let recordsMax = Number.POSITIVE_INFINITY
    for (const { routes } of this.#state.neighbours.parents) {
      recordsMax = Math.min(recordsMax, routes?.subscriber?.recordsMax ?? recordsMax)
    }
    // Itself a parent knows from the registration.
    if (recordsMax > this.#rooms.table.sizeBelow) return false
    this.#refuse(link, record, REFUSE_REASON.too_many)
    return true
  }

  #refuse(link: Link, record: RouteRecord, reason: number): void {
    this.#state.counters.routesRefused++
    const id = joinHalves(record.idHigh, record.idLow)
    const refused = { id, incarnation: lifeOf(record), reason }
    this.#rooms.courier.send(link, { kind: 'route_refuse', refused })
  }

  /** The other child link from which this record takes its id away, by a higher attach. */
  #childLeft(link: Link, record: RouteRecord): Link | undefined {
    const { linkOf, table } = this.#rooms
    const row = table.best(record.idHigh, record.idLow, true)
    const old = row < 0 ? undefined : linkOf(row)
    if (old === undefined || old === link || !table.rows.isLife(row, record.incarnation)) {
      return undefined
    }
    return table.rows.attach(row) < record.attach ? old : undefined
  }

  /** Our parent knows a child of ours by another way. */
  #checkOwnChild(record: RouteRecord): void {
    const child = this.#state.neighbours.find(record.idHigh, record.idLow)
    if (child?.role !== 'child' || child.routes === undefined) return
    const { judge, table } = this.#rooms
    const row = table.rowIn(child.routes.set, record.idHigh, record.idLow)
    const isSame = row >= 0 && table.rows.isLife(row, record.incarnation)
    if (isSame && table.rows.attach(row) >= record.attach) return
    judge.ownChildElsewhere(child)
  }

  #removed(link: Link, routes: LinkRoutes): void {
    const { removedHigh, removedLow, reason } = this.#reader
    // A neighbour is there for as long as its link is.
    if (removedLow === link.idLow && removedHigh === link.idHigh) return
    this.#rooms.learning.unlearn(routes.set, removedHigh, removedLow, reason)
  }

  /** Its parent is the first of those above it: of its own record that is a part. */
  #hangsBelow({ set, subscription }: LinkRoutes, ancestors: readonly bigint[]): void {
    const before = subscription.ancestors[0]
    subscription.ancestors = ancestors
    if (ancestors[0] !== before) this.#rooms.learning.touchNeighbour(set)
  }

  #packetEnded(link: Link, routes: LinkRoutes): void {
    this.#rooms.learning.settle()
    this.#rooms.paths.markChanges(link)
    const reader = this.#reader
    const { subscription } = routes
    subscription.sequence = reader.sequence
    const stoppedWarming = subscription.warming && reader.warming === false
    subscription.warming = reader.warming ?? subscription.warming
    subscription.opaque = reader.opaque ?? subscription.opaque
    this.#hangsBelow(routes, reader.ancestors ?? subscription.ancestors)
    if (reader.snapshotEnd && subscription.state === 'arriving') {
      subscription.state = 'live'
      const waits = subscription.sweepsLater && subscription.warming
      if (!waits) this.#rooms.keeper.sweepUnconfirmed(routes)
    } else if (stoppedWarming && subscription.sweepsLater && subscription.state === 'live') {
      this.#rooms.keeper.sweepUnconfirmed(routes)
    }
    this.#rooms.told(link)
  }
}

function isBelowItself({ idHigh, idLow, parentHigh, parentLow }: RouteRecord): boolean {
  return idLow === parentLow && idHigh === parentHigh
}

function lifeOf({ incarnation }: RouteRecord): Uint8Array {
  const life = new Uint8Array(16)
  const view = new DataView(life.buffer)
  for (let word = 0; word < 4; word++) view.setUint32(word * 4, incarnation[word] ?? 0)
  return life
}
