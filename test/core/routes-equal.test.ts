import test from 'ava'
import { type Host, World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { ROOT } from './_tree.js'

const FEEDER = 0x300n
const KEPT = 3_000
const FIRST = 0x10_0000
/** What one packet takes (routing-table.md). */
const RECORDS_MAX = 1_000

interface Scene {
  readonly world: World
  readonly publisher: Host
  readonly reader: Host
  readonly feeder: RoutePeer
}

const idOf = (at: number) => BigInt(FIRST + at)

/** A publisher with a lawful child that reads its table, and one that tells it of many ids. */
function scene(): Scene {
  const world = new World()
  const publisher = world.host({ id: 0x100n }).listen(ROOT)
  const reader = world.host({ id: 0x200n, parents: [ROOT] })
  publisher.give({ kind: 'start' })
  const feeder = RoutePeer.dials(publisher, FEEDER).subscribe().tells()
  reader.give({ kind: 'start' })
  add(feeder, world, 0, KEPT)
  world.advance(100)
  return { world, publisher, reader, feeder }
}

function add(feeder: RoutePeer, world: World, from: number, count: number): void {
  for (let at = from; at < from + count; at += RECORDS_MAX) {
    const records = Math.min(RECORDS_MAX, from + count - at)
    feeder.update(Array.from({ length: records }, (_, i) => ({ id: idOf(at + i) })))
    world.advance(10)
  }
}

/** In what a table differs from what a neighbour is told that asks only now. */
function differences({ publisher, reader, world }: Scene): { lacks: bigint[]; has: bigint[] } {
  const asker = RoutePeer.dials(publisher, 0x400n).subscribe()
  // A snapshot goes out in parts.
  world.advance(1_000)
  const told = new Set(asker.told().map(({ id }) => id))
  const known = new Set([...reader.core.routes].map(({ id }) => id))
  // Neither is told of itself, and the publisher is known from its link.
  for (const id of [asker.id, reader.core.id, publisher.core.id]) {
    told.delete(id)
    known.delete(id)
  }
  return {
    lacks: [...told].filter((id) => !known.has(id)),
    has: [...known].filter((id) => !told.has(id)),
  }
}

const NONE = { lacks: [], has: [] }

/** The reader loses its link, and finds its parent again after `meanwhile`. */
function away({ world, publisher, reader }: Scene, meanwhile: () => void): void {
  const [connection] = reader.ends.keys()
  const listens = publisher.listens.splice(0)
  world.cut(reader, connection!)
  meanwhile()
  publisher.listens.push(...listens)
  world.advance(5_000)
}

const MISSED: [number, 'resume' | 'full'][] = [
  [0, 'resume'],
  [1, 'resume'],
  [1_000, 'resume'],
  [65_000, 'resume'],
  [66_000, 'full'],
]

for (const [missed, mode] of MISSED) {
  test(`robustness 18: after ${missed} missed ids (${mode}) a table equals a fresh snapshot`, (t) => {
    const at = scene()
    const { feeder, reader, world } = at
    const before = reader.core.counters.routeRecordsReceived
    away(at, () => add(feeder, world, KEPT, missed))
    t.is(reader.core.link(0x100n)?.role, 'parent')
    const received = reader.core.counters.routeRecordsReceived - before
    if (mode === 'resume') t.true(received < missed + 10, `${received} records`)
    else t.true(received >= KEPT + missed, `${received} records`)
    t.deepEqual(differences(at), NONE)
  })
}

test('robustness 18: words that come twice, or of what is long gone, leave a table as it was', (t) => {
  const at = scene()
  const { feeder, world } = at
  for (let time = 0; time < 2; time++) {
    feeder.update([{ id: idOf(1) }, { id: idOf(9_000) }], [idOf(2), idOf(8_000)])
    world.advance(100)
  }
  t.deepEqual(
    [1, 9_000, 2, 8_000].map((number) => at.reader.core.routes.has(idOf(number))),
    [true, true, false, false],
  )
  t.deepEqual(differences(at), NONE)
})

test('robustness 18: late words of a link that has ended count for nothing', (t) => {
  const at = scene()
  const { feeder, publisher, world } = at
  feeder.stranger.hangUp()
  const again = RoutePeer.dials(publisher, FEEDER)
    .subscribe()
    .tells({ id: idOf(1) })
  feeder.update([{ id: idOf(7) }], [idOf(1)])
  world.advance(2_000)
  t.true(again.isOpen)
  t.deepEqual(
    [1, 7].map((number) => at.reader.core.routes.has(idOf(number))),
    [true, false],
  )
  t.deepEqual(differences(at), NONE)
})
