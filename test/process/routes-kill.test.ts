import test from 'ava'
import { LosingTree } from './_lost-leaf.js'
import { Processes } from './_process-node.js'

test('robustness 22: a killed leaf is a route lost to everyone in the tree', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const tree = new LosingTree(all)
  await tree.grow()
  for (let kill = 0; kill < 2; kill++) {
    const heard = await tree.loseLeaf()
    t.deepEqual(
      heard.map(({ links, reason }) => [links, reason]).sort(),
      [1, 2, 3, 4, 5].map((links) => [links, 'link_lost']),
    )
  }
})
