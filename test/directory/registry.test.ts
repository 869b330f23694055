import test from 'ava'
import type { Batch, DirectoryMessage } from '../../src/directory/directory-messages.js'
import type { Status } from '../../src/directory/record.js'
import { RESULT } from '../../src/directory/result-code.js'
import { type Cluster, cluster, NODES, quiet } from './_cluster.js'
import { incarnationOf, madeRecord } from './_made.js'

type Kind = DirectoryMessage['kind']

function ofKind<K extends Kind>(c: Cluster, kind: K): Extract<DirectoryMessage, { kind: K }>[] {
  const found = c.sent.filter(({ message }) => message.kind === kind)
  return found.map(({ message }) => message as Extract<DirectoryMessage, { kind: K }>)
}

test('000-03: a registry greets first, and nobody registers before it was greeted', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  c.world.startNode(0x101n)
  c.world.run(500)
  const between = c.sent.filter(({ from, to }) => from === 0x101n || to === 0x101n)
  t.is(between[0]?.message.kind, 'hello')
  t.is(between[0]?.from, 0x10n)
  t.is(between[1]?.message.kind, 'register')
})

test('000-04b: after the greeting one registration holds the node, its services and its wants', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  const wants = { names: [], types: ['dispatch'] }
  const records = [madeRecord(1n, { name: 'a' }), madeRecord(2n, { name: 'b', serviceId: 4 })]
  c.world.startNode(0x101n, {}, { records, wants })
  c.world.startNode(0x102n, {}, { records: [] })
  c.world.run(500)
  const [first, ...more] = ofKind(c, 'register').filter(
    ({ registration }) => registration.node.busId === 0x101n,
  )
  t.is(more.length, 0)
  t.deepEqual(first?.registration.records, records)
  t.deepEqual(first?.registration.node.wants, wants)
  t.is(c.store(0x10n).get(0x102n)?.records.length, 0)
})

const clashes = [
  { what: 'name', own: { name: 'login' }, claim: 'name:prod/login' },
  { what: 'service id', own: { serviceId: 77 }, claim: 'id:prod/77' },
  { what: 'key', own: { instance: 'one' }, claim: 'key:prod/game/z1/one' },
] as const

for (const { what, own, claim } of clashes) {
  test(`000-05 (b, c): a ${what} that is taken refuses the whole registration by name`, (t) => {
    const c = cluster({ registries: [0x10n], nodes: [] })
    c.world.startNode(0x101n, {}, { records: [madeRecord(0x101n, own)] })
    c.world.run(500)
    const before = c.store(0x10n).get(0x101n)
    c.world.startNode(0x102n, {}, { records: [madeRecord(1n), madeRecord(0x102n, own)] })
    c.world.run(500)
    const refusal = c.clientEvents(0x102n, 'refused')[0]
    t.is(refusal?.refusal.code, RESULT.ID_CONFLICT)
    t.is(refusal?.refusal.what, claim)
    t.is(refusal?.holder, 0x101n)
    t.is(c.store(0x10n).get(0x102n), undefined)
    t.is(c.store(0x10n).get(0x101n), before)
    t.is(c.registryEvents(0x10n, 'refused').length, 1)
  })
}

test('000-05 (a): another life of a node that answers a probe is refused', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  const registry = c.world.life(0x10n)
  const standing = c.store(0x10n).get(0x101n)!
  const node = { ...standing.node, incarnation: incarnationOf(999) }
  const stamp = { time: standing.stamp.time + 1n, by: 0x101n }
  const message = { kind: 'register', registration: { ...standing, node, stamp }, sentTo: [] }
  registry.give({ kind: 'message', from: 0x101n, message: message as DirectoryMessage })
  c.world.run(2_000)
  t.is(c.store(0x10n).get(0x101n), standing)
  t.is(c.registryEvents(0x10n, 'refused')[0]?.refusal.code, RESULT.ID_CONFLICT)
})

