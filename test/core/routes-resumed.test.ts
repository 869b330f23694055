import test from 'ava'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:1'
const KEPT = 0x500n
const LOST = 0x600n

/** A node with a parent in the hands of the test, whose addresses lead to `dialled`, in order. */
function below() {
  const world = new World()
  const host = world.host({ id: 0x200n, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const parent = (at: number, life: number): RoutePeer => {
    const stranger = dialled[at]
    if (stranger === undefined) throw new Error(`not dialled ${at} times`)
    return RoutePeer.parent(host, stranger, 0x100n, life)
  }
  return { host, world, parent }
}

test('what an earlier life of the parent told is not confirmed by a resume with its next', (t) => {
  const { host, parent, world } = below()
  const first = parent(0, 1).tells({ id: KEPT, life: 5 }, { id: LOST, life: 6 })
  t.true(host.core.routes.has(LOST))
  first.stranger.hangUp(false)
  world.advance(1_000)
  const second = parent(1, 2).answer({ warming: true })
  second.update([{ id: KEPT, life: 5 }], [], { snapshotEnd: true })
  t.deepEqual([host.core.routes.has(KEPT), host.core.routes.has(LOST)], [true, false])
  second.stranger.hangUp(false)
  world.advance(1_000)
  const third = parent(2, 2)
  t.is(third.requests().at(-1)?.resume, undefined)
  third.answer({ mode: 'full' }).update([{ id: KEPT, life: 5 }], [], { snapshotEnd: true })
  t.deepEqual([host.core.routes.has(KEPT), host.core.routes.has(LOST)], [true, false])
  world.advance(15_000)
  t.is(host.core.routes.get(LOST), undefined)
})

test('a snapshot says how its publisher hangs since it lost a parent', (t) => {
  const { host, parent, world } = below()
  const above = parent(0, 1).tells()
  const child = RoutePeer.dials(host, 0x300n)
  above.stranger.hangUp(false)
  world.advance(1_000)
  child.subscribe()
  t.deepEqual(child.told()[0], { kind: 'add', id: 0x200n, attach: 1 })
})
