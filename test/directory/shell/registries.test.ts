// Registries that are found by address: several, moving, doubled, lost and back.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Directory, FileProvider } from '../../../src/index.js'
import { until } from '../../node/_nodes.js'
import { Directories, holds, told } from './_directories.js'

function listed(directory: Directory): bigint[] {
  return directory
    .members()
    .map(({ node }) => node.busId)
    .sort((a, b) => (a < b ? -1 : 1))
}

test('a node registers at every registry of its zone, and all registries list it', async (t) => {
  const d = new Directories(t, 'unix')
  const first = await d.registry(0x10n)
  const registries = [first.node.addresses].flat()
  const others = [await d.registry(0x11n, { registries }), await d.registry(0x12n, { registries })]
  const node = await d.member(0x101n, [first], { offer: { services: [{ app: 'game' }] } })
  const heard = new Set<bigint>()
  node.on('registered', (registry) => heard.add(registry))
  await until(() => heard.size === 3)
  const all = [first, ...others]
  await until(() => [...all, node].every((one) => listed(one).length === 4))
  for (const one of [...all, node]) t.deepEqual(listed(one), [0x10n, 0x11n, 0x12n, 0x101n])
  const up = () => first.status().registry?.peers.filter(({ status }) => status === 'up').length
  await until(() => up() === 2)
})

test('a node whose registry is not there yet goes on dialling and joins when it comes (000-02)', async (t) => {
  const d = new Directories(t, 'unix')
  const address = d.nodes.address('unix')
  const node = await d.root(0x101n, { registries: [address] })
  let dials = 0
  node.node.on('dial_failed', () => dials++)
  await until(() => dials >= 3)
  t.true(node.isStale)
  const joined = told(node, 'registered')
  await d.on(await d.nodes.start({ id: 0x10n, listen: [address] }), { registry: true })
  t.deepEqual(await joined, [0x10n])
})

test('two addresses of one registry leave one link, and one record (000-04a)', async (t) => {
  const d = new Directories(t, 'unix')
  const listen = [d.nodes.address('unix'), d.nodes.address('unix')]
  const registry = await d.on(await d.nodes.start({ id: 0x10n, listen }), { registry: true })
  const node = await d.root(0x101n)
  await node.close()
  const again = await d.on(node.node, { registries: listen })
  const registered = told(again, 'registered')
  const duplicate = await told(again, 'duplicate_registry')
  t.is(duplicate[0].registry, 0x10n)
  await registered
  t.is(again.node.peers().length, 1)
  t.is(registry.node.peers().length, 1)
  t.deepEqual(listed(registry), [0x10n, 0x101n])
})

test('an address that leads to the parent is given up, and the parent stays (000-04a)', async (t) => {
  const d = new Directories(t, 'unix')
  const listen = [d.nodes.address('unix'), d.nodes.address('unix')]
  const registry = await d.on(await d.nodes.start({ id: 0x10n, listen }), { registry: true })
  const [first = '', second = ''] = registry.node.addresses
  const child = await d.nodes.start({ id: 0x101n, parent: first })
  const node = await d.on(child, { registries: [second] })
  const [duplicate] = await told(node, 'duplicate_registry')
  t.deepEqual(duplicate, { registry: 0x10n, address: second })
  t.deepEqual(
    child.peers().map(({ id, role }) => [id, role]),
    [[0x10n, 'parent']],
  )
})

test('a registry that moves is found at its new address, and the list stands meanwhile (001-04)', async (t) => {
  const d = new Directories(t, 'unix')
  const folder = mkdtempSync(join(tmpdir(), 'treebus-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'registries')
  const registry = await d.registry(0x10n)
  writeFileSync(file, registry.node.addresses.join('\n'))
  const other = await d.root(0x102n, {
    registries: new FileProvider(file),
    offer: { services: [{ app: 'game' }] },
  })
  const node = await d.root(0x101n, { registries: new FileProvider(file) })
  await holds(node, ['list'], () => !node.isStale)
  await until(() => listed(node).length === 3)
  await registry.node.close()
  await until(() => node.isStale)
  t.true(listed(node).includes(0x102n))
  const moved = await d.registry(0x10n)
  writeFileSync(file, moved.node.addresses.join('\n'))
  await until(() => !node.isStale && !other.isStale)
  await until(() => listed(moved).length === 3)
  await until(() => listed(node).length === 3)
  t.deepEqual(listed(node), [0x10n, 0x101n, 0x102n])
})

test('when the watched registry is lost another is watched, and no service goes down (X-38)', async (t) => {
  const d = new Directories(t, 'unix')
  const first = await d.registry(0x10n)
  const second = await d.registry(0x11n, { registries: first.node.addresses })
  const both = [first, second]
  await d.member(0x102n, both, { offer: { services: [{ app: 'game' }] } })
  const node = await d.member(0x101n, both, {
    offer: { services: [], wants: { types: ['game'] } },
  })
  await until(() => node.services({ app: 'game' }).length === 1 && !node.isStale)
  await until(() => second.services({ app: 'game' }).length === 1)
  const downs: string[] = []
  node.on('service_down', ({ record }) => downs.push(record.app))
  const watched = node.status().watched
  const [lost] = both.filter(({ node: { id } }) => id === watched)
  await lost?.node.close()
  await until(() => node.status().watched !== watched && !node.isStale)
  t.deepEqual(
    downs.filter((app) => app !== 'registry'),
    [],
  )
  t.is(node.services({ app: 'game' }).length, 1)
})

test('cutting the link to its registry 100 times leaves one record and one watch (000-17)', async (t) => {
  const d = new Directories(t, 'unix')
  const registry = await d.registry(0x10n)
  const node = await d.member(0x101n, [registry])
  await until(() => !node.isStale)
  const listeners = node.node.listenerCount('link_up')
  for (let cut = 0; cut < 100; cut++) {
    const up = told(node, 'registered')
    node.node.disconnect(0x10n)
    await up
  }
  await until(() => !node.isStale)
  t.is(node.node.listenerCount('link_up'), listeners)
  t.is(registry.node.peers().length, 1)
  t.deepEqual(listed(registry), [0x10n, 0x101n])
  t.is(registry.entry(0x101n)?.node.incarnation, node.incarnation)
  // Its own watch beside that of the node.
  t.is(registry.status().registry?.watchers, 2)
})

test('the first link to somebody else is dialled when the first list is complete (000-01)', async (t) => {
  const d = new Directories(t, 'unix')
  const registry = await d.registry(0x10n)
  await registry.ready()
  const game = await d.member(0x102n, [registry], { offer: { services: [{ app: 'game' }] } })
  await told(game, 'registered')
  const node = await d.root(0x101n)
  await node.close()
  const seen: string[] = []
  node.node.on('link_up', ({ id }) => seen.push(`link ${id}`))
  const again = await d.on(node.node, {
    registries: registry.node.addresses,
    offer: { services: [], wants: { types: ['game'] } },
  })
  again.on('list', (state) => seen.push(state))
  await until(() => again.services({ app: 'game' }).length === 1)
  await until(() => again.node.peer(0x102n) !== undefined)
  t.deepEqual(seen, [`link ${0x10}`, 'whole', `link ${0x102}`])
})
