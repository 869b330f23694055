// The routing table as its owner may look at it: who is reachable, by whom, and what has changed.

import { REMOVE_REASON } from '../../wire/route-messages.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { LinkRole } from '../effects.js'
import type { Neighbours } from '../neighbours.js'
import type { NextHop } from '../next-hop.js'
import { ChangeReader, type Touched } from './change-reader.js'
import type { Routing } from './routing.js'

/** One way to an id: a value, not the live thing. */
export interface RouteInfo {
  readonly id: bigint
  /** The neighbour that a message for it leaves by, or would if the route were not stale. */
  readonly via: bigint
  readonly viaRole: LinkRole
  /** Links on the way, as far as we were told. */
  readonly hops: number
  /** The node that it is attached to; 0 for a root, and where it is not known. */
  readonly parent: bigint
  /** Known from a parent that is away: not used, and forgotten soon unless it comes back. */
  readonly stale: boolean
}

/** Why an id went. */
export type RouteDownReason = keyof typeof REMOVE_REASON

export type RouteChange =
  | { readonly kind: 'up'; readonly route: RouteInfo }
  /** Still there, but by another way, or another life, or below another parent. */
  | { readonly kind: 'changed'; readonly route: RouteInfo }
  | { readonly kind: 'down'; readonly id: bigint; readonly reason: RouteDownReason }
  /** More happened than is remembered: look at the whole table again. */
  | { readonly kind: 'reset' }

const REASONS = new Map<number, RouteDownReason>(
  Object.entries(REMOVE_REASON).map(([name, number]) => [number, name as RouteDownReason]),
)

export class RoutesView {
  readonly #routing: Routing
  readonly #nextHop: NextHop
  readonly #neighbours: Neighbours
  readonly #selfId: bigint
  readonly #ownLife: Uint8Array

  constructor({ config, neighbours }: CoreState, routing: Routing, nextHop: NextHop) {
    this.#routing = routing
    this.#nextHop = nextHop
    this.#neighbours = neighbours
    this.#selfId = config.id
    this.#ownLife = config.incarnation
  }

  /** Ids that at least one neighbour has told of, the neighbours themselves included. */
  get size(): number {
    return this.#routing.table.size
  }

  /** Memory of the table. */
  get bytes(): number {
    return this.#routing.table.bytes + this.#routing.log.bytes
  }

  /**
   * True exactly while a path of live links leads there, as far as neighbours have told. `maybe`:
   * nobody named it, but there is a parent that does not name all it knows.
   */
  has(id: bigint): boolean | 'maybe' {
    if (id === this.#selfId) return true
    const { table } = this.#routing
    const high = highHalf(id)
    const low = lowHalf(id)
    if (this.#neighbourRow(high, low) >= 0 || table.best(high, low, false) >= 0) return true
    return this.#nextHop.find(highHalf(id), lowHalf(id)) === undefined ? false : 'maybe'
  }

  get(id: bigint): RouteInfo | undefined {
    const row = this.#rowOf(highHalf(id), lowHalf(id))
    return row < 0 ? undefined : this.#info(row)
  }

  /** The 16 bytes that name the life which `get` speaks of: a copy; undefined if unknown. */
  incarnation(id: bigint): Uint8Array | undefined {
    if (id === this.#selfId) return this.#ownLife.slice()
    const row = this.#rowOf(highHalf(id), lowHalf(id))
    const { rows } = this.#routing.table
    return row < 0 || rows.isMadeUp(row) ? undefined : rows.life(row)
  }

  /** The record by which a message goes, or else the best that is known. */
  #rowOf(high: number, low: number): number {
    const { table } = this.#routing
    const own = this.#neighbourRow(high, low)
    if (own >= 0) return own
    const best = table.best(high, low, false)
    return best >= 0 ? best : table.bestShown(high, low)
  }

  #info(row: number): RouteInfo {
    const { table } = this.#routing
    const { rows } = table
    const { link } = table.setOf(row)
    return {
      id: joinHalves(rows.idHigh(row), rows.idLow(row)),
      via: joinHalves(link.idHigh, link.idLow),
      viaRole: link.role,
      hops: rows.hops(row),
      parent: this.#parentOf(row),
      stale: !table.isUsable(row),
    }
  }

  #parentOf(row: number): bigint {
    const { rows } = this.#routing.table
    const from = this.#routing.table.attached(row)
    const parent = joinHalves(rows.parentHigh(from), rows.parentLow(from))
    if (parent !== 0n) return parent
    // A parent of ours names those above it, the nearest first.
    const above = this.#neighbours.find(rows.idHigh(row), rows.idLow(row))?.routes
    return above?.subscription.ancestors[0] ?? 0n
  }

  /** Every known id once, in no order. May be left at any time; changes in between may show. */
  *[Symbol.iterator](): IterableIterator<RouteInfo> {
    const { rows } = this.#routing.table
    for (let row = 0; row < rows.top; row++) {
      if (!rows.isUsed(row) || !rows.isFirst(row)) continue
      const shown = this.#rowOf(rows.idHigh(row), rows.idLow(row))
      if (shown >= 0) yield this.#info(shown)
    }
  }

  /** The number of the newest change: where `changesSince` goes on from. */
  get version(): number {
    return this.#routing.log.head
  }

  /** A reader that begins at a version: the present one by default. */
  reader(version = this.version): ChangeReader {
    const { damper, log } = this.#routing
    return new ChangeReader(log, version, (id) => damper.isHeld(id))
  }

  /** The next change that a reader has not seen: as things stand now. Undefined for none. */
  nextChange(reader: ChangeReader): RouteChange | undefined {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next === 'reset') return { kind: 'reset' }
      const change = this.#change(next)
      if (change !== undefined) return change
    }
    return undefined
  }

  /**
   * What became of every id that was touched since a version, each once. A reader that comes
   * seldom gets many changes of one id as one.
   */
  changesSince(version: number): RouteChange[] {
    const reader = this.reader(version)
    const changes: RouteChange[] = []
    for (let next = this.nextChange(reader); next; next = this.nextChange(reader)) {
      changes.push(next)
    }
    return changes
  }

  #change({ id, wasKnown, reason }: Exclude<Touched, 'reset'>): RouteChange | undefined {
    if (id === this.#selfId) return undefined
    const route = this.get(id)
    if (route !== undefined) return { kind: wasKnown ? 'changed' : 'up', route }
    if (!wasKnown) return undefined
    return { kind: 'down', id, reason: REASONS.get(reason) ?? 'withdrawn' }
  }

  /**
   * Names the life that has an id now, among the lives that this id ever had; 0 where it is not
   * known. Two lives share a number once in 2^32 times.
   */
  lifeOf(id: bigint): number {
    const row = this.#rowOf(highHalf(id), lowHalf(id))
    const { rows } = this.#routing.table
    if (row < 0 || rows.isMadeUp(row)) return 0
    return rows.lifeMixed(row)
  }

  /** The record of a neighbour by its own link; -1 where none stands. */
  #neighbourRow(high: number, low: number): number {
    const routes = this.#neighbours.find(high, low)?.routes
    return routes === undefined ? -1 : this.#routing.table.rowIn(routes.set, high, low)
  }

  /** Every neighbour that we asked for its table has told all of it. */
  get isComplete(): boolean {
    for (const { routes } of this.#neighbours) {
      const state = routes?.subscription.state ?? 'none'
      if (state !== 'none' && state !== 'live') return false
    }
    return true
  }
}
