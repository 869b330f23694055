// What a node is told of the tree by its owner: for policy rules, and for ids behind plain nodes.

import { type BusIdLike, parseId } from '../core/bus-id.js'
import type { PeerData, PolicyRule, Relation, Topology, TopologyPeer } from '../core/topology.js'
import type { TopologyEntry } from './options.js'

/** The tree as it was told, the node itself and its parent included. Not the routing table. */
export class KnownTopology implements Iterable<TopologyPeer> {
  readonly #id: bigint
  readonly #topology: Topology
  readonly #changed: () => void

  /** @internal */
  constructor(id: bigint, topology: Topology, changed: () => void) {
    this.#id = id
    this.#topology = topology
    this.#changed = changed
  }

  /** @internal What the options say. */
  take(entries: readonly TopologyEntry[]): void {
    for (const { id, parent, labels } of entries) this.update(id, parent, labels && { labels })
  }

  /** `id` is a child of `parent` (0: a root). False for a circle. Throws BAD_ARGUMENT. */
  update(id: BusIdLike, parent: BusIdLike, data?: PeerData): boolean {
    const isTaken = this.#topology.update(parseId(id), parseId(parent), data)
    this.#changed()
    return isTaken
  }

  /** False where it was not known. */
  remove(id: BusIdLike): boolean {
    const isGone = this.#topology.remove(parseId(id))
    this.#changed()
    return isGone
  }

  /** What another node is to this one. */
  relation(to: BusIdLike): Relation {
    return this.#topology.relation(this.#id, parseId(to)).relation
  }

  /** Whether a node of the topology satisfies a rule, as seen from this one (spec D.1). */
  allows(rule: PolicyRule, to: BusIdLike): boolean {
    return this.#topology.allows(rule, this.#id, parseId(to))
  }

  [Symbol.iterator](): Iterator<TopologyPeer> {
    return this.#topology[Symbol.iterator]()
  }
}
