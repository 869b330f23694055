// Two records of one id: who is asked, who stays, and who is told to go (routing-table.md).

import type { RouteRefuse } from '../../wire/route-messages.js'
import { REFUSE_REASON, REMOVE_REASON } from '../../wire/route-messages.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import type { Courier } from './courier.js'
import { CHILD_RANK } from './learned-set.js'
import type { Learning } from './learning.js'
import type { LifeProbe } from './life-probe.js'
import type { RouteTable } from './route-table.js'
import { MARK } from './row-store.js'

/** Two lives that were learned within this time are both asked. */
const RECENT_MS = 2_000
/** A refused life is not announced upwards, nor judged again, for this long. */
const REFUSED_MS = 60_000
/** A neighbour that was heard within this time need not be asked whether it lives. */
const HEARD_MS = 1_000

/** Claims that are remembered as made up; the oldest goes first. */
const MADE_UP_MAX = 1_024

export interface JudgeRooms {
  readonly state: CoreState
  readonly links: Links
  readonly table: RouteTable
  readonly learning: Learning
  readonly courier: Courier
  readonly probe: LifeProbe
  readonly linkOf: (row: number) => Link | undefined
}

/** One of two lives of an id, by the link that has it. */
interface Claim {
  readonly link: Link
  readonly life: Uint8Array
}

export class Judge {
  readonly #rooms: JudgeRooms
  /** Ids that are being judged. */
  readonly #cases = new Set<bigint>()
  /** Refused lives, by the number of the timer that ends their time. */
  readonly #refused = new Map<number, { readonly claim: Claim; readonly id: bigint }>()
  /** Until when the claim of an id by a link is not looked at again. */
  readonly #madeUpUntilMs = new Map<string, number>()
  #last = 0

  constructor(rooms: JudgeRooms) {
    this.#rooms = rooms
  }

  /**
   * A child registers. Where another life of its id is known and can be asked, it is, and `done`
   * hears whether it lives; else false.
   */
  registers(id: bigint, life: Uint8Array, done: (isAlive: boolean) => void): boolean {
    const { linkOf, probe, table } = this.#rooms
    const held = table.incumbent(table.find(highHalf(id), lowHalf(id)))
    if (held < 0 || table.rows.isMadeUp(held) || isSame(table.rows.life(held), life)) return false
    const row = table.best(highHalf(id), lowHalf(id), false)
    const link = row < 0 ? undefined : linkOf(row)
    if (link === undefined) return false
    const heldLife = table.rows.life(row)
    probe.ask(link, id, (found) => done(isThere(found, heldLife)))
    return true
  }

