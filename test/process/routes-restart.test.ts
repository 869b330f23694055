import test from 'ava'
import { Processes } from './_process-node.js'
import { belowBranch, RESTARTED_BRANCH, RESTARTED_ROOT, RestartTree } from './_restart.js'

/** Longer than the grace time of 15 s, when a parent that stays away is forgotten. */
const REST_MS = 16_000

test('a root that is restarted within the grace time costs nobody a route', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const tree = new RestartTree(all)
  await tree.grow()
  const { losses, linksLost } = await tree.restart(RESTARTED_ROOT, REST_MS)
  t.deepEqual(losses, [])
  t.is(linksLost, 2)
})

test('a branch that is restarted within the grace time costs nobody below it a route', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const tree = new RestartTree(all)
  await tree.grow()
  const { losses, linksLost } = await tree.restart(RESTARTED_BRANCH, REST_MS)
  t.deepEqual(belowBranch(losses), [])
  t.is(linksLost, 2)
})
