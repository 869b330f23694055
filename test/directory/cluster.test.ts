import test from 'ava'
import type { ClientEvent } from '../../src/directory/client-config.js'
import { loadKit } from './sim/kit.js'
import { World } from './sim/world.js'

const kit = await loadKit()
const REGISTRIES = [0x10n, 0x11n, 0x12n] as const
const NODES = [0x101n, 0x102n, 0x103n, 0x104n, 0x105n] as const

function cluster(): World {
  const world = new World(kit)
  for (const id of REGISTRIES) world.startRegistry(id, 'z1')
  world.run(1_000)
  for (const id of NODES) world.startNode(id)
  world.run(1_000)
  return world
}

function hashes(world: World): bigint[] {
  return REGISTRIES.map((id) => world.life(id).registry?.table.store.hash.value ?? 0n)
}

function ups(world: World, id: bigint): ClientEvent[] {
  return world.events.filter((one) => one.id === id).map((one) => one.event) as ClientEvent[]
}

test('three registries and five nodes know each other within a second', (t) => {
  const world = cluster()
  t.is(new Set(hashes(world)).size, 1)
  for (const id of REGISTRIES) t.is(world.life(id).registry?.table.store.size, 8)
  for (const id of NODES) {
    t.is(world.life(id).client?.table.size, 7)
    t.is(ups(world, id).filter(({ kind }) => kind === 'service_up').length, 7)
  }
})
