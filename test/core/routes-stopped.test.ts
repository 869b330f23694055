import test from 'ava'
import { tree } from './_tree.js'

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
