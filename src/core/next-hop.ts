// The one question of the data path: which link leads to this id?

import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import { IdMap } from './id-map.js'
import type { Link } from './link.js'

/** Answers are remembered until a link or the topology changes; past this many they start anew. */
const REMEMBERED_MAX = 65_536

/**
 * Direct neighbours first, then what the topology says, then the parent for whatever is not known
 * to be below us (spec D.4).
 */
export class NextHop {
  readonly #state: CoreState
  #remembered = new IdMap<Link>()
  #version = -1

  constructor(state: CoreState) {
    this.#state = state
  }

  find(high: number, low: number): Link | undefined {
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour !== undefined) return neighbour
    if (this.#state.topology.size === 0) return this.#state.neighbours.parent
    return this.#recall(high, low)
  }

  /**
   * The way on for a message that arrived over `from`. What came from above or from the side only
   * goes down, and nothing goes back where it came from: so no circle can form.
   */
  onward(high: number, low: number, from: Link): Link | undefined {
    const link = this.find(high, low)
    if (link === undefined || link === from) return undefined
    return from.role === 'child' || link.role === 'child' ? link : undefined
  }

  /** The nearest neighbour below which the topology places an id; undefined where it says none. */
  neighbourAbove(id: bigint): Link | undefined {
    for (const above of this.#state.topology.ancestors(id)) {
      if (above === this.#state.config.id) return undefined
      const link = this.#state.neighbours.get(above)
      if (link !== undefined) return link
    }
    return undefined
  }

  #recall(high: number, low: number): Link | undefined {
    if (this.#version !== this.#state.routeVersion || this.#remembered.size > REMEMBERED_MAX) {
      this.#remembered = new IdMap()
      this.#version = this.#state.routeVersion
    }
    let link = this.#remembered.get(high, low)
    if (link === undefined) {
      link = this.#derive(joinHalves(high, low))
      if (link !== undefined) this.#remembered.set(high, low, link)
    }
    return link
  }

  #derive(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    const { relation, nextHop } = topology.relation(config.id, id)
    switch (relation) {
      case 'immediate_downstream':
      case 'transitive_downstream':
        // Known to be below us: if the child on the way is not there, nobody else can help.
        return neighbours.get(nextHop)
      case 'other_upstream':
        // A neighbour that is above the target: a sibling whose child it is.
        return this.neighbourAbove(id) ?? neighbours.parent
      default:
        return neighbours.parent
    }
  }
}
