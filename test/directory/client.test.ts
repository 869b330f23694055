import test from 'ava'
import { type Cluster, cluster, NODES, quiet } from './_cluster.js'
import { madeRecord } from './_made.js'

const NOTHING = { names: [], types: [] }
const TEN_MINUTES_MS = 600_000

function offer(
  c: Cluster,
  id: bigint,
  app: string,
  wants = NOTHING as { types: readonly string[] },
) {
  const records = [madeRecord(id, { app, name: `n${id.toString(16)}` })]
  return c.world.startNode(id, {}, { records, wants: { names: [], ...wants } })
}

function dials(c: Cluster, from: bigint, to: bigint): number[] {
  const found = c.world.dials.filter((dial) => dial.from === from && dial.to === to)
  return found.map(({ atMs }) => atMs)
}

test('000-01: nothing is dialled before the first list is complete', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  offer(c, 0x101n, 'dispatch')
  c.world.run(1_000)
  quiet(c)
  offer(c, 0x102n, 'gas', { types: ['dispatch'] })
  let endMs = Number.POSITIVE_INFINITY
  for (let step = 0; step < 1_000; step++) {
    c.world.run(1)
    if (endMs > c.world.nowMs && c.world.life(0x102n).client!.watch.hasSeenEnd) {
      endMs = c.world.nowMs
    }
  }
  const [firstMs] = dials(c, 0x102n, 0x101n)
  t.true(firstMs !== undefined && firstMs >= endMs - 1)
})

test('000-09: who wants a type dials a new node of it, and no node of another type', (t) => {
  const c = cluster({ nodes: [] })
  offer(c, 0x101n, 'game', { types: ['dispatch'] })
  c.world.run(1_000)
  offer(c, 0x102n, 'dispatch')
  offer(c, 0x103n, 'gas')
  c.world.run(6_000)
  t.is(dials(c, 0x101n, 0x102n).length, 1)
  t.is(dials(c, 0x101n, 0x103n).length, 0)
})

test('000-09: a name and the wildcard are wants too', (t) => {
  const c = cluster({ nodes: [] })
  const records = [madeRecord(0x101n)]
  c.world.startNode(0x101n, {}, { records, wants: { names: ['n103'], types: [] } })
  c.world.startNode(0x102n, {}, { records: [madeRecord(2n)], wants: { names: [], types: ['*'] } })
  c.world.run(1_000)
  offer(c, 0x103n, 'gas')
  offer(c, 0x104n, 'gas')
  c.world.run(6_000)
  t.is(dials(c, 0x101n, 0x103n).length, 1)
  t.is(dials(c, 0x101n, 0x104n).length, 0)
  t.is(dials(c, 0x102n, 0x104n).length, 1)
})

test('000-19: a wanted link is dialled every 5 s, one dial at a time, until its peer is retired', (t) => {
  const c = cluster({ nodes: [] })
  c.world.mayDial = () => false
  offer(c, 0x101n, 'game', { types: ['dispatch'] })
  offer(c, 0x102n, 'dispatch')
  c.world.run(60_000)
  const times = dials(c, 0x101n, 0x102n)
  const gaps = times.slice(1).map((atMs, index) => atMs - times[index]!)
  t.true(times.length >= 10)
  for (const gapMs of gaps) t.true(gapMs >= 4_000 && gapMs <= 6_020, `${gapMs}`)
  c.order(0x10n, { kind: 'retire', request: 1n, busId: 0x102n })
  c.world.run(1_000)
  const count = dials(c, 0x101n, 0x102n).length
  c.world.run(60_000)
  t.is(dials(c, 0x101n, 0x102n).length, count)
})

for (const [low, high] of [
  [0x101n, 0x102n],
  [0x101n, 0x1_0000n],
] as const) {
  test(`000-21: of two that want each other only the lower id dials (${high})`, (t) => {
    for (const order of [
      [low, high],
      [high, low],
    ] as const) {
      const c = cluster({ nodes: [] })
      for (const id of order) {
        offer(c, id, 'game', { types: ['game'] })
        c.world.run(500)
      }
      c.world.run(5_000)
      t.is(dials(c, low, high).length, 1)
      t.is(dials(c, high, low).length, 0)
    }
  })
}

test('000-21: with a want on one side that side dials, whatever its id', (t) => {
  const c = cluster({ nodes: [] })
  offer(c, 0x101n, 'game')
  offer(c, 0x102n, 'gas', { types: ['game'] })
  c.world.run(2_000)
  t.is(dials(c, 0x102n, 0x101n).length, 1)
  t.is(dials(c, 0x101n, 0x102n).length, 0)
})

