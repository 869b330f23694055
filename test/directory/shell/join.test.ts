// Joining, offering, leaving: directories on real nodes.

import test from 'ava'
import { Directories, holds, told } from './_directories.js'

for (const carrier of ['inproc', 'unix', 'tcp'] as const) {
  test(`${carrier}: a service that one node offers is up at every other, and down when it leaves`, async (t) => {
    const d = new Directories(t, carrier)
    const registry = await d.registry(0x10n)
    const root = registry.node
    const shop = await d.on(await d.nodes.child(root, 0x101n))
    const game = await d.on(await d.nodes.child(root, 0x102n), {
      offer: { services: [{ app: 'game', name: 'lobby', metadata: { rooms: 3 } }] },
    })
    await Promise.all([registry, shop, game].map((one) => one.ready()))
    await holds(shop, ['service_up'], () => shop.services({ app: 'game' }).length === 1)
    const [entry] = shop.services({ name: 'lobby' })
    t.is(entry?.node, 0x102n)
    t.is(entry?.record.metadata, '{"rooms":3}')
    t.false(entry?.isOwn)
    t.true(game.services({ app: 'game' })[0]?.isOwn)
    t.is(registry.services({ app: 'game' }).length, 1)
    const down = told(shop, 'service_down')
    const left = told(registry, 'left', ({ id }) => id === 0x102n)
    await game.close()
    t.is((await down)[1], 'cancel')
    t.is((await left)[0].reason, 'cancel')
  })
}

test('a node deep in the tree finds the registry through its parents', async (t) => {
  const d = new Directories(t, 'unix')
  const listen = [d.nodes.address('unix')]
  const registry = await d.registry(0x10n)
  const middle = await d.nodes.child(registry.node, 0x20n, { listen })
  // Its directory begins before that of its parent, which knows no registry yet.
  const leaf = await d.on(await d.nodes.child(middle, 0x30n))
  const known = told(leaf, 'registered')
  await d.on(middle)
  t.deepEqual(await known, [0x10n])
  await leaf.ready()
  t.truthy(leaf.entry(0x20n))
})

test('who only looks is told of all services and listed nowhere', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n, { offer: { services: [{ app: 'game' }] } })
  const guest = await d.on(await d.nodes.child(registry.node, 0x101n), { register: false })
  await guest.ready()
  t.is(guest.services({ app: 'game' }).length, 1)
  t.is(guest.entry(0x101n), undefined)
  t.is(registry.entry(0x101n), undefined)
})
