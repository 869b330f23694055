// Addresses that are given once, in options or on the command line.

import { type BootstrapProvider, lawfulAddresses } from './bootstrap-provider.js'

export class StaticProvider implements BootstrapProvider {
  readonly name = 'static'
  readonly #addresses: readonly string[]

  constructor(addresses: readonly string[]) {
    this.#addresses = lawfulAddresses(addresses)
  }

  async read(): Promise<readonly string[]> {
    return this.#addresses
  }

  async close(): Promise<void> {}
}
