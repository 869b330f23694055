// Lives that were taken out of service: links to them are ended, now and whenever they come back.

import type { BusNode } from '../../node/bus-node.js'

/** The oldest is forgotten first: its life is long over. */
const EXPELLED_MAX = 10_000

export class Expulsions {
  readonly #node: BusNode
  readonly #lives = new Map<bigint, string>()

  constructor(node: BusNode) {
    this.#node = node
  }

  expel(id: bigint, incarnation: string): void {
    if (id === this.#node.id) return
    this.#lives.delete(id)
    this.#lives.set(id, incarnation)
    for (const oldest of this.#lives.keys()) {
      if (this.#lives.size <= EXPELLED_MAX) break
      this.#lives.delete(oldest)
    }
    this.linkUp(id)
  }

  /** False where it was ended again. */
  linkUp(id: bigint): boolean {
    const incarnation = this.#lives.get(id)
    if (incarnation === undefined || this.#node.peer(id) === undefined) return true
    const life = this.#node.routes.incarnation(id)
    if (life !== undefined && life !== incarnation) {
      this.#lives.delete(id)
      return true
    }
    this.#node.disconnect(id)
    return false
  }
}