test('000-06: a newcomer among 2,501 nodes gets 1,000, 1,000 and 501 entries, all ADD, then END', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  for (let id = 0; id < 2_500; id++) c.registerBare(0x10n, 0x1_0000n + BigInt(id))
  c.world.run(100)
  c.sent.length = 0
  c.world.startNode(0x101n)
  c.world.run(1_000)
  const batches = ofKind(c, 'batch').filter(({ snapshot }) => snapshot)
  t.deepEqual(
    batches.map(({ puts }) => puts.length),
    [1_000, 1_000, 501, 0],
  )
  t.deepEqual(
    batches.map(({ removals }) => removals.length),
    [0, 0, 0, 0],
  )
  t.deepEqual(
    batches.map(({ last }) => last),
    [false, false, false, true],
  )
  t.is(c.table(0x101n).size, 2_501)
  t.is(c.table(0x101n).get(0x101n), undefined)
})

test('000-07: each connected node gets one ADD for a newcomer, the newcomer none for itself', (t) => {
  const nodes = Array.from({ length: 20 }, (_, i) => 0x101n + BigInt(i))
  const c = cluster({ registries: [0x10n], nodes })
  const away = nodes[0]!
  c.world.cut((a, b) => a === away || b === away)
  quiet(c)
  c.world.startNode(0x201n)
  c.world.run(500)
  const adds = c.sent.filter(({ message, to }) => {
    const isPut = message.kind === 'batch' && message.puts.length > 0 && to !== 0x201n
    return isPut && (message as Batch).puts.every(({ node }) => node.busId === 0x201n)
  })
  t.deepEqual(adds.map(({ to }) => to).sort(), nodes.slice(1))
  const own = c.sent.filter(({ message, to }) => to === 0x201n && message.kind === 'batch')
  for (const { message } of own) {
    t.false((message as Batch).puts.some(({ node }) => node.busId === 0x201n))
  }
})

test('a crowd that joins is told of in few batches, and whoever comes alone at once', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  quiet(c)
  const told = (): bigint[][] => {
    const batches = c.sent.flatMap(({ message, to }) =>
      message.kind === 'batch' && to === 0x101n ? [message] : [],
    )
    return batches.map(({ puts }) => puts.map(({ node }) => node.busId))
  }
  const crowd = Array.from({ length: 50 }, (_, index) => 0x1_0000n + BigInt(index))
  for (const id of crowd) c.registerBare(0x10n, id)
  t.deepEqual(told(), [crowd.slice(0, 1)])
  c.world.run(100)
  t.deepEqual(told(), [crowd.slice(0, 1), crowd.slice(1)])
  c.registerBare(0x10n, 0x2_0000n)
  t.deepEqual(told()[2], [0x2_0000n])
})

test('a registry that stops tells what it had not told yet', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  quiet(c)
  c.registerBare(0x10n, 0x1_0000n)
  c.registerBare(0x10n, 0x1_0001n)
  c.world.stop(0x10n)
  c.world.run(1_000)
  t.true(c.table(0x101n).get(0x1_0001n) !== undefined)
})

test('000-08: the same ADD again, or an older version, changes nothing and raises nothing', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  const client = c.world.life(0x101n).client!
  const entry = client.table.get(0x102n)!
  const known = entry.registration
  const older = { ...known, stamp: { ...known.stamp, time: known.stamp.time - 1n }, records: [] }
  c.world.events.length = 0
  t.false(client.table.put(known, 99n, true))
  t.false(client.table.put(older, 99n, true))
  t.is(client.table.get(0x102n)?.registration, known)
  t.deepEqual(client.table.takeEffects(), [])
})

test('000-13a: a node that closes is out of every registry within a tick, by cancel', (t) => {
  const c = cluster({})
  c.world.stop(0x101n)
  c.world.run(100)
  for (const id of c.registries) {
    t.is(c.store(id).get(0x101n), undefined)
    t.deepEqual(
      c.registryEvents(id, 'left').map(({ reason }) => reason),
      ['cancel'],
    )
  }
  t.is(c.clientEvents(0x102n, 'service_down')[0]?.reason, 'cancel')
})

test('000-13b: a crashed static node stays listed for 2 h, not up, and restarts at once', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  c.world.startNode(0x102n, {}, { lease: 'static' })
  c.world.run(500)
  c.world.kill(0x102n)
  c.world.run(7_200_000)
  t.not(c.store(0x10n).get(0x102n), undefined)
  t.is(c.table(0x101n).get(0x102n)?.isUp, false)
  t.deepEqual(
    c.clientEvents(0x101n, 'service_down').map(({ reason }) => reason),
    ['link_lost'],
  )
  const life = c.world.startNode(0x102n, {}, { lease: 'static' })
  c.world.run(2_000)
  t.is(c.store(0x10n).get(0x102n)?.node.incarnation, life.incarnation)
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
})

