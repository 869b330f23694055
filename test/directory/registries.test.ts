import test from 'ava'
import type { DirectoryMessage, Replica } from '../../src/directory/directory-messages.js'
import { RESULT } from '../../src/directory/result-code.js'
import { type Cluster, cluster, hashes, NODES, quiet } from './_cluster.js'
import { madeRecord } from './_made.js'

/** Replicas sent since the last `quiet`, one for each change, of one kind of operation. */
function replicas(c: Cluster, kind: Replica['operation']['kind']): { from: bigint; to: bigint }[] {
  return c.sent.filter(
    ({ message }) => message.kind === 'replica' && message.operation.kind === kind,
  )
}

function versionAt(c: Cluster, registry: bigint, busId: bigint) {
  const standing = c.store(registry).get(busId)!
  const { time, by } = standing.stamp
  const next = { ...standing, stamp: { time: time + 1n, by } }
  const version = { busId, incarnation: standing.node.incarnation, stamp: standing.stamp }
  return { standing, next, version }
}

test('002-16: who registers at one of three causes two replicas, at all three none', (t) => {
  const c = cluster({})
  quiet(c)
  const { next } = versionAt(c, 0x10n, 0x101n)
  c.give(0x11n, 0x101n, { kind: 'register', registration: next, sentTo: [0x11n] })
  c.world.run(200)
  t.deepEqual(
    replicas(c, 'put').map(({ from, to }) => [from, to]),
    [
      [0x11n, 0x10n],
      [0x11n, 0x12n],
    ],
  )
  quiet(c)
  c.world.life(0x102n).give({
    kind: 'offer',
    offer: { records: [], wants: { names: [], types: [] }, lease: 'leased' },
  })
  c.world.run(200)
  t.is(replicas(c, 'put').length, 0)
  t.is(hashes(c).size, 1)
  t.is(c.store(0x12n).get(0x102n)?.records.length, 0)
})

const operations: ReadonlyArray<readonly [Replica['operation']['kind'], (c: Cluster) => void]> = [
  [
    'put',
    (c) => {
      const registration = versionAt(c, 0x10n, 0x101n).next
      c.give(0x10n, 0x101n, { kind: 'register', registration, sentTo: [0x10n] })
    },
  ],
  [
    'renew',
    (c) => {
      const { version } = versionAt(c, 0x10n, 0x101n)
      c.give(0x10n, 0x101n, { kind: 'renew', version, sentTo: [0x10n] })
    },
  ],
  [
    'remove',
    (c) => {
      const { version, next } = versionAt(c, 0x10n, 0x101n)
      const dead = { ...version, stamp: next.stamp }
      c.give(0x10n, 0x101n, { kind: 'cancel', version: dead, sentTo: [0x10n] })
    },
  ],
]

for (const [kind, act] of operations) {
  test(`002-17, 000-23: a ${kind} at one registry of 3 + 3 causes five messages, none back`, (t) => {
    const c = cluster({ zones: 2 })
    quiet(c)
    const before = replicas(c, kind).length
    act(c)
    c.world.run(300)
    const sent = replicas(c, kind).slice(before)
    t.is(sent.length, 5)
    t.deepEqual(sent.map(({ to }) => to).sort(), [0x11n, 0x12n, 0x20n, 0x21n, 0x22n])
    t.is(sent.filter(({ from, to }) => from < 0x20n && to >= 0x20n).length, 1)
    t.false(sent.some(({ from, to }) => from >= 0x20n && to < 0x20n))
  })
}

test('002-17: an administrator change at one registry of 3 + 3 causes five messages', (t) => {
  const c = cluster({ zones: 2 })
  quiet(c)
  const base = { kind: 'change', request: 1n, env: 'prod', app: 'game', zone: 'z1' } as const
  c.order(0x12n, { ...base, instances: ['i101'], statuses: [2], metadata: [] })
  c.world.run(300)
  t.is(replicas(c, 'put').length, 5)
})

test('002-13, -14: 1,000 changes reach the other zone by one each, all three taking turns', (t) => {
  const c = cluster({ zones: 2, nodes: [0x101n] })
  quiet(c)
  const count = new Map<bigint, number>()
  for (let change = 0; change < 1_000; change++) {
    c.sent.length = 0
    const registration = versionAt(c, 0x10n, 0x101n).next
    c.give(0x10n, 0x101n, { kind: 'register', registration, sentTo: [0x10n] })
    c.world.run(100)
    const crossing = replicas(c, 'put').filter(({ from, to }) => from < 0x20n && to >= 0x20n)
    if (crossing.length !== 1) t.fail(`${crossing.length} crossed`)
    const to = crossing[0]!.to
    count.set(to, (count.get(to) ?? 0) + 1)
    for (const id of c.registries) {
      if (c.store(id).get(0x101n)?.stamp.time !== registration.stamp.time) t.fail('not everywhere')
    }
  }
  t.is(count.size, 3)
  for (const taken of count.values()) t.true(Math.abs(taken - 333) <= 60, `${taken}`)
})

