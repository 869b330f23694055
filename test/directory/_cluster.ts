// A small simulated cluster with what tests ask of it.

import type { ClientEvent } from '../../src/directory/client-config.js'
import type { ClientTable } from '../../src/directory/client-table.js'
import type { DirectoryMessage } from '../../src/directory/directory-messages.js'
import type { RecordStore } from '../../src/directory/record-store.js'
import type { RegistryEvent } from '../../src/directory/registry-events.js'
import { madeRecord, madeRegistration } from './_made.js'
import { loadKit } from './sim/kit.js'
import { type Sent, World, type WorldOptions } from './sim/world.js'

const kit = await loadKit()

export const ADMIN = 0xf001n
export const NODES = [0x101n, 0x102n, 0x103n, 0x104n, 0x105n] as const

export interface ClusterOptions {
  readonly registries: readonly bigint[]
  readonly nodes: readonly bigint[]
  /** With 2 there are three more registries and half of the nodes in `z2`. */
  readonly zones: 1 | 2
  readonly world: Partial<WorldOptions>
}

export interface Cluster {
  readonly world: World
  readonly registries: readonly bigint[]
  /** Every message since the start, or since the test emptied it. */
  readonly sent: Sent[]
  store(registry: bigint): RecordStore
  table(node: bigint): ClientTable
  clientEvents<K extends ClientEvent['kind']>(
    id: bigint,
    kind: K,
  ): Extract<ClientEvent, { kind: K }>[]
  registryEvents<K extends RegistryEvent['kind']>(
    id: bigint,
    kind: K,
  ): Extract<RegistryEvent, { kind: K }>[]
  give(to: bigint, from: bigint, message: DirectoryMessage): void
  order(to: bigint, message: DirectoryMessage): void
  registerBare(registry: bigint, busId: bigint): void
}

const TWO_ZONES = [0x20n, 0x21n, 0x22n]

export function zoneOf(id: bigint): string {
  return (id >= 0x20n && id < 0x30n) || (id >= 0x200n && id < 0x300n) ? 'z2' : 'z1'
}

export function cluster(options: Partial<ClusterOptions>): Cluster {
  const { registries = [0x10n, 0x11n, 0x12n], nodes = NODES, zones = 1 } = options
  const world = new World(kit, options.world)
  const sent: Sent[] = []
  world.onSend = (one) => {
    sent.push(one)
    return false
  }
  const all = zones === 2 ? [...registries, ...TWO_ZONES] : registries
  for (const id of all) world.startRegistry(id, zoneOf(id))
  world.run(61_000)
  const far = zones === 2 ? nodes.map((id) => id + 0x100n) : []
  for (const id of [...nodes, ...far]) {
    world.startNode(id, { zone: zoneOf(id) })
  }
  world.run(1_000)
  return asked(world, all, sent)
}

/** Forgets what has happened so far. */
export function quiet(c: Cluster): void {
  c.world.run(1_000)
  c.sent.length = 0
}

function asked(world: World, registries: readonly bigint[], sent: Sent[]): Cluster {
  const events = (id: bigint, kind: string): unknown[] => {
    const own = world.events.filter((one) => one.id === id && one.event.kind === kind)
    return own.map(({ event }) => event)
  }
  const give = (to: bigint, from: bigint, message: DirectoryMessage): void => {
    world.life(to).give({ kind: 'message', from, message })
  }
  return {
    world,
    registries,
    sent,
    store: (id) => found(world.life(id).registry).table.store,
    table: (id) => found(world.life(id).client).table,
    clientEvents: (id, kind) => events(id, kind) as never,
    registryEvents: (id, kind) => events(id, kind) as never,
    give,
    order: (to, message) => give(to, ADMIN, message),
    registerBare: (registry, busId) => {
      const registration = madeRegistration(busId, 1_700_000_000_000, {
        records: [madeRecord(busId)],
      })
      give(registry, busId, { kind: 'register', registration, sentTo: [] })
    },
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not a node of that role')
  return value
}

export function hashes(c: Cluster): Set<bigint> {
  const up = c.registries.filter((id) => c.world.lives.has(id))
  return new Set(up.map((id) => c.store(id).hash.value))
}
