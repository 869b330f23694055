// The life of learned sets: from a link's registration to the sweep of its last record.

import { REMOVE_REASON } from '../../wire/route-messages.js'
import type { CoreState } from '../core-state.js'
import type { LinkDownReason } from '../effects.js'
import type { Link } from '../link.js'
import type { LearnedSet } from './learned-set.js'
import type { Learning } from './learning.js'
import type { RouteTable } from './route-table.js'
import { MARK } from './row-store.js'
import { LinkRoutes, type Subscription } from './subscription.js'

/** A set that outlives its link: of a parent that may return, or of a link that is replaced. */
interface Kept {
  readonly set: LearnedSet
  readonly link: Link
  readonly subscription: Subscription
}

export class SetKeeper {
  readonly #state: CoreState
  readonly #table: RouteTable
  readonly #learning: Learning
  /** By the number of the link that ended. */
  readonly #kept = new Map<number, Kept>()
  /** Links that took over the set of another life, until its grace time ends. */
  readonly #heldBy = new Map<number, Link>()
  /** Sets that are swept bit by bit, with the reason that their ids get. */
  readonly #sweeps = new Map<LearnedSet, number>()

  constructor(state: CoreState, table: RouteTable, learning: Learning) {
    this.#state = state
    this.#table = table
    this.#learning = learning
  }

  get hasSweeps(): boolean {
    return this.#sweeps.size > 0
  }

  /** The set of a new link: one of its own, or what an ended one of the same neighbour left. */
  up(link: Link): LinkRoutes {
    return this.#adopt(link) ?? new LinkRoutes(this.#table.newSet(link))
  }

  #adopt(link: Link): LinkRoutes | undefined {
    for (const [number, kept] of this.#kept) {
      if (kept.link.peer.id !== link.peer.id) continue
      const isSameLife = isSame(kept.link.peer.incarnation, link.peer.incarnation)
      const fits = kept.link.role === link.role && !link.plain
      if (fits && (isSameLife || link.role === 'parent')) {
        return this.#takeOver(number, kept, link, isSameLife)
      }
      if (kept.set.state === 'waiting') this.#discard(number, REMOVE_REASON.replaced)
    }
    return undefined
  }

  #takeOver(number: number, kept: Kept, link: Link, isSameLife: boolean): LinkRoutes {
    const { set, subscription: old } = kept
    this.#kept.delete(number)
    this.#sweeps.delete(set)
    set.link = link
    const routes = new LinkRoutes(set)
    const { subscription } = routes
    // What a life before that one told is not told by it: going on would confirm that as well.
    const isWhole = set.sweepAt < 0 && !old.sweepsLater
    subscription.resumes = isSameLife && old.state === 'live' && isWhole
    subscription.sequence = old.sequence
    subscription.incarnation = old.incarnation
    subscription.sweepsLater = !isSameLife || old.sweepsLater
    this.expectSnapshot(set)
    set.state = 'arriving'
    // Of a new life its children may not all be back yet.
    if (isSameLife) this.#state.deadlines.clear(`grace:${number}`)
    else this.#heldBy.set(number, link)
    for (const [held, by] of this.#heldBy) if (by === kept.link) this.#heldBy.set(held, link)
    return routes
  }

  /** From now on a snapshot has to confirm each row of the set. */
  expectSnapshot(set: LearnedSet): void {
    const { rows } = this.#table
    for (let row = set.isMixed ? set.first : -1; row >= 0; row = rows.nextInSet(row)) {
      rows.mark(row, MARK.EPOCH, set.epoch !== 0)
    }
    this.#sweeps.delete(set)
    set.sweepAt = -1
    set.epoch ^= 1
    set.isMixed = true
    this.#confirmNeighbour(set)
  }

  /** The set is still what its publisher tells: nothing has to be confirmed. */
  resumed(set: LearnedSet): void {
    if (set.state !== 'arriving') return
    set.epoch ^= 1
    this.#confirmNeighbour(set)
    // No record has come since the set was taken over.
    set.isMixed = false
    set.state = 'live'
  }

  #confirmNeighbour(set: LearnedSet): void {
    const { idHigh, idLow } = set.link
    const row = this.#table.rowIn(set, idHigh, idLow)
    if (row >= 0) this.#table.rows.mark(row, MARK.EPOCH, set.epoch !== 0)
  }

  down(link: Link, { set, subscription }: LinkRoutes, reason: LinkDownReason): void {
    if (reason === 'replaced') {
      // Its successor comes up within the same step.
      this.#keep('waiting', { set, link, subscription }, 0)
    } else if (link.role === 'parent' && reason !== 'disconnected') {
      this.#keep('stale', { set, link, subscription }, this.#state.config.limits.routeGraceMs)
    } else {
      this.#end(set, reason === 'left' ? REMOVE_REASON.left : REMOVE_REASON.link_lost)
    }
  }

  #keep(state: 'waiting' | 'stale', kept: Kept, forMs: number): void {
    const { number } = kept.link
    kept.set.state = state
    this.#kept.set(number, kept)
    this.#state.deadlines.set(`grace:${number}`, this.#state.nowMs + forMs)
  }

  /** The time for which a set outlives its link is over. */
  graceEnded(number: number): void {
    const holder = this.#heldBy.get(number)
    this.#heldBy.delete(number)
    if (holder?.routes !== undefined) this.sweepUnconfirmed(holder.routes)
    else this.#discard(number, REMOVE_REASON.link_lost)
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
  }

  /** What the snapshot did not confirm goes, once the snapshot is complete. */
  sweepUnconfirmed({ set, subscription }: LinkRoutes): void {
    subscription.sweepsLater = false
    if (subscription.state !== 'live') return
    set.sweepAt = set.first
    this.#sweeps.set(set, REMOVE_REASON.swept)
    this.#sweep(set, REMOVE_REASON.swept)
  }

  /** Goes on with what is too long for one turn. */
  sweepSome(): void {
    for (const [set, reason] of [...this.#sweeps]) this.#sweep(set, reason)
  }

  #sweep(set: LearnedSet, reason: number): void {
    if (!this.#learning.sweep(set, reason)) return
    this.#sweeps.delete(set)
    set.isMixed = false
    if (set.state === 'dead') this.#table.dropSet(set)
    else if (set.state === 'arriving') set.state = 'live'
  }

  stop(): void {
    for (const number of [...this.#kept.keys(), ...this.#heldBy.keys()]) {
      this.#state.deadlines.clear(`grace:${number}`)
    }
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
