// What is encoded once for many reads as if it had been encoded for each.

import test from 'ava'
import { decodeMessage } from '../../src/directory/directory-decode.js'
import { encodeMessage } from '../../src/directory/directory-encode.js'
import type { Batch } from '../../src/directory/directory-messages.js'
import { MessageEncoder } from '../../src/directory/message-encoder.js'
import { incarnationOf, madeRecord, madeRegistration } from './_made.js'

function batchOf(changes: Partial<Batch>): Batch {
  return {
    kind: 'batch',
    watch: 3n,
    epoch: 0xffff_ffff_ffff_fff1n,
    previous: 300n,
    sequence: 301n,
    snapshot: false,
    ready: true,
    last: true,
    puts: [],
    removals: [],
    ...changes,
  }
}

const long = madeRecord(7n, { metadata: JSON.stringify({ text: 'x'.repeat(4_000) }) })
const stamp = { time: 5n << 16n, by: 9n }
const removal = { busId: 9n, incarnation: incarnationOf(2), stamp, reason: 'cancel' } as const
const BATCHES: readonly (readonly [string, Batch])[] = [
  ['an empty batch', batchOf({})],
  ['one registration', batchOf({ puts: [madeRegistration(1n, 1)] })],
  ['registrations and removals', batchOf({ puts: [madeRegistration(1n, 1)], removals: [removal] })],
  ['one of more than 127 bytes', batchOf({ puts: [madeRegistration(7n, 1, { records: [long] })] })],
  [
    'more than are kept',
    batchOf({ puts: Array.from({ length: 600 }, (_, n) => madeRegistration(BigInt(n + 1), 1)) }),
  ],
]

for (const [what, batch] of BATCHES) {
  test(`${what} reads the same as encoded alone, each time`, (t) => {
    const encoder = new MessageEncoder()
    const alone = decodeMessage(encodeMessage(batch))
    t.deepEqual(alone, batch)
    for (let time = 0; time < 3; time++) {
      t.deepEqual(decodeMessage(encoder.encode({ ...batch, watch: 3n })), batch)
    }
  })
}

test('a newer version of a registration is not taken for the one before', (t) => {
  const encoder = new MessageEncoder()
  const old = madeRegistration(1n, 1)
  encoder.encode(batchOf({ puts: [old] }))
  const batch = batchOf({ puts: [{ ...old, stamp: { time: 2n << 16n, by: 1n } }] })
  t.deepEqual(decodeMessage(encoder.encode(batch)), batch)
})
