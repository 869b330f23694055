import test from 'ava'
import type { CoreConfig } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { type Host, World } from '../core/_harness.js'
import { registrationOf, token } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import {
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  Received,
  thrownCode,
} from '../node/_nodes.js'

const ADDRESS = 'ipv4://10.0.0.1:7000'
const TOKENS = [token('t')]

interface Pair {
  readonly world: World
  readonly parent: Host
  readonly child: Host
}

function pair(
  above: Partial<CoreConfig> = {},
  below: Partial<CoreConfig> = {},
  ids: readonly [bigint, bigint] = [0x100n, 0x200n],
): Pair {
  const world = new World()
  const parent = world.host({ id: ids[0], ...above }).listen(ADDRESS)
  const child = world.host({ id: ids[1], parents: [ADDRESS], ...below })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  return { world, parent, child }
}

function downs(host: Host): string[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'link_down' ? [event.reason] : [],
  )
}

function refusals(host: Host): string[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'refused' ? [`${event.by} ${event.code} ${event.wireCode}`] : [],
  )
}

function parents(host: Host): [bigint, bigint][] {
  return host.events.flatMap((event: CoreEvent): [bigint, bigint][] =>
    event.kind === 'parent_changed' ? [[event.previous, event.parent]] : [],
  )
}

/** Ours on both ends, then a plain one on either. */
const KINDS: readonly [string, Partial<CoreConfig>, Partial<CoreConfig>][] = [
  ['ours', {}, {}],
  ['a plain child', {}, { announce: false }],
  ['a plain parent', { announce: false }, {}],
]

test('parity atbus_node_reg.reset_and_send_tcp: nodes meet, talk, and part with an event on each side', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const received = new Received(child)
  t.is(parent.send(CHILD, 'hello'), 'sent')
  await received.count(1)
  const down = eventOf(parent, 'link_down')
  await Promise.all([child.close(), child.close()])
  t.is((await down).link.id, CHILD)
  t.deepEqual(parent.peers(), [])
  t.is(parent.send(CHILD, 'gone'), 'no_route')
  t.is(child.send(PARENT, 'closed'), 'closed')
})

test('parity atbus_node_reg.timeout: a connection without a registration is closed and told', (t) => {
  const host = new World().host({ id: 0x100n })
  const silent = [Stranger.to(host), Stranger.to(host)]
  host.world.advance(5_000)
  t.true(silent.every(({ isOpen }) => !isOpen))
  t.deepEqual(refusals(host), ['us TIMEOUT -211', 'us TIMEOUT -211'])
  t.is(host.core.nextDeadlineMs(), Number.POSITIVE_INFINITY)
})

test('parity atbus_node_reg.message_size_limit: a message of the limit goes, one byte more is refused', async (t) => {
  const nodes = new Nodes(t)
  const limit = { messageBytesMax: 65_536 }
  const { parent, child } = await nodes.pair('tcp', { parent: limit, child: limit })
  const received = new Received(parent)
  t.is(child.send(PARENT, new Uint8Array(65_536)), 'sent')
  await received.count(1)
  t.is(received.messages[0]?.payload.length, 65_536)
  t.is(
    thrownCode(() => child.send(PARENT, new Uint8Array(65_537))),
    'MESSAGE_TOO_LONG',
  )
})

test('parity atbus_node_reg.reg_failed_with_mismatch_access_token: both ends are told, neither has a link', (t) => {
  const { parent, child } = pair({ tokens: TOKENS }, { tokens: [token('other')] })
  t.deepEqual([...parent.core.links(), ...child.core.links()], [])
  t.deepEqual(
    [refusals(parent), refusals(child)],
    [['us ACCESS_DENIED -11'], ['peer ACCESS_DENIED -11']],
  )
})

test('parity atbus_node_reg.reg_failed_with_missing_access_token: on either side alone it is refused', (t) => {
  for (const [above, below] of [
    [TOKENS, []],
    [[], TOKENS],
  ]) {
    const { parent, child } = pair({ tokens: above ?? [] }, { tokens: below ?? [] })
    t.deepEqual([...parent.core.links(), ...child.core.links()], [])
    t.true(refusals(parent).concat(refusals(child)).includes('peer ACCESS_DENIED -11'))
  }
})

test('parity atbus_node_reg.reg_failed_with_unsupported: version 2 is answered with -14', (t) => {
  const host = new World().host({ id: 0x100n })
  const old = Stranger.to(host)
  old.sayAs(2, { kind: 'register_req', register: registrationOf({ id: 0x200n }) })
  t.is(old.last().resultCode, -14)
  t.false(old.isOpen)
  t.deepEqual(refusals(host), ['us BAD_VERSION -14'])
  t.deepEqual(host.core.links(), [])
})

