// Can this `from` be behind that link? What cannot goes no further and is counted (robustness 13).

import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { NextHop } from './next-hop.js'
import type { RouteTable } from './routes/route-table.js'

/** This many in ten seconds are no accident any more: the link ends. */
export const BAD_SENDERS_MAX = 10
const WINDOW_MS = 10_000

/**
 * A message may lie in a cable for as long as silence is borne, and be about a tree that was: 24 s,
 * three times the default interval of pings.
 */
const LATE_WORDS_MS = 24_000

/**
 * good       may be behind that link
 * misplaced  the topology places it elsewhere: a lie, or a topology that is out of date
 * forged     it is our child or parent, which have no other way to us, or we ourselves
 */
export type SenderVerdict = 'good' | 'misplaced' | 'forged'

export class SenderCheck {
  readonly #state: CoreState
  readonly #nextHop: NextHop
  readonly #table: RouteTable
  readonly #bad = new WeakMap<Link, { sinceMs: number; count: number }>()

  constructor(state: CoreState, nextHop: NextHop, table: RouteTable) {
    this.#state = state
    this.#nextHop = nextHop
    this.#table = table
  }

  /** Whether `judge` would say so, without any consequence where it would not. */
  isGood(link: Link, high: number, low: number): boolean {
    return this.#isNamed(link, high, low) || this.#judgeAnew(link, high, low) === 'good'
  }

  #isNamed({ idHigh, idLow, role, routes }: Link, high: number, low: number): boolean {
    if (low === idLow && high === idHigh) return true
    if (routes === undefined || role === 'parent') return false
    return this.#table.rowIn(routes.set, high, low) >= 0
  }

  judge(link: Link, high: number, low: number): SenderVerdict {
    if (this.#isNamed(link, high, low)) return 'good'
    const verdict = this.#judgeAnew(link, high, low)
    if (verdict !== 'good') this.#state.counters.badSenders++
    if (verdict === 'forged') this.#count(link, this.#state.neighbours.find(high, low))
    return verdict
  }

  /**
   * True where the forged senders of a link were its last chance. A parent has none to lose: it
   * stands between us and everybody else anyway, and a child that moved may come from there before
   * we noticed.
   */
  isTooMany(link: Link): boolean {
    const bad = this.#bad.get(link)
    return link.role !== 'parent' && bad !== undefined && bad.count >= BAD_SENDERS_MAX
  }

  /** Counts what nobody lawful can have said, not even one who has just moved. */
  #count(link: Link, neighbour: Link | undefined): void {
    const { nowMs } = this.#state
    let bad = this.#bad.get(link)
    if (bad === undefined || nowMs - bad.sinceMs > WINDOW_MS) {
      bad = { sinceMs: nowMs, count: 0 }
      this.#bad.set(link, bad)
    }
    if (neighbour === undefined || isSettled(neighbour, bad.sinceMs, nowMs)) bad.count++
  }

  #judgeAnew(link: Link, high: number, low: number): SenderVerdict {
    const id = joinHalves(high, low)
    if (id === this.#state.config.id || id === 0n) return 'forged'
    if (link.role === 'parent') return this.#fromAbove(link, high, low)
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour !== undefined && neighbour.role !== 'sibling') return 'forged'
    // One of ours names everybody who is behind it before it passes on what they say.
    if (hasTold(link)) {
      return this.#nextHop.isUnnamedBelow(link, high, low) ? 'good' : 'misplaced'
    }
    const place = this.#nextHop.placeOf(id, link)
    if (neighbour === undefined) return place === 'elsewhere' ? 'misplaced' : 'good'
    // A sibling has its place in the tree like anybody: what is not for us may come by that one.
    return place === 'here' || place === 'unknown' ? 'good' : 'misplaced'
  }

  /**
   * From above comes what everybody says but we and those below us, who have no other way; unless
   * the parent has named them too: they have several parents, or have just moved.
   */
  #fromAbove(link: Link, high: number, low: number): SenderVerdict {
    if (this.#isNamedBy(link, high, low)) return 'good'
    const neighbour = this.#state.neighbours.find(high, low)
    // Two plain nodes around us name nobody: who is behind the lower one may have a link to one
    // above the other, of which we are not told (routing-table.md, "Sender check": a plain child).
    if (neighbour?.role === 'child') return link.plain && neighbour.plain ? 'good' : 'forged'
    const row = this.#table.best(high, low, true)
    if (row >= 0 && !(link.plain && this.#table.rows.isMadeUp(row))) return 'misplaced'
    const isBelowPlain = !link.plain && this.#nextHop.isBelowPlain(joinHalves(high, low))
    return isBelowPlain ? 'misplaced' : 'good'
  }

  /** In a record that is in use, of the life that counts. */
  #isNamedBy({ routes }: Link, high: number, low: number): boolean {
    if (routes === undefined) return false
    const row = this.#table.rowIn(routes.set, high, low)
    if (row < 0 || !this.#table.isUsable(row)) return false
    const known = this.#table.incumbent(this.#table.find(high, low))
    return known >= 0 && this.#table.rows.isSameLife(known, row)
  }
}

function hasTold(link: Link): boolean {
  return link.routes?.subscription.state === 'live'
}

/** It has its link for long, and it has spoken there since the first of the forged messages. */
function isSettled(neighbour: Link, sinceMs: number, nowMs: number): boolean {
  const { heardAtMs, sinceMs: upSinceMs } = neighbour.liveness
  return nowMs - upSinceMs > LATE_WORDS_MS && heardAtMs > sinceMs
}
