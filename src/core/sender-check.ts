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
 * good       may be behind that link
 * misplaced  the topology places it below another child: a lie, or a topology that is out of date
 * forged     we have a link to that id, or are it ourselves
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
    return verdict
  }

  /**
   * After a forged one: true where the link has had its last chance. A parent has none to lose: it
   * stands between us and everybody else anyway, and a child that moved may come from there before
   * we noticed.
   */
  isTooMany(link: Link): boolean {
    if (link.role === 'parent') return false
    const { nowMs } = this.#state
    let bad = this.#bad.get(link)
    if (bad === undefined || nowMs - bad.sinceMs > WINDOW_MS) {
      bad = { sinceMs: nowMs, count: 0 }
      this.#bad.set(link, bad)
    }
    return ++bad.count >= BAD_SENDERS_MAX
  }

  /** Ourselves never, and a neighbour only over its own link; from above all but our children. */
  #judgeAnew(link: Link, high: number, low: number): SenderVerdict {
    const id = joinHalves(high, low)
    if (id === this.#state.config.id || id === 0n) return 'forged'
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour !== undefined) {
      const isAbove = link.role === 'parent' && neighbour.role !== 'child'
      return isAbove ? 'good' : 'forged'
    }
    const above = this.#nextHop.neighbourAbove(id)
    return above?.role === 'child' && above !== link ? 'misplaced' : 'good'
  }
}
