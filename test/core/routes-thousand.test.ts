import test from 'ava'
import { Thousand, updateBytes } from './_thousand.js'

const NODES = 1_000
const SNAPSHOT_BYTES_MAX = 150_000
const SUBSCRIBERS = 100

test('robustness 19: the snapshot of 1,000 nodes takes less than 150 KB', (t) => {
  const table = new Thousand()
  table.learn(0, NODES)
  const asker = table.ask()
  t.is(asker.told().filter(({ id }) => id >= 0x10_0000n).length, NODES)
  t.true(updateBytes(asker) < SNAPSHOT_BYTES_MAX, `${updateBytes(asker)} bytes`)
})

test('robustness 19: one change is one record in one packet to each of 100 subscribers', (t) => {
  const table = new Thousand()
  table.learn(0, NODES)
  const askers = Array.from({ length: SUBSCRIBERS }, () => table.ask())
  table.world.advance(1_000)
  const before = askers.map((asker) => asker.told().length)
  const { routePacketsSent } = table.root.core.counters
  table.learn(NODES, 1)
  table.world.advance(100)
  t.deepEqual(
    askers.map((asker, at) =>
      asker
        .told()
        .slice(before[at])
        .map(({ kind }) => kind),
    ),
    askers.map(() => ['add']),
  )
  // The one who told it hears nothing.
  t.is(table.root.core.counters.routePacketsSent - routePacketsSent, SUBSCRIBERS)
})
