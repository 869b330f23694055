import test from 'ava'
import { type Cluster, cluster, quiet } from './_cluster.js'

const NEAR = [0x10n, 0x11n, 0x12n]

/** A node of the first zone that has only registries of the second for a while. */
function strayed(): Cluster {
  const c = cluster({ nodes: [0x101n, 0x102n], zones: 2 })
  for (const id of [0x20n, 0x21n, 0x22n]) c.world.connect(0x101n, id)
  c.world.cut((a, b) => a === 0x101n && NEAR.includes(b))
  c.world.run(2_000)
  return c
}

test('who lost all registries of its zone registers at others, and is back with its own at once', (t) => {
  const c = strayed()
  const watched = () => c.world.life(0x101n).client?.watch.registry ?? 0n
  t.true(watched() >= 0x20n)
  c.world.heal()
  c.world.run(1_500)
  t.true(NEAR.includes(watched()))
  // The two nodes of the other zone are left there.
  const far = [0x20n, 0x21n, 0x22n].map((id) => c.world.life(id).registry?.status().watchers ?? 0)
  t.is(
    far.reduce((a, b) => a + b),
    2,
  )
})

test('back in its zone a node learns at the next renewal what a lost batch told', (t) => {
  const c = strayed()
  c.world.heal()
  c.world.run(1_500)
  quiet(c)
  c.world.onSend = ({ to, message }) => to === 0x101n && message.kind === 'batch'
  c.world.startNode(0x103n)
  c.world.run(500)
  t.is(c.table(0x101n).get(0x103n), undefined)
  c.world.onSend = () => false
  c.world.run(30_000)
  t.is(c.table(0x101n).get(0x103n)?.isUp, true)
})
