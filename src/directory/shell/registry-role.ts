// The role of a registry: its core, and a list of what it holds as every other node has one.

import type { ClientConfig } from '../client-config.js'
import { ClientTable } from '../client-table.js'
import type { Batch, DirectoryMessage } from '../directory-messages.js'
import { Interest } from '../interest.js'
import type { Moment } from '../moment.js'
import { REGISTRY_APP, type Registration, type Wants } from '../record.js'
import type { RegistryConfig } from '../registry-config.js'
import { RegistryCore, type RegistryStatus } from '../registry-core.js'
import type { RegistryEffect } from '../registry-events.js'
import type { WholeOffer } from './service-offer.js'
import type { Order, Role, ShellEffect, ShellInput } from './shell-role.js'

/** It watches itself once, and its batches cannot be lost. */
const OWN_WATCH = 1n

export class RegistryRole implements Role {
  readonly isRegistry = true
  readonly table: ClientTable
  readonly core: RegistryCore
  readonly #config: ClientConfig
  readonly #interest: Interest
  #wants: Wants
  #state: 'whole' | 'stale' = 'stale'

  constructor(config: RegistryConfig, client: ClientConfig, nowMs: number) {
    this.core = new RegistryCore(config, nowMs)
    this.#config = client
    this.table = new ClientTable(config.reach, client.times.tombstoneLifeMs)
    this.#interest = new Interest(client)
    this.#wants = wantsOfRegistry(client.node.wants)
    this.#interest.open(nowMs)
  }

  get nextDueMs(): number {
    return Math.min(this.core.nextDueMs, this.#interest.nextDueMs)
  }

  get own(): Registration | undefined {
    return this.core.table.store.get(this.#selfId)
  }

  get state(): 'whole' | 'stale' {
    return this.#state
  }

  get registry(): bigint {
    return this.#selfId
  }

  get status(): RegistryStatus {
    return this.core.status()
  }

  get #selfId(): bigint {
    return this.#config.node.busId
  }

  start(moment: Moment): ShellEffect[] {
    const { apps } = this.#config
    const asked = { watch: OWN_WATCH, apps, epoch: 0n, since: 0n, hasTable: false }
    return [
      ...this.#taken(this.core.handle(moment, { kind: 'start' }), moment),
      ...this.#say(moment, { kind: 'watch', ...asked }),
    ]
  }

  handle(moment: Moment, input: ShellInput): ShellEffect[] {
    const { nowMs } = moment
    if (input.kind === 'dial_failed') {
      this.#interest.dialFailed(input.id, nowMs)
      return this.#interest.takeEffects()
    }
    if (input.kind === 'link') this.#link(input.id, input.up, nowMs)
    if (input.kind === 'tick') this.#interest.tick(nowMs)
    if (input.kind === 'message' && input.message.kind === 'dial_hint') {
      this.#interest.hint(input.from, input.message.peer, input.message.dial)
      this.#look(input.message.peer, nowMs)
    }
    const effects = this.#taken(this.core.handle(moment, input), moment)
    if (input.kind !== 'route' || (input.up && input.isOtherLife)) return effects
    this.table.route(input.id, input.up)
    return [...effects, ...this.table.takeEffects()]
  }

  offer(moment: Moment, { records, wants }: WholeOffer): ShellEffect[] {
    this.#wants = wantsOfRegistry(wants)
    const effects = this.#taken(this.core.handle(moment, { kind: 'offer', records, wants }), moment)
    for (const { registration } of this.table.all()) {
      this.#look(registration.node.busId, moment.nowMs)
    }
    return [...effects, ...this.#interest.takeEffects()]
  }

  order(moment: Moment, order: Order): ShellEffect[] {
    return this.#say(moment, order)
  }

  stop(moment: Moment): ShellEffect[] {
    return this.#taken(this.core.handle(moment, { kind: 'stop' }), moment)
  }

  #say(moment: Moment, message: DirectoryMessage): ShellEffect[] {
    const input = { kind: 'message', from: this.#selfId, message } as const
    return this.#taken(this.core.handle(moment, input), moment)
  }

  #link(id: bigint, isUp: boolean, nowMs: number): void {
    this.#interest.link(id, isUp)
    if (!isUp) this.#look(id, nowMs)
  }

  /** What the core says to its own node is worked on here, and shows in its effects. */
  #taken(effects: readonly RegistryEffect[], { nowMs }: Moment): ShellEffect[] {
    const others: ShellEffect[] = []
    for (const effect of effects) {
      const isOurs = effect.kind === 'send' && effect.to === this.#selfId
      if (!isOurs) others.push(effect)
      else if (effect.message.kind === 'batch') this.#batch(effect.message, nowMs)
      else if (effect.message.kind === 'answer') {
        others.push({ kind: 'answer', from: this.#selfId, answer: effect.message })
      }
    }
    others.push(...this.table.takeEffects(), ...this.#interest.takeEffects())
    this.#follow(others)
    return others
  }

  #batch({ puts, removals }: Batch, nowMs: number): void {
    for (const tombstone of removals) this.table.remove(tombstone, nowMs)
    for (const registration of puts) this.table.put(registration, OWN_WATCH, true)
    for (const { node } of puts) this.#look(node.busId, nowMs)
    for (const { busId } of removals) this.#look(busId, nowMs)
  }

  #follow(effects: ShellEffect[]): void {
    if (this.#state === 'whole' || !this.core.table.isReady) return
    this.#state = 'whole'
    effects.push({ kind: 'event', event: { kind: 'list', state: 'whole' } })
  }

  #look(busId: bigint, nowMs: number): void {
    const entry = this.table.get(busId)
    if (entry === undefined) this.#interest.forget(busId)
    else this.#interest.look(entry.registration, this.own, this.#wants, nowMs)
  }
}

/** A registry needs links to all others, those of other zones included. */
function wantsOfRegistry(wants: Wants): Wants {
  return { ...wants, types: [...wants.types, REGISTRY_APP] }
}