test('000-21b: after three dials that failed the other side dials, and the link comes up', (t) => {
  const c = cluster({ nodes: [] })
  c.world.mayDial = (from) => from !== 0x101n
  for (const id of [0x101n, 0x102n]) offer(c, id, 'game', { types: ['game'] })
  c.world.run(20_000)
  t.is(dials(c, 0x102n, 0x101n).length, 1)
  t.true(c.world.life(0x101n).links.has(0x102n))
  t.true(dials(c, 0x101n, 0x102n).length >= 3)
})

test('000-21b: a lower id that cannot be dialled back because its peer has no address asks it', (t) => {
  const c = cluster({ nodes: [] })
  offer(c, 0x101n, 'game', { types: ['game'] })
  const records = [madeRecord(0x102n)]
  const wants = { names: [], types: ['game'] }
  c.world.startNode(0x102n, { addresses: [] }, { records, wants })
  c.world.run(5_000)
  t.is(dials(c, 0x102n, 0x101n).length, 1)
})

test('000-16: after each of ten joins all who have joined hold equal tables within 1 s', (t) => {
  const c = cluster({ nodes: [] })
  const joined: bigint[] = []
  for (let count = 0; count < 10; count++) {
    const id = 0x101n + BigInt(count)
    c.world.startNode(id)
    joined.push(id)
    c.world.run(1_000)
    const tables = joined.map((one) => {
      const others = [...c.table(one).all()].map(({ registration }) => registration.node.busId)
      return [...others, one].sort().join()
    })
    t.is(new Set(tables).size, 1)
  }
})

test('000-17: a link to a registry lost 100 times leaves one entry, one watch, the same life', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  const before = c.world.life(0x10n).registry!.status()
  const { incarnation } = c.store(0x10n).get(0x101n)!.node
  for (let count = 0; count < 100; count++) {
    c.world.cut((a, b) => a === 0x101n && b === 0x10n)
    c.world.run(300)
    c.world.heal()
    c.world.run(300)
  }
  const after = c.world.life(0x10n).registry!.status()
  t.is(after.watchers, before.watchers)
  t.is(after.registrations, before.registrations)
  t.is(c.store(0x10n).get(0x101n)?.node.incarnation, incarnation)
  t.is(c.world.life(0x101n).client?.watch.state, 'whole')
})

test('000-18: who was cut off drops exactly those that were retired or expired meanwhile', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  const cutOff = 0x101n
  // 0x102 is retired and goes on running; 0x103 crashes.
  c.world.cut((a, b) => a === cutOff && b === 0x10n)
  c.world.run(1_000)
  for (let id = 0; id < 20; id++) c.world.startNode(0x400n + BigInt(id))
  c.order(0x10n, { kind: 'retire', request: 1n, busId: 0x102n })
  c.world.kill(0x103n)
  c.world.run(30_000)
  c.world.events.length = 0
  c.world.run(200_000)
  c.world.heal()
  c.world.run(5_000)
  t.is(c.table(cutOff).get(0x102n), undefined)
  t.is(c.table(cutOff).get(0x103n), undefined)
  for (const id of [0x104n, 0x105n]) t.is(c.table(cutOff).get(id)?.isUp, true)
  const downs = c.clientEvents(cutOff, 'service_down').map(({ node }) => node)
  t.deepEqual(downs, [0x102n])
})

test('000-18b, X-40: the only registry of 50 nodes restarts empty, and no list loses anybody', (t) => {
  const nodes = Array.from({ length: 50 }, (_, i) => 0x101n + BigInt(i))
  const c = cluster({ registries: [0x10n], nodes })
  c.world.events.length = 0
  c.world.kill(0x10n)
  c.world.run(5_000)
  c.world.startRegistry(0x10n, 'z1')
  c.world.run(30_000)
  t.is(c.store(0x10n).size, 51)
  c.world.run(TEN_MINUTES_MS)
  for (const id of nodes) {
    const downs = c.clientEvents(id, 'service_down').filter(({ node }) => node !== 0x10n)
    t.deepEqual(downs, [])
    t.is(c.table(id).size, 50)
  }
})

test('000-18b: a node that does not come back to the new registry is dropped a lease later', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  c.world.kill(0x10n)
  c.world.run(1_000)
  c.world.cut((a, b) => a === 0x105n && b === 0x10n)
  c.world.startRegistry(0x10n, 'z1')
  c.world.run(61_000)
  t.is(c.table(0x101n).get(0x105n)?.isUp, true)
  t.not(c.table(0x101n).get(0x105n)?.unvouchedUntilMs, undefined)
  c.world.run(80_000)
  t.not(c.table(0x101n).get(0x105n), undefined)
  c.world.run(15_000)
  t.is(c.table(0x101n).get(0x105n), undefined)
  t.is(c.clientEvents(0x101n, 'service_down').at(-1)?.reason, 'expired')
})

