import test from 'ava'
import type { CoreConfig } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const FIRST = 'ipv4://10.0.0.1:7000'
const SECOND = 'ipv4://10.0.0.2:7000'

/** Spreads nothing, so that times can be told. */
const RETRY = { firstMs: 500, maxMs: 3_000, jitter: 0, refusedMinMs: 5_000, refusedMaxMs: 15_000 }

function child(world: World, overrides: Partial<CoreConfig> = {}): Host {
  return world.host({ id: 0x200n, parents: [FIRST, SECOND], retry: RETRY, ...overrides })
}

function dials(host: Host): string[] {
  return host.effects.flatMap((effect) => (effect.kind === 'dial' ? [effect.address] : []))
}

function states(host: Host): string[] {
  return host.events.flatMap((event: CoreEvent) => (event.kind === 'state' ? [event.state] : []))
}

function parentsSeen(host: Host): unknown[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'parent_changed' ? [[event.previous, event.parent]] : [],
  )
}

test('a root runs at once, a child once its parent took it', (t) => {
  const world = new World()
  const root = world.host({ id: 0x100n }).listen(FIRST)
  root.give({ kind: 'start' })
  t.deepEqual(states(root), ['running'])
  const host = child(world)
  t.is(host.core.state, 'connecting')
  host.give({ kind: 'start' })
  t.deepEqual(states(host), ['running'])
  t.deepEqual(parentsSeen(host), [[0n, 0x100n]])
})

test('addresses that do not answer are tried in turn, each time later', (t) => {
  const world = new World()
  const host = child(world)
  host.give({ kind: 'start' })
  const times = []
  for (let count = 1; count <= 5; count++) {
    times.push(world.nowMs)
    const waitMs = host.core.nextDeadlineMs() - world.nowMs
    world.advance(waitMs)
  }
  t.deepEqual(times, [0, 500, 1_500, 3_500, 6_500])
  t.deepEqual(dials(host), [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND])
  t.is(host.core.counters.dialsFailed, 6)
})

test('a dial that hangs is given up after the register time', (t) => {
  const world = new World()
  world.answers.set(FIRST, () => {})
  const host = child(world)
  host.give({ kind: 'start' })
  world.advance(4_999)
  t.is(dials(host).length, 1)
  world.advance(501)
  t.deepEqual(dials(host), [FIRST, SECOND])
})

test('a parent that does not answer the registration is given up after the register time', (t) => {
  const world = new World()
  const host = child(world)
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  world.advance(5_000)
  t.is(dialled[0]?.closedHow, 'now')
  world.advance(500)
  t.deepEqual(dials(host), [FIRST, SECOND])
})

test('one who was refused tries the next address after 5 to 15 seconds', (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const world = new World()
    for (let skipped = 0; skipped < seed; skipped++) world.host({ id: 1n })
    const host = child(world)
    const dialled = Stranger.listening(host, FIRST)
    host.give({ kind: 'start' })
    const register = registrationOf({ id: 0x100n, life: 1 })
    dialled[0]?.say({ kind: 'register_rsp', register }, { resultCode: -73 })
    const dueMs = host.core.nextDeadlineMs()
    t.true(dueMs >= 5_000 && dueMs <= 15_000, `${dueMs}`)
    world.advance(dueMs)
    t.deepEqual(dials(host), [FIRST, SECOND])
  }
})

test('a lost parent is dialled again at once, at the same address', (t) => {
  const world = new World()
  const host = child(world)
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  const register = () => registrationOf({ id: 0x100n, life: 1 })
  dialled[0]?.say({ kind: 'register_rsp', register: register() })
  world.advance(10_000)
  dialled[0]?.hangUp(false)
  t.is(host.core.state, 'parent_lost')
  world.advance(0)
  t.deepEqual(dials(host), [FIRST, FIRST])
  dialled[1]?.say({ kind: 'register_rsp', register: register() })
  t.deepEqual(states(host), ['running', 'parent_lost', 'running'])
  t.deepEqual(parentsSeen(host), [[0n, 0x100n]])
})

const UNLAWFUL: [string, (parent: Stranger) => void][] = [
  [
    'answers with a ping',
    (parent) => parent.say({ kind: 'ping', ping: { timePointUs: 0n, refreshBindings: [] } }),
  ],
  ['sends a damaged frame', (parent) => parent.sayBytes(Uint8Array.of(1, 2, 3, 4, 1, 7))],
  ['sends an endless length', (parent) => parent.sayBytes(new Uint8Array(16).fill(255))],
  ['sends an empty frame', (parent) => parent.sayBytes(new Uint8Array(5))],
]

for (const [title, act] of UNLAWFUL) {
  test(`a parent that ${title} is tried again like any that failed`, (t) => {
    const world = new World()
    const host = child(world)
    const dialled = Stranger.listening(host, FIRST)
    host.give({ kind: 'start' })
    const [parent] = dialled
    if (parent !== undefined) act(parent)
    t.false(parent?.isOpen)
    world.advance(15_000)
    t.true(dials(host).length > 1)
  })
}