test('002-12, -09: each registry lists its own zone and the others, and never itself', (t) => {
  const c = cluster({ zones: 2 })
  const { peers } = c.world.life(0x11n).registry!.status()
  const of = (zone: string) => peers.filter((peer) => peer.zone === zone).map(({ busId }) => busId)
  t.deepEqual(of('z1').sort(), [0x10n, 0x12n])
  t.deepEqual(of('z2').sort(), [0x20n, 0x21n, 0x22n])
  t.true(peers.every(({ status }) => status === 'up'))
})

test('002-10: a registry that cannot be reached is listed lost, then up again', (t) => {
  const c = cluster({})
  const statusOf12 = () => {
    const { peers } = c.world.life(0x10n).registry!.status()
    return peers.find(({ busId }) => busId === 0x12n)?.status
  }
  c.world.cut((a, b) => a === 0x10n && b === 0x12n)
  c.world.run(1_000)
  t.is(statusOf12(), 'lost')
  c.world.heal()
  c.world.run(1_000)
  t.is(statusOf12(), 'up')
})

test('002-01: the status of a registry tells zone, flags, records of each app, and its peers', (t) => {
  const c = cluster({})
  const status = c.world.life(0x10n).registry!.status()
  t.is(status.zone, 'z1')
  t.true(status.ready)
  t.deepEqual(
    status.records,
    new Map([
      ['registry', 3],
      ['game', 5],
    ]),
  )
  t.is(status.peers.length, 2)
})

test('002-02, X-27: a registry alone takes registrations at once, and is ready after 60 s', (t) => {
  const c = cluster({ registries: [], nodes: [] })
  c.world.startRegistry(0x10n, 'z1')
  c.world.startNode(0x101n)
  c.world.startNode(0x102n)
  c.world.run(59_000)
  t.not(c.store(0x10n).get(0x101n), undefined)
  t.is(c.world.life(0x102n).client?.watch.state, 'stale')
  t.is(c.table(0x102n).get(0x101n)?.isUp, true)
  c.world.run(2_000)
  t.is(c.world.life(0x102n).client?.watch.state, 'whole')
})

test('002-03, -04, X-27: a third registry is ready at once with the union of two, one peer dead', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: NODES })
  c.world.cut((a, b) => a === 0x10n && b === 0x11n)
  c.registerBare(0x10n, 0x901n)
  c.registerBare(0x11n, 0x902n)
  c.world.startRegistry(0x12n, 'z1')
  c.world.run(1_000)
  const third = c.world.life(0x12n).registry!
  t.true(third.table.isReady)
  for (const id of [0x901n, 0x902n, ...NODES]) t.not(third.table.store.get(id), undefined)
  c.world.kill(0x10n)
  c.world.startRegistry(0x13n, 'z1')
  c.world.run(1_000)
  t.true(c.world.life(0x13n).registry!.table.isReady)
})

test('002-05: the table of a registry holds its own entry before anybody sees it', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  const life = c.world.startRegistry(0x11n, 'z1')
  t.is(life.registry?.table.store.get(0x11n)?.records[0]?.app, 'registry')
})

test('002-06: a registry renews its own entry, and lists itself again where it was removed', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  const { table } = c.world.life(0x10n).registry!
  const renewedAtMs = table.leases.renewedAtMs(0x10n)!
  c.world.run(30_000)
  t.is(table.leases.renewedAtMs(0x10n), renewedAtMs + 30_000)
  const { node, stamp } = table.store.get(0x10n)!
  const { incarnation } = node
  const tombstone = { busId: 0x10n, incarnation, stamp, reason: 'expired' } as const
  table.bury(tombstone, { nowMs: c.world.nowMs, wallMs: 0 })
  t.is(table.store.get(0x10n), undefined)
  c.world.run(31_000)
  t.not(table.store.get(0x10n), undefined)
})

test('002-07: a registry that stops is out of the others and of all nodes within 1 s, by cancel', (t) => {
  const c = cluster({})
  c.world.stop(0x11n)
  c.world.run(1_000)
  t.deepEqual(
    c.registryEvents(0x10n, 'left').map(({ reason }) => reason),
    ['cancel'],
  )
  t.is(c.table(0x101n).get(0x11n), undefined)
})

