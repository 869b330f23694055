import test from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const PING = { kind: 'ping', ping: { timePointUs: 1n, refreshBindings: [] } } as const

function root(): Host {
  const host = new World().host({ id: 0x100n })
  host.give({ kind: 'start' })
  return host
}

function claim(host: Host, life: number | undefined, pid = 1): Stranger {
  const stranger = Stranger.to(host)
  const register = registrationOf({ id: 0x200n, pid, ...(life !== undefined && { life }) })
  stranger.say({ kind: 'register_req', register })
  return stranger
}

function downs(host: Host): (string | undefined)[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'link_down' ? [event.reason] : [],
  )
}

for (const [kind, lives] of [
  ['of ours', [1, 2]],
  ['plain', [undefined, undefined]],
  ['of both kinds', [1, undefined]],
] as const) {
  test(`another life ${kind} is refused at once while the holder spoke within a second`, (t) => {
    const host = root()
    const holder = claim(host, lives[0])
    host.world.advance(500)
    holder.say(PING)
    host.world.advance(999)
    const second = claim(host, lives[1], 2)
    t.is(second.last().resultCode, -73)
    t.is(second.closedHow, 'flush')
    t.true(holder.isOpen)
    t.deepEqual(downs(host), [])
  })

  test(`another life ${kind} is refused once the holder answers the probe`, (t) => {
    const host = root()
    const holder = claim(host, lives[0])
    host.world.advance(2_000)
    const second = claim(host, lives[1], 2)
    t.is(second.heardMessages.length, 0)
    t.is(holder.last().kind, 'ping')
    host.world.advance(999)
    t.true(second.isOpen)
    holder.say({ ...PING, kind: 'pong' })
    t.is(second.last().resultCode, -73)
    t.false(second.isOpen)
    t.true(holder.isOpen)
  })

  test(`another life ${kind} takes the id of a holder that stays silent`, (t) => {
    const host = root()
    const holder = claim(host, lives[0])
    host.world.advance(2_000)
    const second = claim(host, lives[1], 2)
    host.world.advance(999)
    t.is(second.heardMessages.length, 0)
    host.world.advance(1)
    t.is(second.last().resultCode, 0)
    t.false(holder.isOpen)
    t.deepEqual(downs(host), ['replaced'])
    t.is(host.core.link(0x200n)?.pid, 2)
  })
}

test('a holder that goes during the probe leaves its id to whoever waits', (t) => {
  const host = root()
  const holder = claim(host, 1)
  host.world.advance(2_000)
  const second = claim(host, 2)
  holder.hangUp()
  t.is(second.last().resultCode, 0)
  t.is(host.core.links().length, 1)
})

test('a claimant that goes during the probe leaves the holder alone', (t) => {
  const host = root()
  const holder = claim(host, 1)
  host.world.advance(2_000)
  claim(host, 2).hangUp()
  host.world.advance(5_000)
  t.true(holder.isOpen)
  t.deepEqual(downs(host), [])
})

test('of two lives that wait for a silent holder one gets the id, the other is told', (t) => {
  const host = root()
  claim(host, 1)
  host.world.advance(2_000)
  const second = claim(host, 2)
  host.world.advance(100)
  const third = claim(host, 3)
  host.world.advance(2_000)
  t.is(host.core.links().length, 1)
  t.deepEqual([second.last().resultCode, third.last().resultCode], [0, -73])
  t.is(second.isOpen, true)
})

test('the same life that comes back while another waits for its silence keeps its id', (t) => {
  const host = root()
  const holder = claim(host, 1)
  host.world.advance(2_000)
  const other = claim(host, 2)
  const again = claim(host, 1)
  t.is(other.last().resultCode, -73)
  host.world.advance(1_000)
  t.is(host.core.links().length, 1)
  t.is(again.last().resultCode, 0)
  t.false(holder.isOpen)
  t.true(again.isOpen)
})

