// Links that a core wants: its addresses are tried one after another.

import type { DialOutcome, Dials } from './dials.js'

export interface WishesOptions {
  readonly dials: Dials
  readonly isLinked: (id: bigint) => boolean
  /** None of the addresses led to it. */
  readonly failed: (id: bigint) => void
}

export class Wishes {
  readonly #options: WishesOptions

  constructor(options: WishesOptions) {
    this.#options = options
  }

  dial(id: bigint, addresses: readonly string[]): void {
    const { dials, failed, isLinked } = this.#options
    const [first, ...rest] = addresses
    if (first === undefined) {
      failed(id)
      return
    }
    const settle = ({ kind }: DialOutcome): void => {
      if (kind !== 'up' && !isLinked(id)) this.dial(id, rest)
    }
    dials.dial(first, id, settle)
  }
}