test('000-22: without registries lists stay; a new node waits, and joins 2 s after one is back', (t) => {
  const c = cluster({})
  c.world.events.length = 0
  for (const id of c.registries) c.world.kill(id)
  c.world.startNode(0x301n)
  c.world.run(TEN_MINUTES_MS)
  for (const id of NODES) {
    const downs = c.clientEvents(id, 'service_down').filter(({ node }) => node >= 0x100n)
    t.deepEqual(downs, [])
    t.is(c.world.life(id).client?.watch.state, 'stale')
  }
  t.is(c.table(0x301n).size, 0)
  c.world.startRegistry(0x11n, 'z1')
  c.world.run(2_000)
  for (const id of NODES) t.is(c.table(id).get(0x301n)?.isUp, true)
})

test('X-38: when the watched registry dies the watch moves within 1 s, and no service goes down', (t) => {
  const c = cluster({})
  const watched = c.world.life(0x101n).client!.watch.registry!
  quiet(c)
  c.world.events.length = 0
  c.world.kill(watched)
  c.world.run(1_000)
  const watch = c.world.life(0x101n).client!.watch
  t.not(watch.registry, watched)
  t.is(watch.state, 'whole')
  const asks = c.sent.filter(({ from, message }) => from === 0x101n && message.kind === 'watch')
  t.is(asks.length, 1)
  const downs = c.clientEvents(0x101n, 'service_down').filter(({ node }) => node !== watched)
  t.deepEqual(downs, [])
  c.world.startNode(0x301n)
  c.world.run(500)
  t.is(c.table(0x101n).get(0x301n)?.isUp, true)
})

test('X-38: a registry that is reachable and silent is passed over within 1 s', (t) => {
  const c = cluster({ nodes: [0x101n] })
  // Whichever the new life asks first.
  let silent: bigint | undefined
  c.world.onSend = ({ from, to, message }) => {
    if (to !== 0x101n || message.kind !== 'batch') return false
    silent ??= from
    return from === silent
  }
  c.world.kill(0x101n)
  c.world.run(500)
  const life = c.world.startNode(0x101n)
  c.world.run(5_000)
  t.is(life.client!.watch.state, 'whole')
  t.not(life.client!.watch.registry, silent)
})

test('X-40: all registries are down for an hour: the list stays, flagged stale', (t) => {
  const c = cluster({})
  for (const id of c.registries) c.world.kill(id)
  c.world.run(3_600_000)
  t.is(c.world.life(0x101n).client?.watch.state, 'stale')
  const up = [...c.table(0x101n).all()].filter(({ isUp }) => isUp)
  t.is(up.length, NODES.length - 1)
})

test('X-40, R15: an empty list that cancels have made is taken', (t) => {
  const c = cluster({ nodes: [0x101n, 0x102n] })
  c.world.stop(0x102n)
  c.world.run(200)
  const left = [...c.table(0x101n).all()].map(({ registration }) => registration.node.busId)
  t.deepEqual(left.sort(), [...c.registries])
})

test('R1: a node that cannot be reached is down by link_lost, and up again when it can', (t) => {
  const c = cluster({ nodes: [0x101n, 0x102n] })
  c.world.events.length = 0
  c.world.cut((a, b) => a === 0x101n && b === 0x102n)
  c.world.run(1_000)
  t.deepEqual(
    c.clientEvents(0x101n, 'service_down').map(({ reason }) => reason),
    ['link_lost'],
  )
  t.not(c.table(0x101n).get(0x102n), undefined)
  c.world.heal()
  c.world.run(1_000)
  t.is(c.clientEvents(0x101n, 'service_up').length, 1)
  t.is(c.clientEvents(0x101n, 'registered').length, 0)
})

test('a watch of one app is told of that app, of registries, and of its end', (t) => {
  const c = cluster({ nodes: [] })
  c.world.startNode(0x101n, {}, {}, { apps: ['gas'] })
  offer(c, 0x102n, 'gas')
  offer(c, 0x103n, 'dispatch')
  c.world.run(1_000)
  const listed = () => [...c.table(0x101n).all()].map(({ registration }) => registration.node.busId)
  t.deepEqual(listed().sort(), [...c.registries, 0x102n].sort())
  const records = [madeRecord(0x102n, { app: 'other' })]
  c.world.life(0x102n).give({ kind: 'offer', offer: { records, wants: NOTHING, lease: 'leased' } })
  c.world.run(1_000)
  t.deepEqual(listed().sort(), [...c.registries])
})