test('002-08: a fourth registry, and one less, show in all peers and nodes within 1 s', (t) => {
  const c = cluster({})
  c.world.startRegistry(0x13n, 'z1')
  c.world.run(1_000)
  const peersOf = (id: bigint) => {
    const { peers } = c.world.life(id).registry!.status()
    return peers.map(({ busId }) => busId).sort()
  }
  t.deepEqual(peersOf(0x10n), [0x11n, 0x12n, 0x13n])
  t.not(c.table(0x101n).get(0x13n), undefined)
  c.world.stop(0x10n)
  c.world.run(1_000)
  t.deepEqual(peersOf(0x13n), [0x11n, 0x12n])
  t.is(c.table(0x101n).get(0x10n), undefined)
})

test('who told a peer that it is warming compares with it, ready though it is by then', (t) => {
  const c = cluster({ registries: [], nodes: [] })
  const life = c.world.startRegistry(0x13n, 'z1')
  life.give({ kind: 'link', id: 0x12n, up: true })
  c.world.run(61_000)
  t.true(life.registry?.status().ready)
  c.give(0x13n, 0x12n, { kind: 'hello', zone: 'z1', epoch: 5n, ready: true })
  const digests = c.sent.filter(({ to, message }) => to === 0x12n && message.kind === 'digest')
  t.is(digests.length, 1)
})

test('002-11a, -11b, -11c: registries that start one by one know each other at each step', (t) => {
  const c = cluster({ registries: [], nodes: [] })
  const started: bigint[] = []
  for (const id of [0x10n, 0x11n, 0x12n]) {
    c.sent.length = 0
    c.world.startRegistry(id, 'z1')
    c.world.run(500)
    started.push(id)
    for (const one of started) {
      const listed = [...c.store(one).all()].map(({ node }) => node.busId)
      t.deepEqual(listed.sort(), started)
      t.is(c.world.life(one).registry?.status().peers.length, started.length - 1)
    }
    const told = c.sent.filter(({ from, message }) => from === id && tellsOf(message, id))
    t.is(told.length, started.length - 1)
  }
})

function tellsOf(message: DirectoryMessage, id: bigint): boolean {
  if (message.kind === 'repair') return message.registrations.some(({ node }) => node.busId === id)
  return message.kind === 'replica' && message.operation.kind === 'put'
}

test('000-23: three registries, each with every node, are equal after joins, leaves and cuts', (t) => {
  const c = cluster({})
  for (let round = 0; round < 40; round++) {
    const id = 0x300n + BigInt(round % 7)
    if (c.world.lives.has(id)) c.world.stop(id)
    else c.world.startNode(id)
    const cut = [0x10n, 0x11n, 0x12n][round % 3]
    c.world.cut((a, b) => a === cut && b >= 0x100n && (b + BigInt(round)) % 3n === 0n)
    c.world.run(700)
  }
  c.world.heal()
  c.world.run(35_000)
  t.is(hashes(c).size, 1)
})

test('000-24: with two of three registries dead a newcomer is visible to all within 1 s', (t) => {
  const c = cluster({})
  c.world.kill(0x10n)
  c.world.kill(0x12n)
  c.world.run(1_000)
  c.world.startNode(0x301n)
  c.world.run(1_000)
  for (const id of NODES) t.is(c.table(id).get(0x301n)?.isUp, true)
})

test('X-28: a record lost at one registry is back within 30 s; a newer one wins over the caller', (t) => {
  const c = cluster({})
  const { table } = c.world.life(0x11n).registry!
  const { node, stamp } = table.store.get(0x101n)!
  const lost = { busId: 0x101n, incarnation: node.incarnation, stamp, reason: 'expired' } as const
  table.bury(lost, { nowMs: c.world.nowMs, wallMs: 1_700_000_000_000 })
  c.world.run(30_000)
  t.not(c.store(0x11n).get(0x101n), undefined)
  const { next } = versionAt(c, 0x12n, 0x101n)
  c.world.life(0x12n).registry!.table.place(next, { nowMs: c.world.nowMs, wallMs: 0 })
  c.world.run(30_000)
  t.is(c.store(0x10n).get(0x101n)?.stamp.time, next.stamp.time)
})

test('X-29: a replica delayed past the cancel brings nothing back, a fresh registration does', (t) => {
  const c = cluster({})
  const late = c.store(0x10n).get(0x101n)!
  c.world.stop(0x101n)
  c.world.run(100)
  const operation = { kind: 'put', registration: late } as const
  c.give(0x10n, 0x11n, { kind: 'replica', fromZone: false, operation })
  t.is(c.store(0x10n).get(0x101n), undefined)
  const time = late.stamp.time + (10n << 32n)
  const fresh = { ...late, stamp: { ...late.stamp, time } }
  c.give(0x10n, 0x101n, { kind: 'register', registration: fresh, sentTo: [0x10n] })
  t.not(c.store(0x10n).get(0x101n), undefined)
})

