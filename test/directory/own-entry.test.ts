import test from 'ava'
import { cluster, quiet } from './_cluster.js'
import { madeRecord, madeRegistration } from './_made.js'

const NOTHING = { names: [], types: [] }

test('a registry that a peer has evicted registers above the tombstone, and tables are equal', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: [] })
  quiet(c)
  const own = c.store(0x10n).get(0x10n)!
  const { node, stamp } = own
  const tombstone = {
    busId: 0x10n,
    incarnation: node.incarnation,
    stamp,
    reason: 'expired',
  } as const
  const { nowMs } = c.world
  c.world.life(0x11n).registry?.table.bury(tombstone, { nowMs, wallMs: 1_700_000_000_000 + nowMs })
  t.is(c.store(0x11n).get(0x10n), undefined)
  c.world.run(35_000)
  t.is(c.store(0x11n).get(0x10n)?.stamp.time, c.store(0x10n).get(0x10n)?.stamp.time)
  t.true(c.store(0x10n).get(0x10n)!.stamp.time > stamp.time)
  t.is(c.store(0x10n).hash.value, c.store(0x11n).hash.value)
})

test('000-05: what the process of a registry offers is refused too where it is taken', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: [] })
  c.world.startNode(0x101n, {}, { records: [madeRecord(0x101n, { name: 'smith' })] })
  quiet(c)
  const before = c.store(0x10n).hash.value
  const records = [madeRecord(0x10n, { app: 'game', name: 'smith' })]
  c.world.life(0x10n).give({ kind: 'offer', records, wants: NOTHING })
  c.world.run(4_000)
  t.is(c.store(0x10n).hash.value, before)
  const [refused] = c.registryEvents(0x10n, 'refused')
  t.like(refused, { busId: 0x10n, holder: 0x101n, refusal: { what: 'name:prod/smith' } })
  c.world.stop(0x101n)
  c.world.run(10_000)
  t.is(c.store(0x11n).get(0x10n)?.records.at(-1)?.name, 'smith')
})

test('X-47: a registry whose own service lost a clash takes it back, is told, and stays listed', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: [] })
  c.world.cut((a, b) => (a === 0x10n) !== (b === 0x10n) && a < 0xf000n && b < 0xf000n)
  c.world.run(1_000)
  const registration = madeRegistration(0x101n, 1_600_000_000_000, {
    records: [madeRecord(0x101n, { name: 'smith' })],
  })
  c.give(0x11n, 0x101n, { kind: 'register', registration, sentTo: [] })
  const records = [madeRecord(0x10n, { app: 'game', name: 'smith' })]
  c.world.life(0x10n).give({ kind: 'offer', records, wants: NOTHING })
  c.world.run(1_000)
  t.is(c.store(0x10n).get(0x10n)?.records.length, 2)
  c.world.heal()
  c.world.run(35_000)
  t.is(c.store(0x10n).hash.value, c.store(0x11n).hash.value)
  t.is(c.store(0x10n).get(0x10n)?.records.length, 1)
  t.is(c.store(0x10n).get(0x101n)?.records[0]?.name, 'smith')
  t.true(c.registryEvents(0x10n, 'refused').length > 0)
})