test('a batch that was lost is asked for again at the next renewal', (t) => {
  const c = cluster({ nodes: [0x101n] })
  c.world.onSend = ({ to, message }) => {
    return to === 0x101n && message.kind === 'batch' && message.puts.length > 0
  }
  c.world.startNode(0x102n)
  c.world.run(1_000)
  t.is(c.table(0x101n).get(0x102n), undefined)
  c.world.onSend = () => false
  c.world.run(30_000)
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
})

test('a watch that comes back to the same registry is told of the changes alone', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  c.world.cut((a, b) => a === 0x101n && b === 0x10n)
  c.world.run(1_000)
  c.world.stop(0x102n)
  c.world.startNode(0x301n)
  c.world.run(1_000)
  c.sent.length = 0
  c.world.heal()
  c.world.run(1_000)
  const batches = c.sent.filter(({ to, message }) => to === 0x101n && message.kind === 'batch')
  t.false(batches.some(({ message }) => message.kind === 'batch' && message.snapshot))
  t.is(c.table(0x101n).get(0x102n), undefined)
  t.is(c.table(0x101n).get(0x301n)?.isUp, true)
})

test('001-03a: each join is visible at all nodes within 1 s', (t) => {
  const c = cluster({})
  for (let count = 0; count < 5; count++) {
    const before = NODES.map((id) => c.table(id).size)
    c.world.startNode(0x301n + BigInt(count))
    c.world.run(1_000)
    t.deepEqual(
      NODES.map((id) => c.table(id).size),
      before.map((size) => size + 1),
    )
  }
})

test('001-03b: a process that ends is down at every node when its routes are', (t) => {
  const c = cluster({})
  c.world.kill(0x101n)
  c.world.run(1_000)
  for (const id of NODES.slice(1)) t.is(c.table(id).get(0x101n)?.isUp, false)
})

test('001-03c: the late end of an old life leaves the new one listed and up', (t) => {
  const c = cluster({})
  const old = c.store(0x10n).get(0x101n)!
  const life = c.world.startNode(0x101n)
  c.world.run(2_000)
  c.world.events.length = 0
  const stamp = { ...old.stamp, time: old.stamp.time + (99n << 32n) }
  const version = { busId: 0x101n, incarnation: old.node.incarnation, stamp }
  c.give(0x10n, 0x101n, { kind: 'cancel', version, sentTo: [] })
  for (const reason of ['cancel', 'retire', 'expired'] as const) {
    const operation = { kind: 'remove', tombstone: { ...version, reason } } as const
    c.give(0x11n, 0x10n, { kind: 'replica', fromZone: false, operation })
  }
  c.world.run(1_000)
  for (const id of c.registries) {
    t.is(c.store(id).get(0x101n)?.node.incarnation, life.incarnation)
  }
  t.deepEqual(c.clientEvents(0x102n, 'service_down'), [])
  t.is(c.table(0x102n).get(0x101n)?.isUp, true)
})

test('001-02b: version, addresses, ports and load are seen unchanged at another node', (t) => {
  const c = cluster({ nodes: [0x101n] })
  const record = madeRecord(0x102n, {
    version: '1.2.3',
    addrs: ['tcp://inner:1', 'tcp://outer:2'],
    ports: [7_000, 7_001, 65_535],
    overload: [0, 17, 4_000_000_000],
    capacity: { total: 100, used: 7 },
  })
  c.world.startNode(0x102n, { addresses: ['tcp://a:1', 'unix:///b'] }, { records: [record] })
  c.world.run(1_000)
  const seen = c.table(0x101n).get(0x102n)?.registration
  t.deepEqual(seen?.records, [record])
  t.deepEqual(seen?.node.addresses, ['tcp://a:1', 'unix:///b'])
})

test('001-04, 001-04b: a registry that moves has everybody again within 3 s, but who left', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  c.world.kill(0x10n)
  c.world.run(10_000)
  c.world.kill(0x103n)
  c.world.run(1_000)
  for (const id of NODES.slice(3)) t.not(c.table(id).get(0x101n), undefined)
  c.world.startRegistry(0x19n, 'z1')
  c.world.run(3_000)
  t.is(c.store(0x19n).size, NODES.length)
  c.world.run(90_000)
  for (const id of NODES) {
    if (id !== 0x103n) t.is(c.table(id).get(0x103n), undefined)
  }
})