test('parity atbus_node_reg.destruct: a node that vanishes without a word is gone for its neighbour', (t) => {
  const { world, parent, child } = pair()
  const [connection = 0] = child.ends.keys()
  world.cut(child, connection)
  t.deepEqual(downs(parent), ['lost'])
  t.is(parent.send(0x200n, 'x'), 'no_route')
})

test('parity atbus_node_reg.reg_pc_success: parent and child find, leave and find each other, of any kind', (t) => {
  for (const [title, above, below] of KINDS) {
    const { world, parent, child } = pair(above, below)
    t.deepEqual(
      [parent.core.link(0x200n)?.role, child.core.link(0x100n)?.role],
      ['child', 'parent'],
    )
    t.is(child.core.state, 'running', title)
    parent.give({ kind: 'disconnect', id: 0x200n })
    t.is(parent.core.links().length, 0, title)
    const before = parent.events.length
    parent.give({ kind: 'disconnect', id: 0x200n })
    t.is(parent.events.length, before, title)
    world.advance(10_000)
    t.is(parent.core.links().length, 1, title)
    t.deepEqual([child.send(0x100n, 'up'), parent.send(0x200n, 'down')], ['sent', 'sent'])
    t.deepEqual([parent.messages.length, child.messages.length], [1, 1], title)
  }
})

test('parity atbus_node_reg.reg_pc_success_cross_subnet: a parent may have any id, below or above', (t) => {
  for (const ids of [
    [1n, 2n ** 64n - 1n],
    [2n ** 64n - 1n, 1n],
    [0x1234_0000n, 0x8765_0001n],
  ] as const) {
    const { parent, child } = pair({}, {}, ids)
    t.is(child.send(ids[0], 'x'), 'sent')
    t.is(parent.messages[0]?.from, ids[1])
  }
})

test('parity atbus_node_reg.reg_pc_failed_with_subnet_mismatch: ids of one range, side by side, do not refuse each other', (t) => {
  const { world, parent } = pair({}, {}, [0x1234_5678n, 0x1234_5679n])
  const other = world.host({ id: 0x1234_567an, parents: [ADDRESS] })
  other.give({ kind: 'start' })
  t.is(parent.core.links().length, 2)
  t.deepEqual(refusals(parent), [])
})

test('parity atbus_node_reg.reg_bro_success: of two roots one dials, and both have the link', (t) => {
  for (const announce of [true, false]) {
    const world = new World()
    const one = world.host({ id: 0x100n, announce }).listen(ADDRESS)
    const other = world.host({ id: 0x200n })
    for (const host of [one, other]) host.give({ kind: 'start' })
    other.give({ kind: 'connect', address: ADDRESS })
    t.deepEqual([one.core.links().length, other.core.links().length], [1, 1])
    t.is(other.core.link(0x100n)?.role, 'sibling')
    t.deepEqual([other.send(0x100n, 'a'), one.send(0x200n, 'b')], ['sent', 'sent'])
    t.deepEqual([one.messages.length, other.messages.length], [1, 1])
  }
})

test('parity atbus_node_reg.conflict: of two children with one id the first stays, the parent runs on', (t) => {
  const { world, parent, child } = pair()
  const twin = world.host({ id: 0x200n, parents: [ADDRESS] })
  twin.give({ kind: 'start' })
  t.is(parent.core.state, 'running')
  t.is(child.core.state, 'running')
  t.is(twin.core.state, 'connecting')
  t.deepEqual(refusals(twin), ['peer ID_CONFLICT -73'])
  t.is(parent.send(0x200n, 'to the first'), 'sent')
  t.deepEqual([child.messages.length, twin.messages.length], [1, 0])
})

test('parity atbus_node_reg.reconnect_upstream_failed: a lost parent is dialled until it is back', (t) => {
  const { world, parent, child } = pair()
  world.answers.set(ADDRESS, (host, connection) =>
    host.give({ kind: 'dial_failed', connection, detail: 'refused' }),
  )
  parent.give({ kind: 'stop' })
  world.advance(60_000)
  t.is(child.core.state, 'parent_lost')
  const dials = () => child.effects.filter(({ kind }) => kind === 'dial').length
  t.true(dials() > 15)
  world.answers.delete(ADDRESS)
  parent.listens.length = 0
  world.host({ id: 0x100n }).listen(ADDRESS).give({ kind: 'start' })
  world.advance(4_000)
  t.is(child.core.state, 'running')
})

test('parity atbus_node_reg.set_hostname: a host identity that is given counts, else it is found', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp', { hostIdentity: 'given' })
  const child = await nodes.child(parent, CHILD)
  t.is(child.peer(PARENT)?.hostname, 'given')
  t.regex(parent.peer(CHILD)?.hostname ?? '', /^[0-9a-f]{64}$/)
})

