import test from 'ava'
import { cluster } from './_cluster.js'
import { madeRecord } from './_made.js'

const NOTHING = { names: [], types: [] }

test('a list of another registry that broke off is asked for from its beginning', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: [0x101n, 0x102n, 0x103n] })
  // The dead stand first in a list, in a part of their own.
  c.world.stop(0x103n)
  c.world.run(1_000)
  const watched = c.world.life(0x101n).client!.watch.registry!
  const other = watched === 0x10n ? 0x11n : 0x10n
  // Somebody comes whom the watched registry never hears of, and both count on.
  const apart = [other, 0x105n]
  c.world.cut((a, b) => a === watched && apart.includes(b))
  c.world.startNode(0x105n)
  c.world.run(1_000)
  for (let change = 1; change <= 20; change++) {
    const records = [madeRecord(0x102n, { metadata: `{"change":${change}}` })]
    const offer = { records, wants: NOTHING, lease: 'leased' } as const
    c.world.life(0x102n).give({ kind: 'offer', offer })
    c.world.run(100)
  }
  t.is(c.table(0x101n).get(0x105n), undefined)
  // Of the other's list only the first part arrives, and then a change.
  let lost = 0
  c.world.onSend = ({ to, message }) => {
    if (to !== 0x101n || message.kind !== 'batch' || !message.snapshot) return false
    return message.previous > 0n && ++lost > 0
  }
  c.world.kill(watched)
  c.world.run(200)
  t.true(lost > 0)
  c.world.onSend = () => false
  c.world.startNode(0x106n)
  c.world.run(500)
  t.is(c.table(0x101n).get(0x106n)?.isUp, true)
  t.is(c.table(0x101n).get(0x105n)?.isUp, true)
})