test('many claimants of one id end with one link and an answer each', (t) => {
  const host = root()
  claim(host, 1)
  host.world.advance(2_000)
  const claimants = Array.from({ length: 20 }, (_, index) => {
    host.world.advance(10)
    return claim(host, 2 + index)
  })
  host.world.advance(3_000)
  t.is(host.core.links().length, 1)
  t.is(claimants.filter((claimant) => claimant.last().resultCode === 0).length, 1)
  t.is(claimants.filter((claimant) => claimant.last().resultCode === -73).length, 19)
})

test('robustness 26: the same life that comes back replaces its half-open link', (t) => {
  const host = root()
  const old = claim(host, 1)
  host.world.advance(100)
  const again = claim(host, 1)
  host.world.advance(1_000)
  t.is(again.last().resultCode, 0)
  t.deepEqual(downs(host), ['replaced'])
  t.is(old.closedHow, 'flush')
  t.is(host.core.links().length, 1)
})

test('a late close of an old connection leaves the newer link alone', (t) => {
  const host = root()
  const old = claim(host, 1)
  const again = claim(host, 1)
  host.world.advance(1_000)
  host.give({ kind: 'closed', connection: old.connection, clean: false })
  host.give({ kind: 'closed', connection: old.connection, clean: true })
  t.is(host.core.links().length, 1)
  t.true(again.isOpen)
  again.sayData({ from: 0x200n, to: 0x100n, text: 'still here' })
  t.is(host.messages[0]?.text, 'still here')
})

test('late data of a replaced connection is not delivered', (t) => {
  const host = root()
  const old = claim(host, 1)
  claim(host, 1)
  host.world.advance(1_000)
  t.deepEqual(host.core.receive(host.world.nowMs, old.connection), [])
  t.is(host.messages.length, 0)
  t.is(host.core.counters.lateInputs, 1)
})

test('robustness 26: a child that flaps a hundred times has one link and no leftovers', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const child = world.host({ id: 0x200n, parents: [PARENT] })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  for (let round = 0; round < 100; round++) {
    const [connection] = child.ends.keys()
    if (connection === undefined) t.fail('no connection')
    else if (round % 2 === 0) world.cut(child, connection)
    else world.blackhole(child, connection)
    world.advance(30_000)
    t.is(child.core.links().length, 1, `round ${round}`)
    t.is(parent.core.links().length, 1)
  }
  t.is(child.ends.size, 1)
  t.is(parent.ends.size, 1)
  child.send(0x100n, 'once')
  t.deepEqual(
    parent.messages.map((message) => message.text),
    ['once'],
  )
})

test('a node that claims our own id is refused', (t) => {
  const host = root()
  for (const life of [undefined, 1]) {
    const stranger = Stranger.to(host)
    const register = registrationOf({ id: 0x100n, ...(life && { life }) })
    t.is(stranger.register(register).resultCode, -73)
    t.false(stranger.isOpen)
  }
  t.is(host.core.links().length, 0)
})

test('a parent that answers with our own id is refused', (t) => {
  const world = new World()
  const host = world.host({ id: 0x200n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x200n, life: 1 }) })
  t.is(host.core.links().length, 0)
  t.false(dialled[0]?.isOpen)
})

test('an id is refused for want of room only while it has no link', (t) => {
  const limits = { ...DEFAULT_LIMITS, linksMax: 2 }
  const host = new World().host({ id: 0x100n, limits })
  const codes = [0x200n, 0x300n, 0x400n].map(
    (id) => Stranger.to(host).register(registrationOf({ id, life: Number(id) })).resultCode,
  )
  t.deepEqual(codes, [0, 0, -4])
  const again = registrationOf({ id: 0x300n, life: 0x300 })
  const stranger = Stranger.to(host)
  stranger.say({ kind: 'register_req', register: again })
  host.world.advance(1_000)
  t.is(stranger.last().resultCode, 0)
  t.is(host.core.links().length, 2)
})