test('X-21: a crashed leased node is out of all lists between 90 and 150 s later, not before', (t) => {
  const c = cluster({})
  c.world.kill(0x101n)
  const atMs = c.world.nowMs
  c.world.run(85_000)
  for (const id of c.registries) t.not(c.store(id).get(0x101n), undefined)
  c.world.run(65_000 + 30_000)
  for (const id of c.registries) t.is(c.store(id).get(0x101n), undefined)
  for (const { event, atMs: whenMs } of c.world.events) {
    if (event.kind !== 'left') continue
    t.is(event.reason, 'expired')
    t.true(whenMs - atMs > 60_000 && whenMs - atMs <= 150_000)
  }
})

test('000-13c: a node whose registries are out of reach for 60 s is neither removed nor down', (t) => {
  const c = cluster({})
  c.world.cut((a, b) => a === 0x101n && b < 0x100n)
  c.world.run(60_000)
  c.world.heal()
  c.world.run(35_000)
  t.deepEqual(
    c.clientEvents(0x102n, 'service_down').filter(({ node }) => node === 0x101n),
    [],
  )
  for (const id of c.registries) t.deepEqual(c.registryEvents(id, 'left'), [])
})

test('000-14: a retirement at one registry reaches all and their watchers within 1 s', (t) => {
  const c = cluster({ zones: 2 })
  c.world.kill(0x102n)
  c.world.run(1_000)
  for (const busId of [0x101n, 0x102n]) c.order(0x11n, { kind: 'retire', request: 1n, busId })
  c.world.run(1_000)
  for (const id of c.registries) {
    t.is(c.store(id).get(0x101n), undefined)
    t.is(c.store(id).get(0x102n), undefined)
    t.true(c.registryEvents(id, 'left').every(({ reason }) => reason === 'retire'))
  }
  t.is(c.table(0x103n).get(0x101n), undefined)
})

test('000-14: who is no administrator retires nobody', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  const message = { kind: 'retire', request: 5n, busId: 0x102n } as const
  c.world.life(0x10n).give({ kind: 'message', from: 0x101n, message })
  c.world.run(100)
  t.not(c.store(0x10n).get(0x102n), undefined)
  t.is(ofKind(c, 'answer')[0]?.code, RESULT.FORBIDDEN)
})

test('000-15: a retired life is expelled and refused, its restart is let in', (t) => {
  const c = cluster({ registries: [0x10n], nodes: NODES })
  const { incarnation } = c.world.life(0x102n)
  c.order(0x10n, { kind: 'retire', request: 1n, busId: 0x102n })
  c.world.run(200)
  t.true(c.world.expelled.some(({ by, id }) => by === 0x101n && id === 0x102n))
  t.is(c.clientEvents(0x101n, 'service_down').filter(({ node }) => node === 0x102n).length, 1)
  c.world.run(60_000)
  t.is(c.store(0x10n).get(0x102n), undefined)
  t.is(c.clientEvents(0x102n, 'refused').at(-1)?.refusal.code, RESULT.RETIRED)
  const life = c.world.startNode(0x102n)
  c.world.run(2_000)
  t.not(life.incarnation, incarnation)
  t.is(c.store(0x10n).get(0x102n)?.node.incarnation, life.incarnation)
})

test('X-35: what may not be stored is refused with its field, and nothing is stored', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  const standing = c.store(0x10n).get(0x101n)!
  const records = [madeRecord(1n, { status: 3 as Status })]
  const stamp = { time: standing.stamp.time + 1n, by: 0x101n }
  c.give(0x10n, 0x101n, {
    kind: 'register',
    registration: { ...standing, records, stamp },
    sentTo: [],
  })
  c.world.run(50)
  t.is(c.store(0x10n).get(0x101n), standing)
  const answer = ofKind(c, 'register_answer').at(-1)
  t.is(answer?.code, RESULT.BAD_REQUEST)
  t.is(answer?.what, 'records[0].status')
})

