// The one question of the data path: which link leads to this id?

import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import { IdMap } from './id-map.js'
import type { Link } from './link.js'

/** Answers are remembered until a link or the topology changes; past this many they start anew. */
const REMEMBERED_MAX = 65_536

/**
 * here       behind the link that was asked about
 * elsewhere  below another child of ours
 * beside     neither, as far as the topology knows it
 * unknown    the topology does not know it
 */
export type PlaceOfId = 'here' | 'elsewhere' | 'beside' | 'unknown'

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

  /** Where the topology places an id, as seen from one link. */
  placeOf(id: bigint, link: Link): PlaceOfId {
    const { config, neighbours, topology } = this.#state
    let place: PlaceOfId = 'unknown'
    for (const above of topology.ancestors(id)) {
      if (place === 'unknown') place = 'beside'
      if (above === config.id) break
      const neighbour = neighbours.get(above)
      if (neighbour === link) return 'here'
      if (neighbour?.role === 'child') place = 'elsewhere'
    }
    return place
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
    const id = joinHalves(high, low)
    const link = this.#childAbove(id) ?? this.#aside(id)
    if (link !== undefined) this.#remembered.set(high, low, link)
    return link
  }

  #deriveDown(high: number, low: number): Link | undefined {
    const link = this.#childAbove(joinHalves(high, low))
    if (link !== undefined) this.#rememberedDown.set(high, low, link)
    return link
  }

  #childAbove(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    for (const above of topology.ancestors(id)) {
      if (above === config.id) return undefined
      const link = neighbours.get(above)
      if (link?.role === 'child') return link
    }
    return undefined
  }

  /**
   * The way to what no child leads to: a sibling that is above it, else the parent. A sibling that
   * is above or below us as well gets only what is for itself. It has another way to us, and an
   * answer would come by that one: it may be broken, or past nodes that know better who is where.
   */
  #aside(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    const { parent } = neighbours
    const aboveUs = new Set(topology.ancestors(config.id))
    if (aboveUs.has(id)) return parent
    let sibling: Link | undefined
    for (const above of topology.ancestors(id)) {
      // Known to be below us: if the child on the way is not there, nobody else can help.
      if (above === config.id) return undefined
      if (aboveUs.has(above)) break
      sibling ??= neighbours.get(above)
    }
    return sibling ?? parent
  }
}
