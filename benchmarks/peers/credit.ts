// Credit: what a receiver lets its sender have on its way, where the peer itself knows no bound.

import type { RoleOptions } from '../role.js'

export class CreditCounter {
  readonly #every: number
  readonly #payloadBytes: number
  readonly #grant: (messages: number) => void
  count = 0
  wrong = 0

  /** `grant` is called for each quarter of the window. */
  constructor({ payloadBytes = 0, window = 0 }: RoleOptions, grant: (messages: number) => void) {
    this.#every = window / 4
    this.#payloadBytes = payloadBytes
    this.#grant = grant
  }

  arrived(payloadBytes: number): void {
    if (payloadBytes !== this.#payloadBytes) this.wrong++
    if (++this.count % this.#every === 0) this.#grant(this.#every)
  }

  check(): void {
    if (this.wrong > 0) throw new Error(`${this.wrong} messages are not what was sent`)
  }
}
