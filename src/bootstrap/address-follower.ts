// Reads a provider again and again, and tells what has changed.

import type { BootstrapProvider } from './bootstrap-provider.js'

/** services.md 5.6: a registry that moves is found again after about this long. */
export const REREAD_MS = 1_000

export interface FollowerTimer {
  /** Calls once, later; the answer cancels it. It does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void
}

export interface FollowerOptions {
  readonly timer: FollowerTimer
  readonly rereadMs?: number
  readonly onAddresses: (addresses: readonly string[]) => void
  /** The source could not be asked: the last addresses stand. */
  readonly onFailure: (error: unknown) => void
}

export class AddressFollower {
  readonly #provider: BootstrapProvider
  readonly #options: FollowerOptions
  #known = ''
  #cancel: () => void = () => undefined
  #reading: Promise<void> = Promise.resolve()
  #isOn = true

  constructor(provider: BootstrapProvider, options: FollowerOptions) {
    this.#provider = provider
    this.#options = options
    this.#reading = this.#read()
  }

  /** The reading under way has ended; for tests and orderly ends. */
  async settled(): Promise<void> {
    await this.#reading
  }

  async close(): Promise<void> {
    this.#isOn = false
    this.#cancel()
    await this.#reading
    await this.#provider.close()
  }

  async #read(): Promise<void> {
    try {
      const addresses = await this.#provider.read()
      if (this.#isOn) this.#compare(addresses)
    } catch (error) {
      if (this.#isOn) this.#options.onFailure(error)
    }
    if (!this.#isOn) return
    const { timer, rereadMs = REREAD_MS } = this.#options
    this.#cancel = timer.after(rereadMs, () => {
      this.#reading = this.#read()
    })
  }

  #compare(addresses: readonly string[]): void {
    const text = addresses.join('\n')
    if (text === this.#known) return
    this.#known = text
    this.#options.onAddresses(addresses)
  }
}
