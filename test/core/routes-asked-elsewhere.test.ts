import test from 'ava'
import { World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'

const SELF = 0x100n
const CHILD = 0x200n
const MOVED = 0x300n
const ELSEWHERE = 'ipv4://10.0.0.7:7000'

test('while a far life of an id is asked, a link to the id that comes up meanwhile stays', (t) => {
  const world = new World()
  const host = world.host({ id: SELF })
  host.give({ kind: 'start' })
  const child = RoutePeer.dials(host, CHILD).subscribe().tells()
  child.update([{ id: MOVED, incarnation: new Uint8Array(16).fill(7) }])
  // Another life of it registers here: the one that the child knows is asked, and says nothing.
  const claimant = Stranger.to(host)
  const asChild = registrationOf({
    id: MOVED,
    life: 2,
    announcement: { role: 1, expectedId: SELF },
  })
  claimant.say({ kind: 'register_req', register: asChild })
  t.is(claimant.kinds().at(-1), undefined)
  // The same life is dialled as well, which is quicker.
  const dialled = Stranger.listening(host, ELSEWHERE)
  host.give({ kind: 'connect', address: ELSEWHERE, expectedId: MOVED })
  dialled[0]!.say({ kind: 'register_rsp', register: registrationOf({ id: MOVED, life: 2 }) })
  t.is(host.core.link(MOVED)?.role, 'sibling')
  world.advance(2_000)
  t.is(host.core.links().length, 2)
})
