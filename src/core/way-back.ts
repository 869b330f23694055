// Where an answer goes: back over the nodes that its question passed, which its router names.

import type { DataCursor } from '../wire/data-cursor.js'
import { ProtoReader } from '../wire/proto-reader.js'
import { highHalf, lowHalf } from './bus-id.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'

/**
 * An answer keeps the router of its question (spec D.5). The two ends of a link may know different
 * parts of the tree: who took a question from a sibling need not know that its origin is there.
 * Each node goes one entry down from where it stands first, so even a forged router ends.
 */
export class WayBack {
  readonly #state: CoreState
  readonly #high: number
  readonly #low: number
  readonly #reader = new ProtoReader()

  constructor(state: CoreState) {
    this.#state = state
    this.#high = highHalf(state.config.id)
    this.#low = lowHalf(state.config.id)
  }

  /** Undefined where the router does not say, or says what no longer stands. */
  find(data: DataCursor, from: Link): Link | undefined {
    // Routers in several pieces are lawful, but nobody we know writes them.
    if (data.routerLengthAt < 0) return undefined
    const reader = this.#reader
    reader.open(data.buffer, data.routerStart, data.routerEnd)
    let high = 0
    let low = 0
    while (reader.position < reader.end && reader.varint()) {
      if (reader.low >>> 0 === this.#low && reader.high >>> 0 === this.#high) {
        const link = this.#state.neighbours.find(high, low)
        return link === from ? undefined : link
      }
      high = reader.high >>> 0
      low = reader.low >>> 0
    }
    return undefined
  }
}