test('parity atbus_node_reg.mem_and_send: within a process messages of all sizes go both ways, in order', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const [up, down] = [new Received(parent), new Received(child)]
  const sizes = [...Array.from({ length: 500 }, (_, index) => index), 100_000, 2 * 1024 * 1024]
  for (const [index, size] of sizes.entries()) {
    t.is(child.send(PARENT, new Uint8Array(size).fill(index), { type: index }), 'sent')
    t.is(parent.send(CHILD, new Uint8Array(size).fill(index), { type: index }), 'sent')
  }
  await Promise.all([up.count(sizes.length), down.count(sizes.length)])
  for (const { messages } of [up, down]) {
    t.deepEqual(
      messages.map(({ payload, type }) => [payload.length, type]),
      sizes.map((size, index) => [size, index]),
    )
    t.true(messages.every(({ payload, type }) => payload.every((byte) => byte === (type & 255))))
  }
})

test('parity atbus_node_reg.on_close_connection_normal: a node that closes tells it, and is told of at the other', (t) => {
  for (const [title, above, below] of KINDS) {
    const { parent, child } = pair(above, below)
    child.give({ kind: 'stop' })
    t.deepEqual([downs(child), downs(parent)], [['closing'], ['left']], title)
    t.deepEqual([parent.ends.size, child.ends.size], [0, 0], title)
  }
})

test('parity atbus_node_reg.on_close_connection_by_peer: a connection that its peer resets is told once', (t) => {
  const host = new World().host({ id: 0x100n })
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  child.hangUp(false)
  t.deepEqual(downs(host), ['lost'])
  t.is(host.ends.size, 0)
})

test('parity atbus_node_reg.on_topology_upstream_set: a new parent is told with its id', (t) => {
  for (const [title, above, below] of KINDS) {
    const { child } = pair(above, below)
    t.deepEqual(parents(child), [[0n, 0x100n]], title)
    t.is(child.core.topology.get(0x200n)?.parent, 0x100n, title)
  }
})

test('parity atbus_node_reg.on_topology_upstream_clear: a lost parent is a state, and stays the one that is known', (t) => {
  const { world, parent, child } = pair()
  world.answers.set(ADDRESS, () => {})
  parent.give({ kind: 'stop' })
  t.is(child.core.state, 'parent_lost')
  t.deepEqual(parents(child), [[0n, 0x100n]])
  t.is(child.core.topology.get(0x200n)?.parent, 0x100n)
  t.is(child.send(0x100n, 'x'), 'no_route')
})

test('parity atbus_node_reg.on_topology_upstream_change_id: another id at the same address is told as a change', (t) => {
  const { world, parent, child } = pair()
  parent.give({ kind: 'stop' })
  parent.listens.length = 0
  world.host({ id: 0x101n }).listen(ADDRESS).give({ kind: 'start' })
  world.advance(5_000)
  t.deepEqual(parents(child), [
    [0n, 0x100n],
    [0x100n, 0x101n],
  ])
})

test('parity go.atbus_node_regression: a parent is dialled again within 3 s and a fifth, never sooner than it may', (t) => {
  const world = new World()
  const child = world.host({ id: 0x200n, parents: [ADDRESS] })
  child.give({ kind: 'start' })
  const waits: number[] = []
  for (let round = 0; round < 20; round++) {
    const dueMs = child.core.nextDeadlineMs()
    waits.push(dueMs - world.nowMs)
    world.advance(dueMs - world.nowMs)
  }
  t.true(waits.every((waitMs) => waitMs >= 400 && waitMs <= 3_600))
  t.true(waits.slice(-10).every((waitMs) => waitMs >= 2_400))
})

test('parity go.atbus_node_fault_tolerant: two faults in a row are borne, a good message forgives, the third ends it', (t) => {
  const host = new World().host({ id: 0x100n })
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  const bad = Uint8Array.of(1, 2, 3, 4, 1, 7)
  const good = () => child.sayData({ from: 0x200n, to: 0x100n, text: 'good' })
  for (const say of [bad, bad, good, bad, bad, good]) {
    if (typeof say === 'function') say()
    else child.sayBytes(say)
  }
  t.true(child.isOpen)
  for (let count = 0; count < 3; count++) child.sayBytes(bad)
  t.deepEqual(downs(host), ['fault'])
})

test('parity go.atbus_node_msg: what cannot be sent is refused before anything is', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  t.is(child.send(OTHER, 'up to the parent'), 'sent')
  t.is(parent.send(OTHER, 'x'), 'no_route')
  t.is(
    thrownCode(() => parent.send(CHILD, new Uint8Array(2 * 1024 * 1024 + 1))),
    'MESSAGE_TOO_LONG',
  )
  t.is(await codeOf(parent.confirm(OTHER, 'x')), 'NO_ROUTE')
})
