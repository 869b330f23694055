// Finding a registry by word of mouth: neighbours that ask, and the one that is named to them.

import type { BusNode } from '../../node/bus-node.js'
import type { Outbox } from './outbox.js'

/** Neighbours that asked before a registry was known; more have to ask again. */
const ASKING_MAX = 10_000

export interface IntroductionsOptions {
  readonly node: BusNode
  readonly outbox: Outbox
  /** The registry that this node watches. */
  readonly registry: () => bigint | undefined
}

export class Introductions {
  readonly #options: IntroductionsOptions
  readonly #asking = new Set<bigint>()
  #told: bigint | undefined

  constructor(options: IntroductionsOptions) {
    this.#options = options
  }

  /** A neighbour looks for a registry, and this node is none. */
  asked(by: bigint): void {
    const { outbox, registry } = this.#options
    const known = registry()
    if (known !== undefined) outbox.introduce(by, known)
    else if (this.#asking.size < ASKING_MAX) this.#asking.add(by)
  }

  /** Only a neighbour's word counts: others have no business with where this node registers. */
  told(by: bigint, content: Uint8Array): boolean {
    const { node, outbox, registry } = this.#options
    if (content.length !== 8) return false
    const named = new DataView(content.buffer, content.byteOffset, 8).getBigUint64(0)
    const isOfUse = node.peer(by) !== undefined && registry() === undefined && named !== node.id
    if (isOfUse && named !== 0n) outbox.askForGreeting(named)
    return true
  }

  /** After anything that may have changed which registry is watched. */
  look(): void {
    const { node, outbox, registry } = this.#options
    const known = registry()
    if (known === this.#told) return
    this.#told = known
    if (known === undefined) {
      for (const { id, role, plain } of node.peers()) {
        if (role === 'parent' && !plain) outbox.askForGreeting(id)
      }
      return
    }
    for (const id of this.#asking) outbox.introduce(id, known)
    this.#asking.clear()
  }

  linkDown(id: bigint): void {
    this.#asking.delete(id)
  }
}
