import test from 'ava'
import type { RouteChange } from '../../src/core/routes/routes-view.js'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const [ABOVE, OTHER] = [0x1n, 0x2n]

/** A node below 0x10, whose own parent comes and changes. */
function scene() {
  const host = new World().host({ id: 0x11n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const parent = RoutePeer.parent(host, dialled[0]!, 0x10n)
  parent.tells()
  const reader = host.core.routes.reader()
  const changes = (): RouteChange[] => {
    const all: RouteChange[] = []
    for (;;) {
      const change = host.core.routes.nextChange(reader)
      if (change === undefined) return all
      all.push(change)
    }
  }
  return { host, parent, changes }
}

test('a parent that gets a parent is a change of its route, and so is another one', (t) => {
  const { host, parent, changes } = scene()
  t.is(host.core.routes.get(0x10n)?.parent, 0n)
  for (const above of [ABOVE, OTHER]) {
    parent.update([], [], { ancestors: [above] })
    host.world.advance(1_000)
    const [change, ...more] = changes()
    t.deepEqual(more, [])
    t.is(change?.kind, 'changed')
    t.is(change?.kind === 'changed' && change.route.parent, above)
  }
})

test('who stays below the same parent is no change, whatever is above that', (t) => {
  const { host, parent, changes } = scene()
  parent.update([], [], { ancestors: [ABOVE] })
  host.world.advance(1_000)
  changes()
  parent.update([], [], { ancestors: [ABOVE, OTHER] })
  host.world.advance(1_000)
  t.deepEqual(changes(), [])
})
