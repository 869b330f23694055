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
  /** The same for what may only go down. */
  #rememberedDown = new IdMap<Link>()
  #version = -1

  constructor(state: CoreState) {
    this.#state = state
  }

  find(high: number, low: number): Link | undefined {
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour !== undefined) return neighbour
    if (this.#state.topology.size === 0) return this.#state.neighbours.parent
    this.#refresh()
    return this.#remembered.get(high, low) ?? this.#derive(high, low)
  }

  /**
   * The way on for a message that arrived over `from`. What came from above or from the side only
   * goes down, and nothing goes back where it came from: so no circle can form.
   */
  onward(high: number, low: number, from: Link): Link | undefined {
    const link = from.role === 'child' ? this.find(high, low) : this.#down(high, low)
    return link === from ? undefined : link
  }

  /** A sibling may well be below us: then a child leads to it as well. */
  #down(high: number, low: number): Link | undefined {
    const neighbour = this.#state.neighbours.find(high, low)
    if (neighbour?.role === 'child') return neighbour
    this.#refresh()
    return this.#rememberedDown.get(high, low) ?? this.#deriveDown(high, low)
  }

  #refresh(): void {
    const { routeVersion } = this.#state
    const size = Math.max(this.#remembered.size, this.#rememberedDown.size)
    if (this.#version === routeVersion && size <= REMEMBERED_MAX) return
    this.#remembered = new IdMap()
    this.#rememberedDown = new IdMap()
    this.#version = routeVersion
  }

  #derive(high: number, low: number): Link | undefined {
    const link = this.#onTheWay(joinHalves(high, low))
    if (link !== undefined) this.#remembered.set(high, low, link)
    return link
  }

  /**
   * The neighbour that is nearest above an id and on the way to it. The way turns where the two
   * lines of parents meet: a sibling that is above both ends is past that point, and what it sent
   * down again would reach nodes from above that know its sender to be below them.
   */
  #onTheWay(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    const aboveUs = new Set(topology.ancestors(config.id))
    if (aboveUs.has(id)) return neighbours.parent
    for (const above of topology.ancestors(id)) {
      // Known to be below us: if nobody on the way is there, nobody else can help.
      if (above === config.id) return undefined
      const link = neighbours.get(above)
      if (link !== undefined) return link
      if (aboveUs.has(above)) break
    }
    return neighbours.parent
  }

  #deriveDown(high: number, low: number): Link | undefined {
    const { config, neighbours, topology } = this.#state
    for (const above of topology.ancestors(joinHalves(high, low))) {
      if (above === config.id) return undefined
      const link = neighbours.get(above)
      if (link?.role !== 'child') continue
      this.#rememberedDown.set(high, low, link)
      return link
    }
    return undefined
  }
}
