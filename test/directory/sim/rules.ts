// What must hold after every event of a simulated cluster, whatever is broken.

import type { ClientEvent } from '../../../src/directory/client-config.js'
import type { RegistryEvent } from '../../../src/directory/registry-events.js'
import { fail } from '../../sim/violation.js'
import type { Life } from './life.js'
import type { World } from './world.js'

/** Lives that said goodbye or were retired, as `id/incarnation`. */
export class Rules {
  readonly #world: World
  /** For each registry's life: those it was told to be dead for good. */
  readonly #dead = new Map<Life, Set<string>>()
  evictions = 0
  lastEvictionMs = 0

  constructor(world: World) {
    this.#world = world
    world.onEvent = (life, event) => this.check(life, event)
    world.onBatch = (life, before, removed) => this.#checkList(life, before, removed)
  }

  check(life: Life, event: ClientEvent | RegistryEvent): void {
    if (event.kind === 'left') this.#left(life, event)
    if (event.kind === 'joined') this.#joined(life, event)
  }

  #left(life: Life, event: Extract<RegistryEvent, { kind: 'left' }>): void {
    const { busId, incarnation, reason } = event
    if (reason === 'cancel' || reason === 'retire') {
      const dead = this.#dead.get(life) ?? new Set()
      dead.add(`${busId}/${incarnation}`)
      this.#dead.set(life, dead)
    }
    if (reason !== 'expired') return
    this.evictions++
    this.lastEvictionMs = this.#world.nowMs
    const isOwn = life.input.kind === 'tick'
    const guard = life.registry?.table.leases.guard
    if (isOwn && guard?.isProtecting) fail(`${nameOf(life)} evicts ${hex(busId)} under its guard`)
  }

  #joined(life: Life, event: Extract<RegistryEvent, { kind: 'joined' }>): void {
    const name = `${event.busId}/${event.incarnation}`
    if (!this.#dead.get(life)?.has(name)) return
    fail(`${nameOf(life)} lists ${hex(event.busId)} again, which had left for good`)
  }

  /** A registry that is still warming up does not know who is missing. */
  #checkList(life: Life, before: ReadonlySet<bigint>, removed: ReadonlySet<bigint>): void {
    const { input } = life
    if (input.kind !== 'message') return
    const registry = this.#world.lives.get(input.from)?.registry
    if (registry === undefined || registry.table.isReady) return
    for (const id of before) {
      if (removed.has(id) || life.client?.table.get(id) !== undefined) continue
      fail(`${nameOf(life)} drops ${hex(id)} for a list of a registry that warms up`)
    }
  }
}

export function nameOf(life: Life): string {
  return `${life.core.role} ${hex(life.id)}`
}

export function hex(id: bigint): string {
  return `0x${id.toString(16)}`
}