test('a parent that takes us and drops us at once is not dialled without pause', (t) => {
  const world = new World()
  const host = child(world, { parents: [FIRST] })
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  for (let round = 0; round < 50; round++) {
    const parent = dialled.at(-1)
    if (parent?.isOpen) {
      parent.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
      parent.hangUp()
    }
    const dueMs = host.core.nextDeadlineMs()
    if (dueMs > 1_000) break
    world.nowMs = Math.max(world.nowMs, dueMs)
    host.give({ kind: 'tick' })
  }
  t.true(dialled.length <= 4, `${dialled.length} dials within a second`)
})

test('with give_up a first attempt that fails ends the node', (t) => {
  const world = new World()
  const host = child(world, { firstConnection: 'give_up' })
  host.give({ kind: 'start' })
  const event = host.events.find(({ kind }) => kind === 'gave_up')
  t.is(event?.kind === 'gave_up' && event.code, 'DIAL_FAILED')
  world.advance(60_000)
  t.deepEqual(dials(host), [FIRST])
})

test('with give_up a first registration that is refused ends the node with the code', (t) => {
  const world = new World()
  const host = child(world, { firstConnection: 'give_up' })
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  const register = registrationOf({ id: 0x100n })
  dialled[0]?.say({ kind: 'register_rsp', register }, { resultCode: -11 })
  const event = host.events.find(({ kind }) => kind === 'gave_up')
  t.is(event?.kind === 'gave_up' && event.code, 'ACCESS_DENIED')
})

test('with give_up a later loss is retried like any other', (t) => {
  const world = new World()
  const host = child(world, { firstConnection: 'give_up' })
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
  dialled[0]?.hangUp()
  world.answers.delete(FIRST)
  world.advance(10_000)
  t.true(dials(host).length > 3)
  t.deepEqual(
    host.events.filter(({ kind }) => kind === 'gave_up'),
    [],
  )
})

test('another id at the parent address is told as a changed parent', (t) => {
  const world = new World()
  const host = child(world, { parents: [FIRST] })
  const dialled = Stranger.listening(host, FIRST)
  host.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
  dialled[0]?.hangUp()
  world.advance(3_000)
  dialled[1]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x101n, life: 2 }) })
  t.deepEqual(parentsSeen(host), [
    [0n, 0x100n],
    [0x100n, 0x101n],
  ])
  t.is(host.core.topology.get(0x200n)?.parent, 0x101n)
})

test('a disconnected link ends on both sides with its reason', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(FIRST)
  const host = child(world)
  host.give({ kind: 'start' })
  parent.give({ kind: 'disconnect', id: 0x200n })
  const reasons = [parent, host].map((side) =>
    side.events.flatMap((event: CoreEvent) => (event.kind === 'link_down' ? [event.reason] : [])),
  )
  t.deepEqual(reasons, [['disconnected'], ['left']])
  parent.give({ kind: 'disconnect', id: 0x777n })
  t.is(parent.events.filter(({ kind }) => kind === 'link_down').length, 1)
})

test('robustness 22: a broken connection ends the link at once on both ends', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(FIRST)
  const host = child(world)
  host.give({ kind: 'start' })
  const [connection] = host.ends.keys()
  if (connection !== undefined) world.cut(host, connection)
  t.is(parent.core.links().length, 0)
  const down = parent.events.find(({ kind }) => kind === 'link_down')
  t.is(down?.kind === 'link_down' && down.reason, 'lost')
})

test('a silent parent is given up after 24 seconds and dialled again', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(FIRST)
  const host = child(world)
  host.give({ kind: 'start' })
  const [connection] = host.ends.keys()
  if (connection !== undefined) world.blackhole(host, connection)
  world.advance(23_999)
  t.deepEqual(states(host), ['running'])
  world.advance(1)
  t.deepEqual(states(host), ['running', 'parent_lost', 'running'])
  t.is(host.core.links().length, 1)
  t.is(parent.core.links().length, 1)
})

test('a node that stops ends every link and dials nobody again', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(FIRST)
  const host = child(world).listen('ipv4://10.0.0.9:1')
  const below = world.host({ id: 0x300n, parents: ['ipv4://10.0.0.9:1'] })
  for (const each of [parent, host, below]) each.give({ kind: 'start' })
  Stranger.to(host)
  host.give({ kind: 'stop' })
  t.is(host.core.state, 'stopped')
  t.is(host.ends.size, 0)
  t.is(host.core.nextDeadlineMs(), Number.POSITIVE_INFINITY)
  const reasons = host.events.flatMap((event: CoreEvent) =>
    event.kind === 'link_down' ? [event.reason] : [],
  )
  t.deepEqual(reasons, ['closing', 'closing'])
  t.is(parent.core.links().length, 0)
  t.is(below.core.state, 'parent_lost')
})

test('a dial that comes through after the stop is not taken up', (t) => {
  const world = new World()
  let late = 0
  world.answers.set(FIRST, (_host, connection) => {
    late = connection
  })
  const host = child(world)
  host.give({ kind: 'start' })
  host.give({ kind: 'stop' })
  const before = host.effects.length
  host.give({ kind: 'dial_failed', connection: late, detail: '' })
  t.is(host.effects.length, before)
  t.is(host.core.counters.lateInputs, 1)
})
