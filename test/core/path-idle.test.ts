import test from 'ava'
import { World } from './_harness.js'

const PARENT = 'ipv4://10.0.0.1:7000'

test('a link between siblings that nobody uses ends at both ends as idle', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const children = [0x200n, 0x300n].map((id) =>
    world.host({ id, parents: [PARENT] }).listen(`ipv4://10.0.0.2:${id}`),
  )
  for (const host of [parent, ...children]) host.give({ kind: 'start' })
  world.advance(5_000)
  const [low, high] = children as [(typeof children)[0], (typeof children)[0]]
  low.send(0x300n, 'hello')
  world.advance(5_000)
  t.is(low.core.link(0x300n)?.role, 'sibling')
  t.is(high.core.link(0x200n)?.role, 'sibling')
  world.advance(130_000)
  const reasons = children.flatMap(({ events }) =>
    events.flatMap((event) => (event.kind === 'link_down' ? [event.reason] : [])),
  )
  t.deepEqual(reasons, ['idle', 'idle'])
})
