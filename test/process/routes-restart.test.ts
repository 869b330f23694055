import test from 'ava'
import { Processes } from './_process-node.js'
import { belowBranch, RESTARTED_BRANCH, RESTARTED_ROOT, RestartTree } from './_restart.js'

/** A process may take half of it to start again on a busy machine. */
const LIMITS = { routeGraceMs: 25_000 }
/** Longer than the grace time, when a parent that stays away is forgotten. */
const REST_MS = 26_000

test('a root that is restarted within the grace time costs nobody a route', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const tree = new RestartTree(all, LIMITS)
  await tree.grow()
  const { losses, linksLost } = await tree.restart(RESTARTED_ROOT, REST_MS)
  t.deepEqual(losses, [])
  t.is(linksLost, 2)
})

test('a branch that is restarted within the grace time costs nobody below it a route', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const tree = new RestartTree(all, LIMITS)
  await tree.grow()
  const { losses, linksLost } = await tree.restart(RESTARTED_BRANCH, REST_MS)
  t.deepEqual(belowBranch(losses), [])
  t.is(linksLost, 2)
})
