// The addresses at which registries are said to be: which to dial, and which lead to the same one.

import type { DialOutcome, Dials } from './dials.js'

interface Place {
  /** Who answered there last. */
  id: bigint | undefined
  dueMs: number
  isDialling: boolean
}

export interface RegistryAddressesOptions {
  readonly dials: Dials
  readonly selfId: bigint
  readonly retryMs: number
  readonly nowMs: () => number
  /** In [0, 1). */
  readonly chance: () => number
  readonly isLinked: (id: bigint) => boolean
  /** Whether it is our parent or child. */
  readonly isTreeLink: (id: bigint) => boolean
  readonly duplicate: (registry: bigint, address: string) => void
}

export class RegistryAddresses {
  readonly #options: RegistryAddressesOptions
  readonly #places = new Map<string, Place>()

  constructor(options: RegistryAddressesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#places.size
  }

  get nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { dueMs, isDialling } of this.#places.values()) {
      if (!isDialling) nextMs = Math.min(nextMs, dueMs)
    }
    return nextMs
  }

  /** Links that stand are not touched when their address goes. */
  set(addresses: readonly string[]): void {
    const now = new Set(addresses)
    for (const address of this.#places.keys()) if (!now.has(address)) this.#places.delete(address)
    for (const address of addresses) {
      if (this.#places.has(address)) continue
      this.#places.set(address, { id: undefined, dueMs: 0, isDialling: false })
    }
    this.tick(this.#options.nowMs())
  }

  linkDown(id: bigint): void {
    for (const place of this.#places.values()) if (place.id === id) this.#later(place)
  }

  tick(nowMs: number): void {
    for (const [address, place] of this.#places) {
      if (place.isDialling || place.dueMs > nowMs) continue
      if (place.id !== undefined && this.#options.isLinked(place.id)) {
        place.dueMs = Number.POSITIVE_INFINITY
      } else if (this.#isSought(place.id)) {
        this.#later(place)
      } else {
        this.#dial(address, place)
      }
    }
  }

  /** One registry is dialled at one of its addresses at a time. */
  #isSought(id: bigint | undefined): boolean {
    if (id === undefined) return false
    return [...this.#places.values()].some((place) => place.isDialling && place.id === id)
  }

  #dial(address: string, place: Place): void {
    place.isDialling = true
    this.#options.dials.dial(address, undefined, (outcome) => {
      place.isDialling = false
      this.#settle(address, place, outcome)
    })
  }

  #settle(address: string, place: Place, outcome: DialOutcome): void {
    const { isLinked, selfId, duplicate } = this.#options
    if (outcome.kind === 'failed') {
      this.#later(place)
      this.#passOn(place)
      return
    }
    const { id } = outcome
    if (id !== 0n) place.id = id
    // Our own address, for as long as it is in the list: nobody else listens there.
    if (id === selfId) place.dueMs = Number.POSITIVE_INFINITY
    else if (isLinked(id)) place.dueMs = Number.POSITIVE_INFINITY
    else this.#later(place)
    if (this.#isDuplicate(address, outcome)) duplicate(id, address)
  }

  /** Another address of the same registry has its turn. */
  #passOn(failed: Place): void {
    for (const place of this.#places.values()) {
      const isOther = place !== failed && place.id === failed.id && failed.id !== undefined
      if (isOther) place.dueMs = Math.min(place.dueMs, this.#options.nowMs())
    }
  }

  /** Siblings that dial each other at once are refused as well, and have no link too many. */
  #isDuplicate(address: string, { kind, id }: Exclude<DialOutcome, { kind: 'failed' }>): boolean {
    const { isTreeLink, selfId } = this.#options
    if (id === selfId || id === 0n) return false
    if (kind === 'refused' && isTreeLink(id)) return true
    return [...this.#places].some(([other, place]) => other !== address && place.id === id)
  }

  #later(place: Place): void {
    const { chance, nowMs, retryMs } = this.#options
    place.dueMs = nowMs() + retryMs * (0.8 + 0.4 * chance())
  }
}
