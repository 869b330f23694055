import test from 'ava'
import { type Host, World } from './_harness.js'
import { ROOT } from './_tree.js'

const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'

/** root 0x100 > a 0x200 > b 0x300 > x 0x400, whose other parent is the root; a > t 0x500. */
function diamond(): { a: Host; x: Host; t: Host } {
  const world = new World()
  const root = world.host({ id: 0x100n }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT] }).listen(A)
  const b = world.host({ id: 0x300n, parents: [A] }).listen(B)
  const x = world.host({ id: 0x400n, parents: [B, ROOT], parentMode: 'all' })
  const t = world.host({ id: 0x500n, parents: [A] })
  for (const host of [root, a, b, x, t]) host.give({ kind: 'start' })
  world.advance(1_000)
  return { a, x, t }
}

test('who has several parents may be heard from above by one that is above it as well', (t) => {
  const { a, x, t: target } = diamond()
  t.is(x.core.routes.get(0x500n)?.via, 0x100n)
  t.is(x.send(0x500n, 'by the other parent'), 'sent')
  t.deepEqual(
    target.messages.map(({ text }) => text),
    ['by the other parent'],
  )
  t.deepEqual(x.answers, [])
  t.is(a.core.counters.badSenders, 0)
})
