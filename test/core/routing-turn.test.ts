import test from 'ava'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'

const FEW = 10n
const MANY = 60n

/** How many packets the first of so many children gets while the others come one by one. */
function packetsOf(children: bigint, everyMs: number): number {
  const world = new World()
  const host = world.host({ id: 0x100n })
  host.give({ kind: 'start' })
  const first = RoutePeer.dials(host, 0x1000n).subscribe().tells()
  world.advance(200)
  const before = first.stranger.kinds().length
  for (let id = 1n; id <= children; id++) {
    RoutePeer.dials(host, 0x1000n + id)
    world.advance(everyMs)
  }
  world.advance(200)
  const told = new Set(first.told().map(({ id }) => id))
  if (told.size !== Number(children)) throw new Error(`${told.size} of ${children} were told`)
  return first.stranger.kinds().length - before
}

test('a node with few links tells each change on its own turn', (t) => {
  t.is(packetsOf(FEW, 1), Number(FEW))
})

test('many that come at once are told in fewer packets than there are of them', (t) => {
  t.true(packetsOf(MANY, 1) < Number(MANY) / 2)
})
