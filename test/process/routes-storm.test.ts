import test from 'ava'
import { Processes } from './_process-node.js'
import { routeStorm } from './_route-storm.js'

test('20 processes that join and are killed at random end with equal tables', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const wish = { processes: 20, stormMs: 30_000, everyMs: 300, seed: 5 }
  const { kills, joins, live, wrong, used } = await routeStorm(all, wish)
  t.deepEqual(wrong, [])
  t.is(live, wish.processes)
  t.true(kills > 0 && joins > 0, `${kills} kills, ${joins} joins`)
  t.true(used.length >= wish.processes / 4)
  for (const { id, before, after } of used) t.is(after.files, before.files, `open files of ${id}`)
})