test('X-29: after a retirement a fresh registration of the same life is refused', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  const late = c.store(0x10n).get(0x101n)!
  c.order(0x10n, { kind: 'retire', request: 1n, busId: 0x101n })
  const stamp = { ...late.stamp, time: late.stamp.time + (10n << 32n) }
  c.give(0x10n, 0x101n, { kind: 'register', registration: { ...late, stamp }, sentTo: [] })
  t.is(c.store(0x10n).get(0x101n), undefined)
})

test('X-30: a change behind a clock set back 1 h is still seen by watchers', (t) => {
  const c = cluster({})
  c.world.life(0x101n).wallOffsetMs = -3_600_000
  c.world.life(0x101n).give({
    kind: 'offer',
    offer: {
      records: [madeRecord(0x101n, { metadata: '{"v":2}' })],
      wants: { names: [], types: [] },
      lease: 'leased',
    },
  })
  c.world.run(1_000)
  t.is(c.table(0x102n).get(0x101n)?.registration.records[0]?.metadata, '{"v":2}')
})

test('X-31: a life an hour ahead pins nothing: the next life, in time, takes its place', (t) => {
  const c = cluster({ nodes: [0x102n] })
  c.world.startNode(0x101n, {}, {}, { wallOffsetMs: 3_600_000 })
  c.world.run(1_000)
  const record = madeRecord(0x101n, { metadata: '{"v":2}' })
  const life = c.world.startNode(0x101n, {}, { records: [record] })
  c.world.run(3_000)
  for (const id of c.registries) {
    t.is(c.store(id).get(0x101n)?.node.incarnation, life.incarnation)
    t.is(c.store(id).get(0x101n)?.records[0]?.metadata, '{"v":2}')
  }
  t.is(c.table(0x102n).get(0x101n)?.registration.records[0]?.metadata, '{"v":2}')
})

test('X-46: split 3 + 3 for 30 min nobody is evicted, and tables are equal 35 s after healing', (t) => {
  const c = cluster({ zones: 2 })
  c.world.cut((a, b) => isFar(a) !== isFar(b))
  c.world.run(30 * 60_000)
  for (const id of c.registries) {
    t.is(c.store(id).size, 16)
    t.deepEqual(c.registryEvents(id, 'left'), [])
  }
  c.world.heal()
  c.world.run(35_000)
  t.is(hashes(c).size, 1)
})

function isFar(id: bigint): boolean {
  return (id >= 0x20n && id < 0x30n) || (id >= 0x200n && id < 0x300n)
}

test('X-47: of two that took one service id apart the earlier keeps it, the other is told', (t) => {
  const c = cluster({ zones: 2, nodes: [0x101n] })
  c.world.cut((a, b) => isFar(a) !== isFar(b))
  c.world.run(1_000)
  c.world.startNode(0x111n, {}, { records: [madeRecord(0x111n, { serviceId: 5 })] })
  c.world.run(1_000)
  const records = [madeRecord(0x211n, { serviceId: 5, zone: 'z2' })]
  c.world.startNode(0x211n, { zone: 'z2' }, { records })
  c.world.run(1_000)
  t.not(c.store(0x20n).get(0x211n), undefined)
  c.world.heal()
  c.world.run(35_000)
  for (const id of c.registries) {
    t.not(c.store(id).get(0x111n), undefined)
    t.is(c.store(id).get(0x211n), undefined)
  }
  const told = c.clientEvents(0x211n, 'refused')
  t.true(told.some(({ refusal }) => refusal.code === RESULT.ID_CONFLICT))
  t.true(told.some(({ holder }) => holder === 0x111n))
})

test('002-18: tables become equal 35 s after 5 % loss and two healed partitions', (t) => {
  const c = cluster({ zones: 2, world: { lossShare: 0.05, seed: 18 } })
  for (let round = 0; round < 60; round++) {
    const id = 0x301n + BigInt(round % 9)
    if (c.world.lives.has(id)) c.world.stop(id)
    else c.world.startNode(id)
    if (round === 15 || round === 40) c.world.cut((a, b) => isFar(a) !== isFar(b))
    if (round === 25 || round === 50) c.world.heal()
    c.world.run(1_000)
  }
  c.world.options.lossShare = 0
  c.world.run(35_000)
  t.is(hashes(c).size, 1)
})
