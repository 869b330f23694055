// The one question of the data path: which link leads to this id?

import { DETAIL } from '../wire/route-messages.js'
import { joinHalves } from './bus-id.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { Routing } from './routes/routing.js'

/**
 * here       behind the link that was asked about
 * elsewhere  below another child of ours
 * beside     neither, as far as the topology knows it
 * unknown    the topology does not know it
 */
export type PlaceOfId = 'here' | 'elsewhere' | 'beside' | 'unknown'

/**
 * A direct neighbour first, then the best record of the routing table. What no record names may
 * still be behind a plain node: then what we were told of the topology says so, or the parent is
 * asked, if there is more above it than it can tell (routing-table.md, "Sending with the table").
 */
export class NextHop {
  readonly #state: CoreState
  readonly #routing: Routing

  constructor(state: CoreState, routing: Routing) {
    this.#state = state
    this.#routing = routing
  }

  find(high: number, low: number): Link | undefined {
    const neighbour = this.#state.neighbours.find(high, low)
    const isTaken = neighbour !== undefined && neighbour.drain !== 'draining'
    if (isTaken && !neighbour.routes?.set.isComing) return neighbour
    const row = this.#routing.table.best(high, low, false)
    if (row >= 0) return this.#routing.linkOf(row)
    if (isTaken) return neighbour
    return this.#unlisted(high, low)
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
    const row = this.#routing.table.best(high, low, true)
    if (row >= 0) return this.#routing.linkOf(row)
    const below = this.#childAbove(joinHalves(high, low))
    return below?.plain || this.isUnnamedBelow(below, high, low) ? below : undefined
  }

  /**
   * Whether an id may be below a child of ours though no child names it: it knows that one only as
   * behind a plain node, and by name from us, so it does not name it to us. Our siblings are ids
   * that may be below us in this way.
   */
  isUnnamedBelow(child: Link | undefined, high: number, low: number): boolean {
    const { table } = this.#routing
    if (child?.role !== 'child' || table.best(high, low, true) >= 0) return false
    if (table.best(high, low, false) < 0) return false
    return this.#childAbove(joinHalves(high, low)) === child
  }

  /** The child below which the topology places an id. */
  #childAbove(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    for (const above of topology.ancestors(id)) {
      if (above === config.id) return undefined
      const link = neighbours.get(above)
      if (link?.role === 'child') return link
    }
    return undefined
  }

  #unlisted(high: number, low: number): Link | undefined {
    const { topology } = this.#state
    if (topology.size > 1) {
      const id = joinHalves(high, low)
      const below = this.#plainChildAbove(id)
      // Below a child that is not there: nobody else can help.
      if (below !== undefined) return below === 'away' ? undefined : below
      const aside = this.#plainAside(id)
      if (aside !== undefined) return aside
    }
    // Known, but only as what a parent said that is gone.
    if (this.#routing.table.isListed(high, low)) return undefined
    return this.#openParent()
  }

  /** A parent above which there may be ids that it did not name. */
  #openParent(): Link | undefined {
    for (const link of this.#state.neighbours.parents) if (isOpen(link)) return link
    return undefined
  }

  /** Where the topology places an id, as seen from one link: for links to plain nodes. */
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

  /** Whether the topology places an id below a plain child that stands. */
  isBelowPlain(id: bigint): boolean {
    const below = this.#plainChildAbove(id)
    return below !== undefined && below !== 'away'
  }

  /** `away`: it is below us, and no link on its way stands. */
  #plainChildAbove(id: bigint): Link | 'away' | undefined {
    const { config, neighbours, topology } = this.#state
    for (const above of topology.ancestors(id)) {
      if (above === config.id) return 'away'
      const link = neighbours.get(above)
      if (link?.role === 'child') return link.plain ? link : undefined
    }
    return undefined
  }

  /**
   * A plain sibling that is above an id. One that is above or below us as well gets only what is
   * for itself: it has another way to us, and an answer would come by that one, past nodes that
   * know better who is where.
   */
  #plainAside(id: bigint): Link | undefined {
    const { config, neighbours, topology } = this.#state
    const aboveUs = new Set(topology.ancestors(config.id))
    if (aboveUs.has(id)) return undefined
    let sibling: Link | undefined
    for (const above of topology.ancestors(id)) {
      if (above === config.id) return undefined
      if (aboveUs.has(above)) break
      const link = neighbours.get(above)
      if (link?.role === 'sibling' && link.plain) sibling ??= link
    }
    return sibling
  }
}

function isOpen(link: Link): boolean {
  const { routes } = link
  if (link.plain || routes === undefined) return true
  const { detail, opaque, state } = routes.subscription
  return opaque || detail !== DETAIL.nodes || state !== 'live'
}
