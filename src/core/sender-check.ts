// Can this `from` be behind that link? What cannot goes no further and is counted (robustness 13).

import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import { IdMap } from './id-map.js'
import type { Link } from './link.js'
import type { NextHop } from './next-hop.js'

/** Senders that were found good are remembered until a link or the topology changes. */
const REMEMBERED_MAX = 65_536

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
  #good = new IdMap<Link>()
  #version = -1
  readonly #bad = new WeakMap<Link, { sinceMs: number; count: number }>()

  constructor(state: CoreState, nextHop: NextHop) {
    this.#state = state
    this.#nextHop = nextHop
  }

  judge(link: Link, high: number, low: number): SenderVerdict {
    if (low === link.idLow && high === link.idHigh) return 'good'
    if (this.#version !== this.#state.routeVersion || this.#good.size > REMEMBERED_MAX) {
      this.#good = new IdMap()
      this.#version = this.#state.routeVersion
    }
    if (this.#good.get(high, low) === link) return 'good'
    const verdict = this.#judgeAnew(link, high, low)
    if (verdict === 'good') this.#good.set(high, low, link)
    else this.#state.counters.badSenders++
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
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour !== undefined && neighbour.role !== 'sibling') {
      // From above all but our children.
      return link.role === 'parent' && neighbour.role === 'parent' ? 'good' : 'forged'
    }
    const place = this.#nextHop.placeOf(id, link)
    if (neighbour === undefined) return place === 'elsewhere' ? 'misplaced' : 'good'
    // A sibling has its place in the tree like anybody: what is not for us may come by that one.
    const mayBe = link.role === 'parent' || place === 'here' || place === 'unknown'
    return mayBe ? 'good' : 'misplaced'
  }
}

/** It has its link for long, and it has spoken there since the first of the forged messages. */
function isSettled(neighbour: Link, sinceMs: number, nowMs: number): boolean {
  const { heardAtMs, sinceMs: upSinceMs } = neighbour.liveness
  return nowMs - upSinceMs > LATE_WORDS_MS && heardAtMs > sinceMs
}
