// A source of addresses on a real clock: read again and again, and written to by registries.

import { AddressFollower, REREAD_MS } from '../../bootstrap/address-follower.js'
import type { BootstrapProvider } from '../../bootstrap/bootstrap-provider.js'

/** A store that registries write to themselves. */
interface AdvertisingProvider extends BootstrapProvider {
  advertise(addresses: readonly string[]): Promise<void>
}

export interface BootstrapSourceOptions {
  /** Empty: nothing is written. */
  readonly advertised: readonly string[]
  readonly rereadMs?: number
  readonly onAddresses: (addresses: readonly string[]) => void
  readonly onFailure: (error: unknown) => void
}

/** What is written goes out with each reading: a store forgets a registry that is silent. */
export class BootstrapSource {
  readonly #follower: AddressFollower

  constructor(provider: BootstrapProvider, options: BootstrapSourceOptions) {
    const { advertised, onAddresses, onFailure, rereadMs = REREAD_MS } = options
    const source = advertised.length > 0 ? advertising(provider, advertised) : provider
    this.#follower = new AddressFollower(source, { timer, rereadMs, onAddresses, onFailure })
  }

  close(): Promise<void> {
    return this.#follower.close()
  }
}

function advertising(provider: BootstrapProvider, own: readonly string[]): BootstrapProvider {
  if (!isAdvertising(provider)) return provider
  return {
    name: provider.name,
    read: async () => {
      await provider.advertise(own)
      return provider.read()
    },
    close: () => provider.close(),
  }
}

function isAdvertising(provider: BootstrapProvider): provider is AdvertisingProvider {
  return 'advertise' in provider && typeof provider.advertise === 'function'
}

const timer = {
  after(delayMs: number, run: () => void): () => void {
    const timeout = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timeout)
  },
}
