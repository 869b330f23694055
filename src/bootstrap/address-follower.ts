// Reads a provider again and again, and tells what has changed.

import type { BootstrapProvider } from './bootstrap-provider.js'

/** services.md 5.6: a registry that moves is found again after about this long. */
export const REREAD_MS = 1_000

/** A source that changes all the time is not read all the time. */
const HINT_MS = 50

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
  #isReading = false
  #isHinted = false

  constructor(provider: BootstrapProvider, options: FollowerOptions) {
    this.#provider = provider
    this.#options = options
    provider.watch?.(() => this.#hint())
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

  #hint(): void {
    if (this.#isHinted || !this.#isOn) return
    this.#isHinted = true
    if (!this.#isReading) this.#readIn(HINT_MS)
  }

  #readIn(delayMs: number): void {
    this.#cancel()
    this.#cancel = this.#options.timer.after(delayMs, () => {
      this.#reading = this.#read()
    })
  }

  async #read(): Promise<void> {
    this.#isReading = true
    this.#isHinted = false
    try {
      const addresses = await this.#provider.read()
      if (this.#isOn) this.#compare(addresses)
    } catch (error) {
      if (this.#isOn) this.#options.onFailure(error)
    }
    this.#isReading = false
    if (this.#isOn) this.#readIn(this.#isHinted ? HINT_MS : (this.#options.rereadMs ?? REREAD_MS))
  }

  #compare(addresses: readonly string[]): void {
    const text = addresses.join('\n')
    if (text === this.#known) return
    this.#known = text
    this.#options.onAddresses(addresses)
  }
}
