import test from 'ava'
import { cluster, quiet } from './_cluster.js'
import { madeRecord } from './_made.js'

const NOTHING = { names: [], types: [] }

test('002-17: a change told to all three of a zone causes three messages, in the other one', (t) => {
  const c = cluster({ zones: 2, nodes: [0x101n] })
  quiet(c)
  const records = [madeRecord(0x101n, { metadata: '{"new":true}' })]
  const offer = { records, wants: NOTHING, lease: 'leased' } as const
  c.world.life(0x101n).give({ kind: 'offer', offer })
  c.world.run(1_000)
  const replicas = c.sent.filter(({ message }) => {
    return message.kind === 'replica' && message.operation.kind === 'put'
  })
  t.deepEqual(replicas.map(({ to }) => to).sort(), [0x20n, 0x21n, 0x22n])
  for (const id of [...c.registries, 0x20n, 0x21n, 0x22n]) {
    t.is(c.store(id).get(0x101n)?.records[0]?.metadata, '{"new":true}')
  }
})
