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

  constructor(zone: string) {
    this.#zone = zone
  }

  get(busId: bigint): KnownRegistry | undefined {
    return this.#known.get(busId)
  }

  /** Those to register at: of the own zone, or where there is none, of any other. */
  usable(): KnownRegistry[] {
    const all = [...this.#known.values()].sort((a, b) => (a.busId < b.busId ? -1 : 1))
    const near = all.filter(({ zone }) => zone === this.#zone)
    return near.length > 0 ? near : all
  }

  /** Undefined where too many are known already. */
  greeted(busId: bigint, zone: string, epoch: bigint): KnownRegistry | undefined {
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
    return this.#known.delete(busId)
  }
}
