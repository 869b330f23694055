import test from 'ava'
import { cluster, quiet } from './_cluster.js'
import { madeRecord } from './_made.js'

const GAME = { names: [], types: ['game'] }
const NOTHING = { names: [], types: [] }

function twoServices(id: bigint) {
  return ['s1', 's2'].map((app) => madeRecord(id, { app, instance: `${app}-${id.toString(16)}` }))
}

test('000-11b, 000-12: each service is up once for each node, whatever links come beside', (t) => {
  const c = cluster({ nodes: [] })
  for (const id of [0x101n, 0x102n]) {
    const wants = { names: [], types: ['s1'] }
    c.world.startNode(id, {}, { records: twoServices(id), wants })
  }
  c.world.run(6_000)
  t.true(c.world.life(0x101n).links.has(0x102n))
  c.world.dropLink(0x101n, 0x102n)
  c.world.connect(0x101n, 0x102n)
  c.world.run(6_000)
  for (const [id, other] of [
    [0x101n, 0x102n],
    [0x102n, 0x101n],
  ] as const) {
    const ups = c.clientEvents(id, 'service_up').filter(({ node }) => node === other)
    t.deepEqual(ups.map(({ record }) => record.app).sort(), ['s1', 's2'])
    t.deepEqual(c.clientEvents(id, 'service_down'), [])
  }
})

test('000-11c: a link before the announcement is held, and needs no dial behind it', (t) => {
  const c = cluster({ nodes: [0x101n] })
  c.world.startNode(0x102n, {}, { wants: GAME })
  // Nobody has announced the one to the other yet: registries and routes take their time.
  c.world.connect(0x101n, 0x102n)
  t.is(c.table(0x102n).get(0x101n), undefined)
  c.world.run(6_000)
  t.true(c.world.life(0x102n).links.has(0x101n))
  t.is(c.table(0x102n).get(0x101n)?.isUp, true)
  t.deepEqual(dialsOf(c, 0x102n, 0x101n), [])
})

test('000-11c: a link that was refused before the announcement comes within one dial period', (t) => {
  const c = cluster({ nodes: [0x101n] })
  c.world.startNode(0x102n, {}, { wants: GAME })
  c.world.life(0x102n).give({ kind: 'dial_failed', id: 0x101n })
  c.world.run(5_000)
  t.true(c.world.life(0x102n).links.has(0x101n))
})

function dialsOf(c: ReturnType<typeof cluster>, from: bigint, to: bigint): number[] {
  const found = c.world.dials.filter((dial) => dial.from === from && dial.to === to)
  return found.map(({ atMs }) => atMs)
}

test('000-02: registries are dialled before any peer, and every second until they are there', (t) => {
  const bootstraps = (_: bigint, registry: bigint) => registry === 0x10n
  const c = cluster({ nodes: [0x101n], world: { bootstraps } })
  c.world.kill(0x11n)
  c.world.mayDial = (_, to) => to !== 0x12n
  quiet(c)
  c.world.dials.length = 0
  c.world.startNode(0x102n, {}, { wants: GAME })
  c.world.run(20_000)
  const first = c.world.dials.find(({ from }) => from === 0x102n)
  t.is(first?.to, 0x12n)
  t.is(dialsOf(c, 0x102n, 0x101n).length, 1)
  const times = dialsOf(c, 0x102n, 0x12n)
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
  t.true(gaps.length >= 15)
  for (const gapMs of gaps) t.true(gapMs >= 800 && gapMs <= 1_220, `${gapMs}`)
  c.world.mayDial = () => true
  c.world.run(2_000)
  t.true(c.world.life(0x102n).links.has(0x12n))
})

test('000-04a: a registry that greets twice, at two addresses, has one entry and one watch', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  quiet(c)
  const { registry } = c.world.life(0x10n)
  const before = registry?.status()
  c.world.life(0x10n).give({ kind: 'link', id: 0x101n, up: true })
  c.world.run(1_000)
  t.is(c.sent.filter(({ message }) => message.kind === 'hello').length, 1)
  t.deepEqual(registry?.status(), before)
  t.is(registry?.status().watchers, 1)
})

