// Registries that did not greet us although a way leads there: they are asked to.

import type { ClientConfig, ClientEffect } from './client-config.js'
import type { ClientRegistries } from './client-registries.js'
import type { ClientTable } from './client-table.js'
import { isRegistry } from './record.js'

/** Neighbours asked at once where no registry is known: one that knows is enough. */
const NEIGHBOURS_MAX = 16

/**
 * A greeting that is lost leaves a registry unknown: nothing is registered there, and where it is
 * the only one, no list comes. So it is asked for, at growing intervals up to one renewal.
 */
export class Greetings {
  readonly #config: ClientConfig
  readonly #registries: ClientRegistries
  readonly #table: ClientTable
  readonly #linked = new Set<bigint>()
  #waitMs: number
  #dueMs = Number.POSITIVE_INFINITY

  constructor(config: ClientConfig, registries: ClientRegistries, table: ClientTable) {
    this.#config = config
    this.#registries = registries
    this.#table = table
    this.#waitMs = config.times.registryRetryMs
  }

  get nextDueMs(): number {
    return this.#dueMs
  }

  link(id: bigint, isUp: boolean, nowMs: number): void {
    if (isUp) this.#linked.add(id)
    else this.#linked.delete(id)
    if (isUp) this.expect(nowMs)
  }

  /** Something changed after which a registry ought to greet us; it has a moment to do so. */
  expect(nowMs: number): void {
    this.#waitMs = this.#config.times.registryRetryMs
    this.#dueMs = Math.min(this.#dueMs, nowMs + this.#waitMs)
  }

  tick(nowMs: number): ClientEffect[] {
    if (nowMs < this.#dueMs) return []
    const missing = this.#missing()
    this.#waitMs = Math.min(2 * this.#waitMs, this.#config.times.renewMs)
    this.#dueMs = missing.length === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#waitMs
    return missing.map((to) => ({ kind: 'ask_greeting', to }))
  }

  /** Those of the own zone; where no registry is known, all, and the neighbours too. */
  #missing(): bigint[] {
    const isAlone = this.#registries.usable().length === 0
    const { zone, busId: self } = this.#config.node
    const ids = new Set<bigint>()
    for (const { registration, isUp } of this.#table.all()) {
      const { busId, zone: other } = registration.node
      const isUnknown = this.#registries.get(busId) === undefined && busId !== self
      const isSought = isUp && isUnknown && (isAlone || other === zone)
      if (isSought && isRegistry(registration)) ids.add(busId)
    }
    if (isAlone) for (const id of [...this.#linked].slice(0, NEIGHBOURS_MAX)) ids.add(id)
    return [...ids]
  }
}
