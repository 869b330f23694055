import test from 'ava'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'
import { one, ROOT, tree } from './_tree.js'

test('a node that was stopped knows no way to anybody', (t) => {
  const { root, world } = tree()
  world.settle()
  t.true(root.core.routes.has(0x200n))
  root.give({ kind: 'stop' })
  for (const id of [0x200n, 0x300n, 0x400n]) {
    t.false(root.core.routes.has(id))
    t.is(root.core.routes.get(id), undefined)
  }
})

const QUESTIONS = [
  ['a child that its parent knows elsewhere', [{ id: 0x300n, attach: 3, life: 0x300 }], [0x10n]],
  ['a circle that it is part of', [], [0x200n, 0x10n]],
] as const

for (const [title, records, ancestors] of QUESTIONS) {
  test(`a node that is stopped waits no longer for ${title}`, (t) => {
    const host = new World().host({ id: 0x200n, parents: [ROOT] })
    const dialled = Stranger.listening(host, ROOT)
    host.give({ kind: 'start' })
    const parent = RoutePeer.parent(host, one(dialled, 0), 0x100n)
    RoutePeer.dials(host, 0x300n)
    host.world.advance(2_000)
    parent.answer({ ancestors: [...ancestors] }).update(records, [], { snapshotEnd: true })
    t.true(host.core.nextDeadlineMs() <= host.world.nowMs + 5_000)
    host.give({ kind: 'stop' })
    t.is(host.core.nextDeadlineMs(), Number.POSITIVE_INFINITY)
  })
}
