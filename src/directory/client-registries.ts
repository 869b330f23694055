// The registries a node has been greeted by, and which of them it speaks to.

import type { Stamp } from './hlc.js'
import { MESSAGE_BOUNDS } from './message-bounds.js'

/** As many as one message can name as its receivers. */
const REGISTRIES_MAX = MESSAGE_BOUNDS.sentToCountMax

export interface KnownRegistry {
  readonly busId: bigint
  zone: string
  epoch: bigint
  /** The version it has confirmed. */
  confirmed: Stamp | undefined
  /** When what was sent last and not confirmed is sent again. */
  resendAtMs: number
}

export class ClientRegistries {
  readonly #zone: string
  readonly #known = new Map<bigint, KnownRegistry>()
  /** Asked after each input, so it is made anew only where a registry came, moved or went. */
  #usable: readonly KnownRegistry[] | undefined

  constructor(zone: string) {
    this.#zone = zone
  }

  get(busId: bigint): KnownRegistry | undefined {
    return this.#known.get(busId)
  }

  /** Those to register at: of the own zone, or where there is none, of any other. */
  usable(): readonly KnownRegistry[] {
    this.#usable ??= this.#choose()
    return this.#usable
  }

  /** Undefined where too many are known already. */
  greeted(busId: bigint, zone: string, epoch: bigint): KnownRegistry | undefined {
    this.#usable = undefined
    const known = this.#known.get(busId)
    if (known === undefined && this.#known.size >= REGISTRIES_MAX) return undefined
    if (known?.epoch === epoch) {
      known.zone = zone
      return known
    }
    const resendAtMs = Number.POSITIVE_INFINITY
    const fresh: KnownRegistry = { busId, zone, epoch, confirmed: undefined, resendAtMs }
    this.#known.set(busId, fresh)
    return fresh
  }

  lost(busId: bigint): boolean {
    this.#usable = undefined
    return this.#known.delete(busId)
  }

  #choose(): readonly KnownRegistry[] {
    const all = [...this.#known.values()].sort((a, b) => (a.busId < b.busId ? -1 : 1))
    const near = all.filter(({ zone }) => zone === this.#zone)
    return near.length > 0 ? near : all
  }
}
