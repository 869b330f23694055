import test from 'ava'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'

const FULL = -4
const below = [0x21n, 0x22n, 0x23n].map((id) => ({ id }))

for (const [link, limitBytes] of [
  ['has room', Number.POSITIVE_INFINITY],
  ['is full at that moment', 1],
] as const) {
  test(`who takes fewer records than there are is told so, where its link ${link}`, (t) => {
    const host = new World().host({ id: 0x1n })
    host.give({ kind: 'start' })
    RoutePeer.dials(host, 0x20n).tells(...below)
    const peer = RoutePeer.dials(host, 0x30n)
    const { wire } = host.ends.get(peer.stranger.connection)!
    wire.limitBytes = limitBytes
    peer.subscribe({ recordsMax: 2 })
    wire.limitBytes = Number.POSITIVE_INFINITY
    host.world.advance(1_000)
    t.deepEqual(peer.results(), [FULL])
    // Nothing else comes of it, and it may ask again.
    t.deepEqual(peer.told(), [])
    peer.subscribe({ recordsMax: 100 })
    t.deepEqual(peer.results(), [FULL, 0])
    t.is(peer.told().length, 4)
  })
}