test('000-01: a list whose end was lost opens no link yet', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  c.world.onSend = ({ to, message }) => {
    return to === 0x102n && message.kind === 'batch' && message.snapshot && message.last
  }
  c.world.dials.length = 0
  c.world.startNode(0x102n, {}, { wants: GAME })
  c.world.run(5_000)
  t.not(c.table(0x102n).get(0x101n), undefined)
  t.deepEqual(c.world.dials, [])
  c.world.onSend = () => false
  c.world.run(5_000)
  t.is(dialsOf(c, 0x102n, 0x101n).length, 1)
})

test('002-03: a registry holds the union of the others when it says that it is ready', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n] })
  const counts: (number | undefined)[] = []
  c.world.onEvent = (life, event) => {
    if (event.kind === 'ready') counts.push(life.registry?.table.store.size)
  }
  c.world.startRegistry(0x12n, 'z1')
  c.world.run(1_000)
  t.is(counts.length, 1)
  t.true((counts[0] ?? 0) >= c.store(0x10n).size - 1, `${counts[0]}`)
})

test('000-25: who wants is told by the registry, and then reaches the provider by itself', (t) => {
  const c = cluster({ nodes: [] })
  c.world.startNode(0x101n, {}, { records: [], wants: GAME })
  quiet(c)
  c.world.startNode(0x102n)
  c.world.run(1_000)
  const told = c.sent.find(({ to, message }) => {
    return to === 0x101n && message.kind === 'batch' && message.puts.length > 0
  })
  t.true(told !== undefined && c.registries.includes(told.from))
  const [dialledMs] = dialsOf(c, 0x101n, 0x102n)
  t.true(dialledMs !== undefined && told !== undefined && dialledMs > told.atMs)
  for (const id of c.registries) c.world.kill(id)
  c.world.run(60_000)
  t.true(c.world.life(0x101n).links.has(0x102n))
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
})

test('X-41: who did not look during 1,000 changes finds the latest, in one batch', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  c.world.cut((a, b) => a === 0x101n && b === 0x10n)
  c.world.run(100)
  for (let change = 1; change <= 1_000; change++) {
    const records = [madeRecord(0x102n, { metadata: `{"change":${change}}` })]
    const offer = { records, wants: NOTHING, lease: 'leased' } as const
    c.world.life(0x102n).give({ kind: 'offer', offer })
    c.world.run(1)
  }
  c.world.run(100)
  c.sent.length = 0
  c.world.events.length = 0
  c.world.heal()
  c.world.run(1_000)
  const batches = c.sent.filter(({ to, message }) => to === 0x101n && message.kind === 'batch')
  t.is(batches.length, 1)
  const { registration } = c.table(0x101n).get(0x102n)!
  t.is(registration.records[0]?.metadata, '{"change":1000}')
  t.is(c.clientEvents(0x101n, 'service_changed').length, 1)
})

test('X-41: of 1,000 changes while nobody polls the next poll has the latest alone', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  const poll = (number: bigint, since: bigint): void => {
    const request = { poll: number, env: 'prod', zone: '', apps: [{ app: 'game', since }] }
    c.world.life(0x10n).give({ kind: 'poll', request })
  }
  poll(1n, 0n)
  const { version = 0n } = c.world.polled[0]?.answer.apps[0] ?? {}
  poll(2n, version)
  for (let change = 1; change <= 1_000; change++) {
    const records = [madeRecord(0x102n, { metadata: `{"change":${change}}` })]
    const offer = { records, wants: NOTHING, lease: 'leased' } as const
    c.world.life(0x102n).give({ kind: 'offer', offer })
    c.world.run(1)
  }
  c.world.run(100)
  t.is(c.world.polled.length, 2)
  poll(3n, version)
  t.is(c.world.polled.length, 3)
  const records = c.world.polled[2]?.answer.apps[0]?.records ?? []
  t.true(records.some(({ metadata }) => metadata === '{"change":1000}'))
  t.is(c.world.life(0x10n).registry?.table.lookups.waiterCount, 0)
})
