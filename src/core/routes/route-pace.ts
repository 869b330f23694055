// A neighbour whose table changes all the time is read more slowly; its link is never ended for it.

import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { PathGates } from '../path-gates.js'

/** routing-table.md, "Limits". A snapshot is no change: it comes as fast as it can be read. */
export const CHANGES_A_SECOND_MAX = 200_000
const SECOND_MS = 1_000

export class RoutePace {
  readonly #state: CoreState
  readonly #gates: PathGates

  constructor(state: CoreState, gates: PathGates) {
    this.#state = state
    this.#gates = gates
  }

  /** So many changes came over a link that has told its whole table. */
  changed(link: Link, count: number): void {
    const { routes } = link
    if (routes === undefined) return
    const { nowMs } = this.#state
    if (nowMs - routes.changesSinceMs >= SECOND_MS) {
      routes.changesSinceMs = nowMs
      routes.changes = 0
    }
    routes.changes += count
    const timer = `pace:${link.number}` as const
    if (routes.changes <= CHANGES_A_SECOND_MAX || this.#state.deadlines.dueMs(timer)) return
    this.#state.counters.routesSlowed++
    this.#state.deadlines.set(timer, routes.changesSinceMs + SECOND_MS)
    for (const { number } of link.connections)
      this.#state.emit({ kind: 'pause', connection: number })
  }

  /** The second is over: it is read again, unless its data waits for something else. */
  due(link: Link): void {
    for (const connection of link.connections) {
      if (this.#gates.isHeld(connection)) continue
      this.#state.emit({ kind: 'resume', connection: connection.number })
    }
  }

  down(link: Link): void {
    this.#state.deadlines.clear(`pace:${link.number}`)
  }
}
