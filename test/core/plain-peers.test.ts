import test from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const PLAIN = { id: 0x200n, pid: 7 }

function root(overrides = {}): Host {
  const host = new World().host({ id: 0x100n, ...overrides })
  host.give({ kind: 'start' })
  return host
}

function downs(host: Host): string[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'link_down' ? [event.reason] : [],
  )
}

/** A plain child with its control and its data connection. */
function plainChild(host: Host): [Stranger, Stranger] {
  const control = Stranger.to(host).join(registrationOf(PLAIN))
  const data = Stranger.to(host).join(registrationOf(PLAIN))
  return [control, data]
}

test('both connections of a plain child make one link, and data goes over the second', (t) => {
  const host = root()
  const [control, data] = plainChild(host)
  t.is(host.core.links().length, 1)
  t.is(host.send(0x200n, 'down'), 'sent')
  t.is(data.last().data?.text, 'down')
  t.is(control.last().kind, 'register_rsp')
})

test('before the second connection is there data goes over the first, and stays on it', (t) => {
  const host = root()
  const control = Stranger.to(host).join(registrationOf(PLAIN))
  host.send(0x200n, 'first')
  const data = Stranger.to(host).join(registrationOf(PLAIN))
  host.send(0x200n, 'second')
  t.deepEqual(
    control.heardMessages.flatMap(({ data }) => (data ? [data.text] : [])),
    ['first', 'second'],
  )
  t.is(data.last().kind, 'register_rsp')
})

test('data from either connection of a plain child is taken', (t) => {
  const host = root()
  const [control, data] = plainChild(host)
  control.sayData({ from: 0x200n, to: 0x100n, text: 'a' })
  data.sayData({ from: 0x200n, to: 0x100n, text: 'b' })
  t.deepEqual(
    host.messages.map(({ text }) => text),
    ['a', 'b'],
  )
})

test('pings go over the control connection', (t) => {
  const host = root()
  const [control, data] = plainChild(host)
  host.world.advance(8_000)
  t.is(control.last().kind, 'ping')
  t.is(data.last().kind, 'register_rsp')
})

test('a plain child without a second connection ends after 30 seconds', (t) => {
  const host = root()
  const control = Stranger.to(host).join(registrationOf(PLAIN))
  for (let second = 0; second < 29; second++) {
    host.world.advance(1_000)
    control.say({ kind: 'ping', ping: { timePointUs: 1n, refreshBindings: [] } })
  }
  host.world.advance(999)
  t.true(control.isOpen)
  host.world.advance(1)
  t.deepEqual(downs(host), ['half_registered'])
  t.false(control.isOpen)
})

test('one of ours needs no second connection', (t) => {
  const host = root()
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  for (let second = 0; second < 60; second++) {
    host.world.advance(1_000)
    child.say({ kind: 'ping', ping: { timePointUs: 1n, refreshBindings: [] } })
  }
  t.true(child.isOpen)
})

for (const [which, title] of [
  [0, 'the control connection'],
  [1, 'the last data connection'],
] as const) {
  test(`a plain child that loses ${title} loses its link and the other one`, (t) => {
    const host = root()
    const both = plainChild(host)
    both[which]?.hangUp(false)
    t.deepEqual(downs(host), ['lost'])
    t.false(both[1 - which]?.isOpen)
    t.is(host.ends.size, 0)
  })
}

test('a plain child that comes back while its old connections are half-open is not joined to them', (t) => {
  const host = root()
  const [control, data] = plainChild(host)
  const again = Stranger.to(host)
  t.is(again.register(registrationOf(PLAIN)).resultCode, 0)
  t.deepEqual(downs(host), ['replaced'])
  t.false(control.isOpen)
  t.false(data.isOpen)
  t.true(again.isOpen)
  t.is(host.core.links().length, 1)
})

test('a plain child whose control connection is silent is lost, whatever the other one says', (t) => {
  const host = root()
  const [, data] = plainChild(host)
  for (let second = 0; second < 25; second++) {
    if (data.isOpen) data.sayData({ from: 0x200n, to: 0x100n, text: 'busy' })
    host.world.advance(1_000)
  }
  t.deepEqual(downs(host), ['silent'])
})

test('a bound connection may register again and stays what it is', (t) => {
  const host = root()
  const [control, data] = plainChild(host)
  t.is(control.register(registrationOf(PLAIN)).resultCode, 0)
  t.is(data.register(registrationOf(PLAIN)).resultCode, 0)
  t.is(host.core.links().length, 1)
  t.is(host.events.filter(({ kind }) => kind === 'link_up').length, 1)
})

