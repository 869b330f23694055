import test from 'ava'
import { STATUS_MASK } from '../../src/directory/lookups.js'
import { RESULT } from '../../src/directory/result-code.js'
import { type Cluster, cluster } from './_cluster.js'
import { madeRecord } from './_made.js'

const QUERY = { env: 'prod', app: 'game', zone: '' }
const NOTHING = { names: [], types: [] }

function registry(c: Cluster) {
  return c.world.life(0x10n).registry!
}

function poll(c: Cluster, poll: bigint, apps: readonly { app: string; since: bigint }[]): void {
  const request = { poll, env: 'prod', zone: '', apps }
  c.world.life(0x10n).give({ kind: 'poll', request })
}

function versionOf(c: Cluster, app: string): bigint {
  return registry(c).fetch({ ...QUERY, app }, STATUS_MASK.BOTH).apps[0]!.version
}

function change(c: Cluster, id: bigint, app: string, metadata: string): void {
  const records = [madeRecord(id, { app, metadata })]
  c.world.life(id).give({ kind: 'offer', offer: { records, wants: NOTHING, lease: 'leased' } })
  c.world.run(10)
}

test('X-37: the masks 1, 2 and 3 return what is up, what is waiting, and both', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  c.world.startNode(0x103n, {}, { records: [madeRecord(0x103n, { status: 2 })] })
  c.world.run(100)
  const instances = (mask: number) => {
    const { apps } = registry(c).fetch(QUERY, mask)
    return apps.flatMap(({ records }) => records.map(({ instance }) => instance)).sort()
  }
  t.deepEqual(instances(1), ['i101', 'i102'])
  t.deepEqual(instances(2), ['i103'])
  t.deepEqual(instances(3), ['i101', 'i102', 'i103'])
  t.is(registry(c).fetch(QUERY, 4).code, RESULT.BAD_REQUEST)
  t.is(registry(c).fetch({ ...QUERY, zone: 'z9' }, 3).code, RESULT.NOT_FOUND)
})

test('X-27, 002-04: fetches and polls are refused while warming up, and answered when ready', (t) => {
  const c = cluster({ registries: [], nodes: [] })
  c.world.startRegistry(0x10n, 'z1')
  c.world.startNode(0x101n)
  c.world.run(59_000)
  t.is(registry(c).fetch(QUERY, 1).code, RESULT.NOT_READY)
  poll(c, 1n, [{ app: 'game', since: 0n }])
  t.is(c.world.polled[0]?.answer.code, RESULT.NOT_READY)
  c.world.run(2_000)
  t.is(registry(c).fetch(QUERY, 1).code, RESULT.OK)
})

test('X-32: an unchanged poll is answered with -304 after 30 s', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  poll(c, 1n, [{ app: 'game', since: versionOf(c, 'game') }])
  const atMs = c.world.nowMs
  t.deepEqual(c.world.polled, [])
  c.world.run(40_000)
  t.is(c.world.polled[0]?.answer.code, RESULT.NOT_MODIFIED)
  t.is(c.world.polled[0]!.atMs - atMs, 30_000)
  t.is(registry(c).table.lookups.waiterCount, 0)
})

test('X-32: a change wakes a poll at once, with the changed app alone', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n, 0x102n] })
  change(c, 0x102n, 'gas', '{}')
  const apps = ['game', 'gas'].map((app) => ({ app, since: versionOf(c, app) }))
  poll(c, 1n, apps)
  change(c, 0x101n, 'game', '{"v":2}')
  t.is(c.world.polled.length, 1)
  const { answer } = c.world.polled[0]!
  t.is(answer.code, RESULT.OK)
  t.deepEqual(
    answer.apps.map(({ app }) => app),
    ['game'],
  )
  t.is(answer.apps[0]?.records[0]?.metadata, '{"v":2}')
  t.true(answer.apps[0]!.version > apps[0]!.since)
})

test('X-32: a poll that is closed leaves no waiter, and is not answered', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  poll(c, 1n, [{ app: 'game', since: versionOf(c, 'game') }])
  t.is(registry(c).table.lookups.waiterCount, 1)
  c.world.life(0x10n).give({ kind: 'poll_closed', poll: 1n })
  t.is(registry(c).table.lookups.waiterCount, 0)
  c.world.run(60_000)
  t.deepEqual(c.world.polled, [])
})

test('X-33: five polls from one host all wake', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  const since = versionOf(c, 'game')
  for (let id = 1n; id <= 5n; id++) poll(c, id, [{ app: 'game', since }])
  change(c, 0x101n, 'game', '{"v":2}')
  t.deepEqual(
    c.world.polled.map(({ answer }) => answer.poll),
    [1n, 2n, 3n, 4n, 5n],
  )
})

test('X-34: a poll of known and unknown apps gives data and the missing, of unknown ones -404', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  poll(c, 1n, [
    { app: 'game', since: 0n },
    { app: 'nobody', since: 0n },
  ])
  poll(c, 2n, [{ app: 'nobody', since: 0n }])
  const [both, none] = c.world.polled
  t.is(both?.answer.code, RESULT.OK)
  t.deepEqual(both?.answer.missing, ['nobody'])
  t.is(none?.answer.code, RESULT.NOT_FOUND)
})

test('R15: a poll is told that the last instance has gone', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  poll(c, 1n, [{ app: 'game', since: versionOf(c, 'game') }])
  c.world.stop(0x101n)
  c.world.run(100)
  t.deepEqual(
    c.world.polled[0]?.answer.apps.map(({ records }) => records),
    [[]],
  )
})