  /** A child announces an id; `beforeMs` is when the id was last heard of before. */
  announced(link: Link, high: number, low: number, life: Uint8Array, beforeMs: number): void {
    const { linkOf, state, table } = this.#rooms
    const held = table.incumbent(table.find(high, low))
    const id = joinHalves(high, low)
    if (held < 0 || this.#cases.has(id) || table.rows.isMadeUp(held)) return
    const other = linkOf(held)
    const heldLife = table.rows.life(held)
    if (other === undefined || other === link || isSame(heldLife, life)) return
    if (table.setOf(held).rank !== CHILD_RANK || !table.isUsable(held)) return
    const claims = { holder: { link: other, life: heldLife }, newcomer: { link, life } }
    this.#cases.add(id)
    const isRecent = state.nowMs - beforeMs < RECENT_MS
    this.#ask(id, claims.holder, (isAlive) => {
      if (!isAlive) this.#replace(id, claims.newcomer)
      else if (!isRecent) this.#refuse(id, claims.newcomer, REFUSE_REASON.duplicate_id)
      else this.#askNewcomer(id, claims)
    })
  }

  #askNewcomer(id: bigint, { holder, newcomer }: { holder: Claim; newcomer: Claim }): void {
    this.#ask(id, newcomer, (isAlive) => {
      if (!isAlive) this.#cases.delete(id)
      else if (isLower(holder.life, newcomer.life)) {
        this.#refuse(id, newcomer, REFUSE_REASON.duplicate_id)
      } else {
        this.#replace(id, newcomer)
        this.#refuse(id, holder, REFUSE_REASON.duplicate_id)
      }
    })
  }

  #ask(id: bigint, claim: Claim, done: (isAlive: boolean) => void): void {
    if (claim.link.routes === undefined) done(false)
    else this.#rooms.probe.ask(claim.link, id, (found) => done(isThere(found, claim.life)))
  }

  /** The newcomer's record counts from now on. */
  #replace(id: bigint, { link, life }: Claim): void {
    this.#cases.delete(id)
    const row = this.#rowOf(link, id)
    if (row < 0 || !isSame(this.#rooms.table.rows.life(row), life)) return
    this.#rooms.learning.promote(row, REMOVE_REASON.replaced)
  }

  #refuse(id: bigint, claim: Claim, reason: number): void {
    this.#cases.delete(id)
    const { counters } = this.#rooms.state
    counters.routesRefused++
    const refuse = { id, incarnation: claim.life, reason }
    // The life is its own neighbour's: that link goes at once.
    if (claim.link.peer.id === id) this.#close(claim.link)
    else if (claim.link.routes !== undefined) {
      this.#rooms.courier.send(claim.link, { kind: 'route_refuse', refused: refuse })
      this.#hide(id, claim)
    }
  }

  #close(link: Link): void {
    this.#rooms.links.end(link, 'conflict', 'ID_CONFLICT')
  }

  /** It is not announced upwards for a while. */
  #hide(id: bigint, claim: Claim): void {
    const row = this.#rowOf(claim.link, id)
    if (row < 0) return
    this.#rooms.learning.mark(row, MARK.REFUSED, true)
    this.#last++
    this.#refused.set(this.#last, { claim, id })
    const { deadlines, nowMs } = this.#rooms.state
    deadlines.set(`refused:${this.#last}`, nowMs + REFUSED_MS)
  }

  refusedEnded(timer: number): void {
    const refused = this.#refused.get(timer)
    this.#refused.delete(timer)
    if (refused === undefined) return
    const row = this.#rowOf(refused.claim.link, refused.id)
    if (row >= 0) this.#rooms.learning.mark(row, MARK.REFUSED, false)
  }

  #rowOf(link: Link, id: bigint): number {
    const { routes } = link
    return routes === undefined
      ? -1
      : this.#rooms.table.rowIn(routes.set, highHalf(id), lowHalf(id))
  }

  /**
   * ROUTE_REFUSE: obeyed only from a parent, for what we announced to it; it goes on down to the
   * node where that life is registered. False where it is not lawful.
   */
  refusedByParent(from: Link, { id, incarnation, reason }: RouteRefuse): boolean {
    if (from.role !== 'parent') return false
    const { courier, linkOf, table } = this.#rooms
    for (let row = table.find(highHalf(id), lowHalf(id)); row >= 0; ) {
      const next = table.rows.nextOfId(row)
      const link = linkOf(row)
      const fits = link?.role === 'child' && isSame(table.rows.life(row), incarnation)
      if (fits && !isOfLives(reason)) {
        // Nobody is wrong to be there: it is only not told above.
        this.#hide(id, { link, life: incarnation })
        return true
      }
      if (fits && link.peer.id === id) {
        this.#close(link)
        return true
      }
      if (fits) {
        courier.send(link, { kind: 'route_refuse', refused: { id, incarnation, reason } })
        this.#hide(id, { link, life: incarnation })
        return true
      }
      row = next
    }
    // It is gone already.
    return true
  }

  /** Our parent has an id under another life, or with a higher attach, that is our own child. */
  ownChildElsewhere(child: Link): void {
    const { links, state } = this.#rooms
    if (state.nowMs - child.liveness.heardAtMs < HEARD_MS) return
    const timer = `own:${child.number}` as const
    if (state.deadlines.dueMs(timer) !== undefined) return
    links.ping(child)
    state.deadlines.set(timer, state.nowMs + state.config.limits.probeMs)
  }

  ownChildDue(child: Link): void {
    const { links, state } = this.#rooms
    const silentMs = state.nowMs - child.liveness.heardAtMs
    if (silentMs >= state.config.limits.probeMs) links.end(child, 'silent')
  }

  /**
   * An id left one child link for another, by its own word: the life at the end of the old way is
   * asked. Where it still is there, with the lower attach, the claim was made up.
   */
  moved(claimant: Link, old: Link, id: bigint, life: Uint8Array, attach: number): void {
    if (this.#cases.has(id)) return
    this.#cases.add(id)
    this.#rooms.probe.ask(old, id, (found) => {
      this.#cases.delete(id)
      const isThere = typeof found === 'object' && isSame(found.incarnation, life)
      if (!isThere || found.attach >= attach || claimant.routes === undefined) return
      const { routes } = claimant
      const { learning, state } = this.#rooms
      learning.unlearn(routes.set, highHalf(id), lowHalf(id), REMOVE_REASON.withdrawn)
      state.counters.routesRefused++
      state.counters.falseMoves++
      this.#remember(claimKey(claimant, id))
      const refuse = { id, incarnation: life, reason: REFUSE_REASON.false_move }
      this.#rooms.courier.send(claimant, { kind: 'route_refuse', refused: refuse })
      this.#rooms.links.breach(claimant)
    })
  }

  #remember(claim: string): void {
    const known = this.#madeUpUntilMs
    known.delete(claim)
    const [oldest] = known.keys()
    if (known.size >= MADE_UP_MAX && oldest !== undefined) known.delete(oldest)
    known.set(claim, this.#rooms.state.nowMs + REFUSED_MS)
  }

  /** Its claim of this id was found to be made up not long ago: it is the neighbour's breach. */
  isMadeUp(claimant: Link, id: bigint): boolean {
    if (this.#madeUpUntilMs.size === 0) return false
    const key = claimKey(claimant, id)
    const untilMs = this.#madeUpUntilMs.get(key)
    if (untilMs === undefined) return false
    if (untilMs > this.#rooms.state.nowMs) return true
    this.#madeUpUntilMs.delete(key)
    return false
  }

  stop(): void {
    const { deadlines } = this.#rooms.state
    for (const timer of this.#refused.keys()) deadlines.clear(`refused:${timer}`)
    this.#refused.clear()
  }
}

/** Whether one of two lives has to go; else a parent only takes no more, or not from here. */
function isOfLives(reason: number): boolean {
  return reason !== REFUSE_REASON.outside_subnet && reason !== REFUSE_REASON.too_many
}

function claimKey(link: Link, id: bigint): string {
  return `${link.number}:${id}`
}

function isThere(found: unknown, life: Uint8Array): boolean {
  if (found === 'alive') return true
  if (typeof found !== 'object' || found === null || !('incarnation' in found)) return false
  return found.incarnation instanceof Uint8Array && isSame(found.incarnation, life)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

function isLower(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at++) {
    const order = (a[at] ?? 0) - (b[at] ?? 0)
    if (order !== 0) return order < 0
  }
  return false
}