for (const [title, change] of [
  ['another id', { id: 0x201n }],
  ['another process', { pid: 8 }],
  ['another host', { hostname: 'elsewhere' }],
] as const) {
  test(`a bound connection that registers as ${title} ends with its link`, (t) => {
    const host = root()
    const [control] = plainChild(host)
    const answer = control.register(registrationOf({ ...PLAIN, ...change }))
    t.is(answer.resultCode, -70)
    t.deepEqual(downs(host), ['fault'])
  })
}

test('a plain parent is dialled twice, and data goes over the second connection', (t) => {
  const host = new World().host({ id: 0x200n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n }) })
  t.is(dialled.length, 2)
  dialled[1]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n }) })
  t.is(host.send(0x100n, 'up'), 'sent')
  t.is(dialled[1]?.last().data?.text, 'up')
  t.deepEqual(dialled[0]?.kinds(), ['register_req', 'handshake_confirm'])
})

test('a data connection that another life answers ends the link', (t) => {
  const host = new World().host({ id: 0x200n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, pid: 1 }) })
  dialled[1]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, pid: 2 }) })
  t.is(host.core.links().length, 0)
  t.deepEqual(downs(host), ['half_registered'])
})

test('while a plain parent lasts its lost data connection is a lost link', (t) => {
  const host = new World().host({ id: 0x200n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  for (const index of [0, 1]) {
    dialled[index]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n }) })
  }
  dialled[1]?.hangUp(false)
  t.deepEqual(downs(host), ['lost'])
  t.false(dialled[0]?.isOpen)
  t.is(host.core.state, 'parent_lost')
})

test('two plain nodes of ours are what libatbus nodes are to each other', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n, announce: false }).listen(PARENT)
  const child = world.host({ id: 0x200n, announce: false, parents: [PARENT] })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  t.is(child.ends.size, 2)
  world.advance(60_000)
  t.deepEqual([child.send(0x100n, 'a'), parent.send(0x200n, 'b')], ['sent', 'sent'])
  t.deepEqual([parent.messages.length, child.messages.length], [1, 1])
  t.deepEqual([downs(parent), downs(child)], [[], []])
})

test('robustness 14: of silent connections past 256 the oldest makes room', (t) => {
  const host = root()
  const silent = Array.from({ length: 256 }, () => Stranger.to(host))
  t.true(silent.every((stranger) => stranger.isOpen))
  const lawful = Stranger.to(host)
  t.deepEqual(
    silent.filter((stranger) => !stranger.isOpen),
    silent.slice(0, 1),
  )
  t.is(silent[0]?.closedHow, 'now')
  t.is(host.core.counters.evicted, 1)
  t.is(lawful.register(registrationOf(PLAIN)).resultCode, 0)
})

test('robustness 14: connections that registered or went take no place among the silent', (t) => {
  const limits = { ...DEFAULT_LIMITS, pendingConnectionsMax: 3 }
  const host = root({ limits })
  for (let id = 0x200n; id < 0x210n; id++) Stranger.to(host).join(registrationOf({ id, life: 1 }))
  for (let gone = 0; gone < 10; gone++) Stranger.to(host).hangUp()
  const silent = [Stranger.to(host), Stranger.to(host), Stranger.to(host)]
  t.is(host.core.counters.evicted, 0)
  t.true(silent.every((stranger) => stranger.isOpen))
  Stranger.to(host)
  t.is(host.core.counters.evicted, 1)
  t.is(host.core.links().length, 16)
})

test('robustness 14: whoever does not register is closed after 5 seconds', (t) => {
  const host = root()
  const silent = Stranger.to(host)
  host.world.advance(4_999)
  t.true(silent.isOpen)
  host.world.advance(1)
  t.false(silent.isOpen)
  const refused = host.events.find(({ kind }) => kind === 'refused')
  t.is(refused?.kind === 'refused' && refused.code, 'TIMEOUT')
  // Nothing but the end of its warming up is waited for.
  host.world.advance(10_000)
  t.is(host.core.nextDeadlineMs(), Number.POSITIVE_INFINITY)
})

test('robustness 14: a stranger that drips bytes is closed after 5 seconds all the same', (t) => {
  const host = root()
  const slow = Stranger.to(host)
  for (let second = 0; second < 5; second++) {
    slow.sayBytes(Uint8Array.of(0))
    host.world.advance(1_000)
  }
  t.false(slow.isOpen)
})
