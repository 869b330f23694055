import test from 'ava'
import { decodeMessage } from '../../src/directory/directory-decode.js'
import { encodeMessage } from '../../src/directory/directory-encode.js'
import type { DirectoryMessage } from '../../src/directory/directory-messages.js'
import { RESULT } from '../../src/directory/result-code.js'
import { Prng } from '../sim/prng.js'
import { cluster, hashes, NODES } from './_cluster.js'
import { incarnationOf, madeRegistration } from './_made.js'

const HOSTILE = 0x105n

test('messages of a lawful cluster, mutated and sent by anyone to anyone, throw nowhere', (t) => {
  const c = cluster({ zones: 2 })
  c.world.startNode(0x301n)
  c.world.stop(0x102n)
  c.world.run(40_000)
  const chance = new Prng(71)
  const seen = c.sent.slice(-4_000).map(({ message }) => encodeMessage(message))
  const ids = [...c.world.lives.keys()]
  let taken = 0
  for (let count = 0; count < 10_000; count++) {
    const bytes = chance.pick(seen)!.slice()
    for (let change = chance.below(4); change > 0; change--) {
      bytes[chance.below(bytes.length)] = chance.word()
    }
    const message = decodeMessage(bytes)
    if (message === undefined) continue
    taken++
    c.give(chance.pick(ids)!, chance.pick(ids)!, message)
    if (count % 100 === 0) c.world.run(10)
  }
  t.true(taken > 2_000)
})

/** What a node that is no registry might say as if it were one. */
const forged: readonly DirectoryMessage[] = [
  { kind: 'hello', zone: 'z1', epoch: 9n, ready: true },
  {
    kind: 'replica',
    fromZone: false,
    operation: { kind: 'put', registration: madeRegistration(0x101n, 1_900_000_000_000) },
  },
  {
    kind: 'repair',
    registrations: [madeRegistration(0x999n, 1_900_000_000_000)],
    tombstones: [
      {
        busId: 0x102n,
        incarnation: incarnationOf(0xffff),
        stamp: { time: 1_900_000_000_000n << 16n, by: 1n },
        reason: 'retire',
      },
    ],
    last: true,
  },
]

test('a node that may be no registry changes no table by greeting as one', (t) => {
  const c = cluster({})
  const before = [...hashes(c)]
  for (const message of forged) c.give(0x10n, HOSTILE, message)
  c.world.run(1_000)
  t.deepEqual([...hashes(c)], before)
  t.deepEqual(c.registryEvents(0x10n, 'left'), [])
})

test('a node that may be no registry is watched by nobody, and its batches are not taken', (t) => {
  const c = cluster({})
  c.give(0x101n, HOSTILE, forged[0]!)
  const batch = {
    kind: 'batch',
    watch: 1n,
    epoch: 9n,
    previous: 0n,
    sequence: 1n,
    snapshot: true,
    ready: true,
    last: true,
    puts: [madeRegistration(0x999n, 1)],
    removals: [],
  } as const
  c.give(0x101n, HOSTILE, batch)
  c.world.run(1_000)
  t.is(c.table(0x101n).get(0x999n), undefined)
  t.not(c.world.life(0x101n).client?.watch.registry, HOSTILE)
})

test('a stamp from the far future spoils its own registration alone, and is refused', (t) => {
  const c = cluster({ nodes: NODES })
  const far = madeRegistration(HOSTILE, 0x0f3d_0000_0000)
  c.give(0x10n, HOSTILE, { kind: 'register', registration: far, sentTo: [] })
  c.world.run(100)
  const answers = c.sent.flatMap(({ message }) => {
    return message.kind === 'register_answer' && message.code !== RESULT.OK ? [message.what] : []
  })
  t.deepEqual(answers, ['stamp'])
  c.world.startNode(0x301n)
  c.world.run(500)
  const time = c.store(0x10n).get(0x301n)!.stamp.time
  t.true(time < 1_800_000_000_000n << 16n)
})
