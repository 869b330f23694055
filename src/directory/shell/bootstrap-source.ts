// A source of addresses on a real clock: read again and again, and written to by registries.

import { AddressAdvertiser } from '../../bootstrap/address-advertiser.js'
import { AddressFollower, REREAD_MS } from '../../bootstrap/address-follower.js'
import type { AdvertisingProvider, BootstrapProvider } from '../../bootstrap/bootstrap-provider.js'
import { processTimer } from '../../bootstrap/time-limit.js'

export interface BootstrapSourceOptions {
  /** Empty: nothing is written. */
  readonly advertised: readonly string[]
  readonly rereadMs?: number
  readonly onAddresses: (addresses: readonly string[]) => void
  readonly onFailure: (error: unknown) => void
}

export class BootstrapSource {
  readonly #follower: AddressFollower
  readonly #advertiser: AddressAdvertiser | undefined

  constructor(provider: BootstrapProvider, options: BootstrapSourceOptions) {
    const { advertised, onAddresses, onFailure, rereadMs = REREAD_MS } = options
    if (advertised.length > 0 && isAdvertising(provider)) {
      const addresses = () => advertised
      const advertiseMs = rereadMs
      const writing = { timer: processTimer, advertiseMs, addresses, onFailure }
      this.#advertiser = new AddressAdvertiser(provider, writing)
    }
    const reading = { timer: processTimer, rereadMs, onAddresses, onFailure }
    this.#follower = new AddressFollower(provider, reading)
  }

  async close(): Promise<void> {
    // The provider takes the addresses back when it is closed, by the follower.
    await this.#advertiser?.close()
    await this.#follower.close()
  }
}

function isAdvertising(provider: BootstrapProvider): provider is AdvertisingProvider {
  return 'advertise' in provider && typeof provider.advertise === 'function'
}
