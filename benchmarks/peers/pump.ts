// Sends bursts through a peer as long as credit lasts, a turn of the loop for each.

import type { RoleOptions } from '../role.js'
import type { PeerSource } from './peer.js'

export class Pump {
  readonly #source: PeerSource
  readonly #burst: number
  #credit: number
  #runs = false
  count = 0

  constructor(source: PeerSource, { burst = 1, window = 0 }: RoleOptions) {
    this.#source = source
    this.#burst = burst
    this.#credit = window > 0 ? window : Number.POSITIVE_INFINITY
  }

  grant(messages: number): void {
    this.#credit += messages
    if (!this.#runs) setImmediate(() => this.run())
    this.#runs = true
  }

  run(): void {
    this.#runs = true
    const messages = Math.min(this.#burst, this.#credit)
    this.#credit -= messages
    this.count += messages
    const done = this.#source.send(messages)
    if (done === undefined) this.#next()
    else void done.then(() => this.#next())
  }

  #next(): void {
    this.#runs = this.#credit > 0
    if (this.#runs) setImmediate(() => this.run())
  }
}
