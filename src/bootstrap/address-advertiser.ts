// Writes where this registry can be reached into a store, again and again.

import type { FollowerTimer } from './address-follower.js'
import type { AdvertisingProvider } from './bootstrap-provider.js'

/** services.md 5.6: a store that was emptied has the address again after this. */
export const ADVERTISE_MS = 1_000

export interface AdvertiserOptions {
  readonly timer: FollowerTimer
  readonly advertiseMs?: number
  /** Asked each time: where the registry listens in fact, whatever port it had asked for. */
  readonly addresses: () => readonly string[]
  /** The store could not be asked; the next try comes all the same. */
  readonly onFailure: (error: unknown) => void
}

export class AddressAdvertiser {
  readonly #provider: AdvertisingProvider
  readonly #options: AdvertiserOptions
  #cancel: () => void = () => undefined
  #writing: Promise<void>
  #isOn = true

  constructor(provider: AdvertisingProvider, options: AdvertiserOptions) {
    this.#provider = provider
    this.#options = options
    this.#writing = this.#write()
  }

  /** The writing under way has ended; for tests and orderly ends. */
  async settled(): Promise<void> {
    await this.#writing
  }

  /** Ends the writing. What was written stays until the owner closes the provider. */
  async close(): Promise<void> {
    this.#isOn = false
    this.#cancel()
    await this.#writing
  }

  async #write(): Promise<void> {
    const { timer, advertiseMs = ADVERTISE_MS, addresses, onFailure } = this.#options
    try {
      await this.#provider.advertise(addresses())
    } catch (error) {
      if (this.#isOn) onFailure(error)
    }
    if (!this.#isOn) return
    this.#cancel = timer.after(advertiseMs, () => {
      this.#writing = this.#write()
    })
  }
}
