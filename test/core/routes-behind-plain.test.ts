import test from 'ava'
import type { DEFAULT_CONFIG } from '../../src/core/config.js'
import { World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'

const PLAIN = 0x200n
const BEHIND = 0x2001n

function family(grants: typeof DEFAULT_CONFIG.grants | readonly object[] = []) {
  const world = new World()
  const host = world.host({ id: 0x100n, grants: grants as never })
  host.give({ kind: 'start' })
  const plain = Stranger.to(host).join(registrationOf({ id: PLAIN }))
  const watcher = RoutePeer.dials(host, 0x300n).subscribe().tells()
  return { world, host, plain, watcher }
}

test('who speaks from behind a plain child is known, and told to others', (t) => {
  const { host, plain, watcher, world } = family()
  plain.sayData({ from: BEHIND, to: 0x100n, text: 'x' })
  world.advance(10)
  t.is(host.core.routes.get(BEHIND)?.via, PLAIN)
  t.true(watcher.told().some(({ id, kind }) => kind === 'add' && id === BEHIND))
})

test('nobody is behind a plain child under id 0, or under our own', (t) => {
  const { host, plain, watcher, world } = family()
  for (const from of [0n, 0x100n]) plain.sayData({ from, to: 0x100n, text: 'x' })
  world.advance(10)
  t.true(watcher.isOpen)
  t.deepEqual(
    watcher.told().map(({ id }) => id),
    [PLAIN],
  )
  t.is(host.core.routes.size, 2)
})

test('what a plain child was not granted is not taken for being behind it', (t) => {
  const { host, plain, world } = family([
    { child: PLAIN, ranges: [{ prefix: 0x2000n, maskBits: 52 }] },
  ])
  for (const from of [BEHIND, 0x5001n]) plain.sayData({ from, to: 0x100n, text: 'x' })
  world.advance(10)
  t.true(host.core.routes.has(BEHIND))
  t.false(host.core.routes.has(0x5001n))
})
