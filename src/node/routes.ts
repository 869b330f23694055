// The routing table as the user sees it: look-ups, changes as they come, and when it is whole.

import { type BusIdLike, parseId } from '../core/bus-id.js'
import type { RouteChange, RouteInfo, RoutesView } from '../core/routes/routes-view.js'
import type { BusNode } from './bus-node.js'
import { type ReadyOptions, untilReachable, untilRoutesComplete } from './ready.js'
import { RouteChanges } from './route-changes.js'
import type { RouteFeed } from './route-feed.js'

export interface ChangesOptions {
  /** The iteration ends when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * Who is reachable, and by whom: what this node and its neighbours know of the tree. It is kept by
 * the bus itself; nothing here waits, and nothing is copied but what is asked for.
 */
export class Routes {
  readonly #node: BusNode
  readonly #view: RoutesView
  readonly #feed: RouteFeed

  constructor(node: BusNode, view: RoutesView, feed: RouteFeed) {
    this.#node = node
    this.#view = view
    this.#feed = feed
  }

  /** Ids that are known, this node itself not counted. */
  get size(): number {
    return this.#view.size
  }

  /**
   * True exactly while a path of live links leads there, as far as neighbours have told; the own id
   * included. `maybe`: nobody named it, but there is a parent that does not name all it knows.
   * Throws BAD_ARGUMENT for what is no id.
   */
  has(id: BusIdLike): boolean | 'maybe' {
    return this.#view.has(parseId(id))
  }

  /** The way to an id; undefined where none is known, and for the own id. */
  get(id: BusIdLike): RouteInfo | undefined {
    return this.#view.get(parseId(id))
  }

  /**
   * One life of the process behind an id, the own one included: 32 hexadecimal digits of a UUIDv7,
   * so a later life sorts after an earlier one. Undefined for plain nodes, and for ids without a
   * known way. Throws BAD_ARGUMENT for what is no id.
   */
  incarnation(id: BusIdLike): string | undefined {
    const life = this.#view.incarnation(parseId(id))
    return life === undefined ? undefined : Buffer.from(life).toString('hex')
  }

  /** Every known id once, in no order. What changes in between may show or not. */
  [Symbol.iterator](): IterableIterator<RouteInfo> {
    return this.#view[Symbol.iterator]()
  }

  /** Every neighbour that was asked for its table has told all of it. */
  get isComplete(): boolean {
    return this.#view.isComplete
  }

  /**
   * Resolves once the node is `running` and its table is complete: from then on what `has` denies
   * is not there. Rejects with TIMEOUT (default 30 s), ABORTED or NODE_CLOSED.
   */
  ready(options: ReadyOptions = {}): Promise<void> {
    return untilRoutesComplete(this.#node, this.#feed, options)
  }

  /**
   * Resolves once a path of live links leads to an id, at once where one does: word of a node that
   * has just joined takes a moment to cross the tree. Rejects as `ready` does, and throws
   * BAD_ARGUMENT for what is no id.
   */
  waitFor(id: BusIdLike, options: ReadyOptions = {}): Promise<void> {
    return untilReachable(this.#node, this.#feed, parseId(id), options)
  }

  /**
   * What changes from now on, one at a time, until the iteration is left, `signal` aborts or the
   * node has closed. Nothing is queued for a slow reader: it is told each id that was touched since
   * it last looked once, as things stand when it looks; who is 65,536 changes behind gets `reset`
   * and reads the whole table again. Any number of iterations may run; one that is not read costs
   * nothing.
   */
  changes(options: ChangesOptions = {}): AsyncIterableIterator<RouteChange> {
    return new RouteChanges(this.#view, this.#feed, options.signal)
  }
}
