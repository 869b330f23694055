// Can this `from` be behind that link? What cannot goes no further and is counted (robustness 13).

import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import { IdMap } from './id-map.js'
import type { Link } from './link.js'

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
 * forged     we have a link to that id, or are it ourselves
 */
export type SenderVerdict = 'good' | 'misplaced' | 'forged'

export class SenderCheck {
  readonly #state: CoreState
  #good = new IdMap<Link>()
  #version = -1
  readonly #bad = new WeakMap<Link, { sinceMs: number; count: number }>()

  constructor(state: CoreState) {
    this.#state = state
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
    if (neighbour === undefined) return this.#placeOf(id, link) === 'elsewhere' ? 'misplaced' : 'good'
    // From above all but our children.
    if (link.role === 'parent' && neighbour.role !== 'child') return 'good'
    if (neighbour.role !== 'sibling') return 'forged'
    // A sibling has a parent like anybody: what it does not send to us comes by its place in the tree.
    return this.#placeOf(id, link) === 'here' ? 'good' : 'misplaced'
  }

  /** Whether the topology has an id behind the link, or below another child. */
  #placeOf(id: bigint, link: Link): 'here' | 'elsewhere' | 'unknown' {
    const { config, neighbours, topology } = this.#state
    let place: 'elsewhere' | 'unknown' = 'unknown'
    for (const above of topology.ancestors(id)) {
      if (above === config.id) break
      const neighbour = neighbours.get(above)
      if (neighbour === link) return 'here'
      if (neighbour?.role === 'child') place = 'elsewhere'
    }
    return place
  }
}

/** It has its link for long, and it has spoken there since the first of the forged messages. */
function isSettled(neighbour: Link, sinceMs: number, nowMs: number): boolean {
  const { heardAtMs, sinceMs: upSinceMs } = neighbour.liveness
  return nowMs - upSinceMs > LATE_WORDS_MS && heardAtMs >= sinceMs
}
