// What must hold in a simulated cluster once nothing befalls it any more.

import type { Registration } from '../../../src/directory/record.js'
import { claimsOf } from '../../../src/directory/record.js'
import { fail } from '../../sim/violation.js'
import { ADMIN } from './faults.js'
import type { Life } from './life.js'
import { hex, nameOf } from './rules.js'
import type { World } from './world.js'

/** Every living node is listed everywhere; the dead may still be, until their leases end. */
export function checkLiving(world: World): void {
  const registries = registriesOf(world)
  for (const registry of registries) {
    for (const life of world.lives.values()) checkListed(registry, life)
  }
  for (const life of world.lives.values()) {
    if (life.client !== undefined) checkClient(world, life, registries[0])
  }
}

/** The tables are equal to the last byte. */
export function checkEqual(world: World): void {
  const [first, ...others] = registriesOf(world)
  if (first === undefined) return
  for (const other of others) {
    const difference = differenceOf(first, other)
    if (difference !== undefined) {
      fail(`${nameOf(first)} and ${nameOf(other)} differ: ${difference}`)
    }
  }
}

function differenceOf(one: Life, other: Life): string | undefined {
  const a = one.registry?.table.store
  const b = other.registry?.table.store
  if (a === undefined || b === undefined || a.hash.value === b.hash.value) return undefined
  const ids = new Set([...a.all(), ...b.all()].map(({ node }) => node.busId))
  for (const id of ids) {
    const [left, right] = [versionText(a.get(id)), versionText(b.get(id))]
    if (left !== right) return `${hex(id)} is ${left} and ${right}`
  }
  return 'their hashes'
}

function versionText(version: Registration | undefined): string {
  if (version === undefined) return 'absent'
  return `${version.node.incarnation.slice(-4)}@${version.stamp.time}`
}

function registriesOf(world: World): Life[] {
  return [...world.lives.values()].filter(({ core }) => core.role === 'registry')
}

function checkListed(registry: Life, life: Life): void {
  if (life.id === ADMIN) return
  const store = registry.registry?.table.store
  const listed = store?.get(life.id)
  if (listed?.node.incarnation === life.incarnation) return
  // It may have lost a name to another that lives.
  const own = life.client?.own
  const isContested = own?.records.flatMap(claimsOf).some((claim) => {
    return [...(store?.all() ?? [])].some((other) => {
      return other.node.busId !== life.id && other.records.flatMap(claimsOf).includes(claim)
    })
  })
  if (!isContested) fail(`${nameOf(registry)} does not list the living ${nameOf(life)}`)
}

function checkClient(world: World, life: Life, registry: Life | undefined): void {
  const table = life.client?.table
  if (table === undefined || registry === undefined) return
  if (life.client?.watch.state !== 'whole') fail(`the list of ${nameOf(life)} is stale`)
  for (const version of registry.registry?.table.store.all() ?? []) {
    const { busId, incarnation } = version.node
    const living = world.lives.get(busId)
    if (busId === life.id || living?.incarnation !== incarnation) continue
    const entry = table.get(busId)
    if (entry?.registration.stamp.time !== version.stamp.time) {
      fail(`${nameOf(life)} does not know the version of ${hex(busId)} that all registries have`)
    }
    if (!entry.isUp) fail(`${nameOf(life)} takes the living ${hex(busId)} for lost`)
  }
  for (const { registration, isUp } of table.all()) {
    const { busId } = registration.node
    if (isUp && !world.lives.has(busId)) fail(`${nameOf(life)} takes the dead ${hex(busId)} for up`)
  }
}
