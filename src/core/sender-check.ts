// Can this `from` be behind that link? What cannot is dropped and counted (robustness 13).

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

  isGood(link: Link, high: number, low: number): boolean {
    if (low === link.idLow && high === link.idHigh) return true
    if (this.#version !== this.#state.routeVersion || this.#good.size > REMEMBERED_MAX) {
      this.#good = new IdMap()
      this.#version = this.#state.routeVersion
    }
    if (this.#good.get(high, low) === link) return true
    if (!this.#canBeBehind(link, high, low)) return false
    this.#good.set(high, low, link)
    return true
  }

  /** True where the link has had its last chance. */
  isTooMany(link: Link): boolean {
    this.#state.counters.badSenders++
    const { nowMs } = this.#state
    let bad = this.#bad.get(link)
    if (bad === undefined || nowMs - bad.sinceMs > WINDOW_MS) {
      bad = { sinceMs: nowMs, count: 0 }
      this.#bad.set(link, bad)
    }
    return ++bad.count >= BAD_SENDERS_MAX
  }

  /**
   * Ourselves never. From above anybody may come but those below us; from a child or a sibling
   * nobody whom we reach over another link.
   */
  #canBeBehind(link: Link, high: number, low: number): boolean {
    const id = joinHalves(high, low)
    if (id === this.#state.config.id || id === 0n) return false
    const neighbour = this.#state.neighbours.find(high, low)
    const child = neighbour?.role === 'child' ? neighbour : this.#nextHop.childAbove(id)
    if (child !== undefined) return child === link
    return link.role === 'parent' || neighbour === undefined
  }
}
