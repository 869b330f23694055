// Orders, refusals and what is not lawful: directories on real nodes.

import test from 'ava'
import { Directory, RESULT, STATUS } from '../../../src/index.js'
import { codeOf, thrownCode, until } from '../../node/_nodes.js'
import { Directories, told } from './_directories.js'

test('an administrator takes one life out of service; the next one is let in', async (t) => {
  const d = new Directories(t, 'unix')
  const registry = await d.registry(0x10n, { admins: [0xadn] })
  const admin = await d.member(0xadn, [registry])
  const wanting = { offer: { services: [], wants: { types: ['game'] } } }
  const peer = await d.member(0x102n, [registry], wanting)
  const game = await d.member(0x101n, [registry], { offer: { services: [{ app: 'game' }] } })
  await until(() => peer.services({ app: 'game' }).length === 1 && !admin.isStale)
  await until(() => admin.entry(0x101n) !== undefined)
  const gone = told(peer, 'service_down', ({ record }) => record.app === 'game')
  t.deepEqual(await admin.retire(0x101n), { code: RESULT.OK, what: '', says: '' })
  t.is((await gone)[1], 'retire')
  await until(() => peer.node.peer(0x101n) === undefined)
  t.is(registry.entry(0x101n), undefined)
  await game.node.close()
  await d.member(0x101n, [registry], { offer: { services: [{ app: 'game' }] } })
  await until(() => peer.services({ app: 'game' }).length === 1)
})

test('who is no administrator retires nobody', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n)
  const one = await d.member(0x101n, [registry])
  await d.member(0x102n, [registry])
  await until(() => !one.isStale && registry.members().length === 3)
  t.is((await one.retire(0x102n)).code, RESULT.FORBIDDEN)
  t.is((await registry.retire(0x103n)).code, RESULT.NOT_FOUND)
  t.truthy(registry.entry(0x102n))
})

test('an owner changes the status of its service, and every list follows', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n)
  const services = [{ app: 'game', instance: 'a' }]
  const game = await d.on(await d.nodes.child(registry.node, 0x101n), { offer: { services } })
  const other = await d.on(await d.nodes.child(registry.node, 0x102n))
  await until(() => other.services({ app: 'game' }).length === 1)
  const changed = told(other, 'service_changed')
  const where = { env: 'default', app: 'game', zone: 'default', instances: ['a'] }
  const result = await game.change({ ...where, statuses: [STATUS.WAITING] })
  t.is(result.code, RESULT.OK)
  t.is((await changed)[0].record.status, STATUS.WAITING)
  const unknown = { ...where, instances: ['a', 'b'], metadata: ['{}', '{}'] }
  t.is((await game.change(unknown)).code, RESULT.BAD_REQUEST)
})

test('an order where no registry is known says so', async (t) => {
  const d = new Directories(t)
  const alone = await d.root(0x101n)
  t.is((await alone.retire(0x102n)).code, RESULT.NOT_READY)
  t.is(await codeOf(alone.ready({ timeoutMs: 1 })), 'TIMEOUT')
  t.is(await codeOf(alone.ready({ signal: AbortSignal.abort() })), 'ABORTED')
  const waiting = alone.ready()
  await alone.close()
  t.is(await codeOf(waiting), 'NODE_CLOSED')
  t.is(await codeOf(alone.retire(0x102n)), 'NODE_CLOSED')
  t.is(
    thrownCode(() => alone.offer({ services: [] })),
    'NODE_CLOSED',
  )
})

test('a name that is taken is refused with its key and its holder, and the first stays (000-05)', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n)
  const named = { offer: { services: [{ app: 'game', name: 'lobby' }] } }
  await d.member(0x101n, [registry], named)
  await until(() => registry.entry(0x101n) !== undefined)
  const before = JSON.stringify(registry.entry(0x101n), replacer)
  const second = await d.root(0x102n, named)
  await second.close()
  const closed = new Promise((resolve) => second.node.once('link_down', resolve))
  const again = await d.on(second.node, { ...named, registries: registry.node.addresses })
  const [refused] = await told(again, 'refused')
  t.is(refused.refusal.code, RESULT.ID_CONFLICT)
  t.is(refused.refusal.what, 'name:default/lobby')
  t.is(refused.holder, 0x101n)
  await closed
  t.is(registry.entry(0x102n), undefined)
  t.is(JSON.stringify(registry.entry(0x101n), replacer), before)
})

function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

const UNLAWFUL = [
  ['an app that is missing', { app: '' }, /app is missing/],
  ['metadata that is no JSON', { app: 'a', metadata: '{' }, /records\[0\]\.metadata/],
  ['metadata that is no object', { app: 'a', metadata: '[]' }, /records\[0\]\.metadata/],
  ['a status of its own', { app: 'a', status: 3 as 1 }, /records\[0\]\.status/],
  ['a port beyond all ports', { app: 'a', ports: [65_536] }, /ports/],
  ['a slash in a name of place', { app: 'a/b' }, /slash/],
] as const

for (const [what, service, says] of UNLAWFUL) {
  test(`${what} is refused at once, naming the field, and nothing changes`, async (t) => {
    const d = new Directories(t)
    const registry = await d.registry(0x10n)
    t.throws(() => registry.offer({ services: [service] }), { message: says })
    t.deepEqual(
      registry.services().map(({ record }) => record.app),
      ['registry'],
    )
    const node = await d.nodes.child(registry.node, 0x101n)
    t.is(await codeOf(Directory.start(node, { offer: { services: [service] } })), 'BAD_ARGUMENT')
  })
}

test('bytes that are no message of a directory are counted and dropped', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n)
  const node = await d.nodes.child(registry.node, 0x101n)
  const layer = node.openLayer('directory', { message: () => undefined })
  for (const bytes of [[], [255], [1, 2, 3], new Array(5_000).fill(7)]) {
    layer.send(0x10n, Uint8Array.from(bytes))
  }
  await until(() => registry.status().counters.bad === 4)
  t.is(registry.status().members, 1)
})

test('a node that closes takes its services back at every registry (000-13a)', async (t) => {
  const d = new Directories(t, 'unix')
  const first = await d.registry(0x10n)
  const second = await d.registry(0x11n, { registries: first.node.addresses })
  const node = await d.member(0x101n, [first, second])
  await until(() => [first, second].every((one) => one.entry(0x101n) !== undefined))
  const left = [first, second].map((one) => told(one, 'left', ({ id }) => id === 0x101n))
  await node.node.close()
  t.deepEqual(
    (await Promise.all(left)).map(([{ reason }]) => reason),
    ['cancel', 'cancel'],
  )
})

test('a node that offers nothing is registered all the same (000-04b)', async (t) => {
  const d = new Directories(t)
  const registry = await d.registry(0x10n)
  const options = { zone: 'default', group: 'g', roles: ['a', 'b'] }
  const node = await d.on(await d.nodes.child(registry.node, 0x101n), options)
  await until(() => registry.entry(0x101n) !== undefined)
  const info = registry.entry(0x101n)?.node
  t.is(info?.incarnation, node.incarnation)
  t.is(info?.group, 'g')
  t.deepEqual(info?.roles, ['a', 'b'])
})
