// Credit: what a receiver lets its sender have on its way, where the peer itself knows no bound.

import type { RoleOptions } from '../role.js'
import { payloadSizes } from './peer.js'

export class CreditCounter {
  readonly #every: number
  readonly #sizes: readonly number[]
  readonly #checks: boolean
  readonly #grant: (messages: number) => void
  count = 0
  wrong = 0

  /** `grant` is called for each quarter of the window. */
  constructor(options: RoleOptions, grant: (messages: number) => void) {
    const { senders = 1, window = 0 } = options
    this.#every = (window / 4) * senders
    this.#sizes = payloadSizes(options)
    // What several senders mix has no order of sizes.
    this.#checks = senders === 1 || this.#sizes.length === 1
    this.#grant = grant
  }

  arrived(payloadBytes: number): void {
    if (this.#checks && payloadBytes !== this.#sizes[this.count % this.#sizes.length]) this.wrong++
    if (++this.count % this.#every === 0) this.#grant(this.#every)
  }

  check(): void {
    if (this.wrong > 0) throw new Error(`${this.wrong} messages are not what was sent`)
  }
}