test('X-35, X-68: a registration, renewal or cancel for another node is refused', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  const standing = c.store(0x10n).get(0x101n)!
  const version = {
    ...standing.node,
    busId: 0x101n,
    stamp: { time: standing.stamp.time + 9n, by: 1n },
  }
  const registration = { ...standing, stamp: version.stamp }
  quiet(c)
  c.give(0x10n, 0x102n, { kind: 'register', registration, sentTo: [] })
  c.give(0x10n, 0x102n, { kind: 'cancel', version, sentTo: [] })
  c.give(0x10n, 0x102n, { kind: 'renew', version, sentTo: [] })
  t.is(c.store(0x10n).get(0x101n), standing)
  const codes = c.sent.map(({ message }) => ('code' in message ? message.code : 0))
  t.deepEqual(codes, [RESULT.FORBIDDEN, RESULT.FORBIDDEN, RESULT.NOT_FOUND])
})

test('X-36: a change of several records with one unknown changes nobody and is not passed on', (t) => {
  const c = cluster({})
  quiet(c)
  const base = { kind: 'change', request: 1n, env: 'prod', app: 'game', zone: 'z1' } as const
  const instances = ['i101', 'nobody', 'i102']
  c.order(0x10n, { ...base, instances, statuses: [2, 2, 2], metadata: [] })
  const first = c.sent.find(({ message }) => message.kind === 'answer')?.message
  t.is(first?.kind === 'answer' && first.code, RESULT.BAD_REQUEST)
  t.is(ofKind(c, 'replica').length, 0)
  t.is(c.store(0x10n).get(0x101n)?.records[0]?.status, 1)
  c.order(0x10n, { ...base, instances: ['i101', 'i102'], statuses: [2, 2], metadata: [] })
  c.world.run(100)
  for (const id of c.registries) t.is(c.store(id).get(0x102n)?.records[0]?.status, 2)
})

test('X-36: lists that are not as long as the instances are refused', (t) => {
  const c = cluster({})
  const base = { kind: 'change', request: 1n, env: 'prod', app: 'game', zone: 'z1' } as const
  for (const lists of [
    { statuses: [2], metadata: [] },
    { statuses: [], metadata: ['{}'] },
    { statuses: [2, 0], metadata: [] },
    { statuses: [], metadata: ['{}', 'x'] },
  ]) {
    c.sent.length = 0
    c.order(0x10n, { ...base, instances: ['i101', 'i102'], ...lists })
    t.is(ofKind(c, 'answer')[0]?.code, RESULT.BAD_REQUEST)
  }
})

test('the owner of a record that an administrator changed takes the change over', (t) => {
  const c = cluster({})
  const base = { kind: 'change', request: 1n, env: 'prod', app: 'game', zone: 'z1' } as const
  c.order(0x10n, { ...base, instances: ['i101'], statuses: [2], metadata: [] })
  c.world.run(31_000)
  t.is(c.world.life(0x101n).client?.own?.records[0]?.status, 2)
  t.is(c.clientEvents(0x101n, 'changed').length, 1)
  c.world.run(60_000)
  for (const id of c.registries) t.is(c.store(id).get(0x101n)?.records[0]?.status, 2)
})

test('X-48: a node that restarts with other services shows them at every node in one version', (t) => {
  const c = cluster({ nodes: NODES })
  quiet(c)
  c.world.startNode(0x101n, {}, { records: [madeRecord(0x999n)] })
  c.world.run(2_000)
  for (const id of NODES.slice(1)) {
    const entry = c.table(id).get(0x101n)
    t.deepEqual(
      entry?.registration.records.map(({ instance }) => instance),
      ['i999'],
    )
    const ups = c.clientEvents(id, 'service_up').map(({ record }) => record.instance)
    t.is(ups.filter((instance) => instance === 'i999').length, 1)
  }
})

test('X-49: a killed node that restarts within 100 ms is listed within 2 s', (t) => {
  const c = cluster({})
  c.world.kill(0x101n)
  c.world.run(90)
  const life = c.world.startNode(0x101n)
  c.world.run(2_000)
  for (const id of c.registries) t.is(c.store(id).get(0x101n)?.node.incarnation, life.incarnation)
})
