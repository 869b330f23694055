// The links that stand, by id. A link is found by its id, but only ever removed as itself.

import { assert } from '../errors.js'
import { highHalf, lowHalf } from './bus-id.js'
import { IdMap } from './id-map.js'
import type { Link } from './link.js'

export class Neighbours {
  readonly #byId = new IdMap<Link>()
  readonly #parents = new Set<Link>()
  #granting = 0

  get size(): number {
    return this.#byId.size
  }

  /** The link to our parent, the first of several, while it stands. */
  get parent(): Link | undefined {
    for (const link of this.#parents) return link
    return undefined
  }

  get parents(): ReadonlySet<Link> {
    return this.#parents
  }

  /** A parent takes only some ids from us. */
  get hasGrants(): boolean {
    return this.#granting > 0
  }

  get(id: bigint): Link | undefined {
    return this.#byId.get(highHalf(id), lowHalf(id))
  }

  find(high: number, low: number): Link | undefined {
    return this.#byId.get(high, low)
  }

  add(link: Link): void {
    assert(this.find(link.idHigh, link.idLow) === undefined, 'at most one link for each neighbour')
    this.#byId.set(link.idHigh, link.idLow, link)
    if (link.role !== 'parent') return
    this.#parents.add(link)
    if (link.peer.ranges.length > 0) this.#granting++
  }

  /** False for a link that is not there any more: a newer one with its id stays untouched. */
  remove(link: Link): boolean {
    if (this.find(link.idHigh, link.idLow) !== link) return false
    this.#byId.delete(link.idHigh, link.idLow)
    if (this.#parents.delete(link) && link.peer.ranges.length > 0) this.#granting--
    return true
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.#byId.values()
  }
}
