// One process of a simulated cluster, from its start to its end: a core, its timer, its clocks.

import type { ClientEffect, ClientEvent } from '../../../src/directory/client-config.js'
import type {
  ClientInput,
  DirectoryClient,
  Offer,
} from '../../../src/directory/directory-client.js'
import type { DirectoryMessage } from '../../../src/directory/directory-messages.js'
import type { PollAnswer } from '../../../src/directory/lookups.js'
import type { Moment } from '../../../src/directory/moment.js'
import type { RegistryCore, RegistryInput } from '../../../src/directory/registry-core.js'
import type { RegistryEffect, RegistryEvent } from '../../../src/directory/registry-events.js'

export type Input = ClientInput & RegistryInput
export type Effect = ClientEffect | RegistryEffect

export interface Surroundings {
  readonly nowMs: () => number
  at(atMs: number, run: () => void): void
  send(life: Life, to: bigint, message: DirectoryMessage): void
  event(life: Life, event: ClientEvent | RegistryEvent): void
  dial(life: Life, id: bigint): void
  polled(life: Life, answer: PollAnswer): void
  askGreeting(life: Life, to: bigint): void
  expel(life: Life, id: bigint, incarnation: string): void
}

export type Core =
  | { readonly role: 'registry'; readonly registry: RegistryCore }
  | { readonly role: 'node'; readonly client: DirectoryClient; readonly offer: Offer }

export class Life {
  readonly id: bigint
  readonly zone: string
  readonly incarnation: string
  readonly core: Core
  /** The nodes its routing table has a way to. */
  readonly routes: Set<bigint>
  readonly links = new Set<bigint>()
  /** Which life of a node each route led to when it came up. */
  readonly routeLives = new Map<bigint, Life>()
  /** How wrong its wall clock is. */
  wallOffsetMs = 0
  isAlive = true
  readonly #around: Surroundings
  #timerMs = Number.POSITIVE_INFINITY
  /** What it is working on. */
  input: Input | RegistryInput | ClientInput = { kind: 'tick' }

  constructor(
    facts: { id: bigint; zone: string; incarnation: string; core: Core; routes: Set<bigint> },
    around: Surroundings,
  ) {
    this.id = facts.id
    this.zone = facts.zone
    this.incarnation = facts.incarnation
    this.core = facts.core
    this.routes = facts.routes
    this.#around = around
  }

  get registry(): RegistryCore | undefined {
    return this.core.role === 'registry' ? this.core.registry : undefined
  }

  get client(): DirectoryClient | undefined {
    return this.core.role === 'node' ? this.core.client : undefined
  }

  give(input: Input | RegistryInput | ClientInput): void {
    if (!this.isAlive) return
    this.input = input
    const effects = this.#handle(input)
    for (const effect of effects) this.#obey(effect)
    this.#rearm()
  }

  #handle(input: Input | RegistryInput | ClientInput): readonly Effect[] {
    const nowMs = this.#around.nowMs()
    const moment: Moment = { nowMs, wallMs: 1_700_000_000_000 + nowMs + this.wallOffsetMs }
    if (this.core.role === 'registry') {
      return this.core.registry.handle(moment, input as RegistryInput)
    }
    return this.core.client.handle(moment, input as ClientInput)
  }

  #obey(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#around.send(this, effect.to, effect.message)
        break
      case 'event':
        this.#around.event(this, effect.event)
        break
      case 'dial':
        this.#around.dial(this, effect.id)
        break
      case 'polled':
        this.#around.polled(this, effect)
        break
      case 'ask_greeting':
        this.#around.askGreeting(this, effect.to)
        break
      case 'expel':
        this.#around.expel(this, effect.id, effect.incarnation)
        break
    }
  }

  #rearm(): void {
    const core = this.registry ?? this.client
    const dueMs = core?.nextDueMs ?? Number.POSITIVE_INFINITY
    if (dueMs === Number.POSITIVE_INFINITY) this.#timerMs = dueMs
    if (dueMs >= this.#timerMs && this.#timerMs > this.#around.nowMs()) return
    if (dueMs === Number.POSITIVE_INFINITY) return
    const atMs = Math.max(dueMs, this.#around.nowMs())
    this.#timerMs = atMs
    this.#around.at(atMs, () => this.#ring(atMs))
  }

  #ring(atMs: number): void {
    if (!this.isAlive || this.#timerMs !== atMs) return
    this.#timerMs = Number.POSITIVE_INFINITY
    this.give({ kind: 'tick' })
  }
}
