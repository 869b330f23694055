import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { NO_RANGES, ROUTE_RECORDS_MAX } from '../../src/wire/route-record.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import {
  ROUTE_UPDATE_BYTES_MIN,
  type RouteUpdateFlags,
  RouteUpdateWriter,
} from '../../src/wire/route-update-writer.js'
import { type Long, long } from './_random-messages.js'
import { type Packet, readPacket, recordOf } from './_route-packets.js'

const MAX64 = 2n ** 64n - 1n
const MAX53 = Number.MAX_SAFE_INTEGER
const ONES = '01'.repeat(16)
const QUIET: RouteUpdateFlags = { sequence: 0, snapshotEnd: false }
const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Through the cursor that finds the member, as a connection does it. */
function readBody(body: Uint8Array): Packet | 'malformed' {
  const cursor = new BodyCursor()
  if (cursor.read(body, 0, body.length) !== 'route_update') throw new Error('another member')
  return readPacket(new RouteUpdateReader(), body, cursor.start, cursor.end)
}

test('records and removals are read in the order in which they were written', (t) => {
  const writer = new RouteUpdateWriter(4096)
  const ranges = [
    { prefix: MAX64, maskBits: 64 },
    { prefix: 0n, maskBits: 0 },
  ]
  const high = recordOf({ id: MAX64, life: 0xff, attach: MAX53, parent: 1n << 63n, hops: 255 })
  high.ranges = ranges
  t.true(writer.remove(0, 5, 2))
  t.true(writer.add(high))
  t.true(writer.remove(0x8000_0000, 0, 0))
  t.true(writer.add(recordOf({})))
  t.is(writer.count, 4)
  const flags = { sequence: MAX53, snapshotEnd: true, warming: false, opaque: true }
  const packet = readBody(writer.finish({ ...flags, ancestors: [MAX64, 1n] }))
  const life = { attach: MAX53, parent: 1n << 63n, hops: 255, ranges }
  const least = { attach: 0, parent: 0n, hops: 0, ranges: [] }
  t.deepEqual(packet, {
    ...flags,
    ancestors: [MAX64, 1n],
    steps: [
      { kind: 'remove', id: 5n, reason: 2 },
      { kind: 'add', id: MAX64, incarnation: 'ff'.repeat(16), ...life },
      { kind: 'remove', id: 1n << 63n, reason: 0 },
      { kind: 'add', id: 1n, incarnation: ONES, ...least },
    ],
  })
})

test('what did not change is not said, and an empty list of ancestors is not no list', (t) => {
  const writer = new RouteUpdateWriter(4096)
  t.is(Buffer.from(writer.finish(QUIET)).toString('hex'), 'e23e00')
  const silent = readBody(writer.finish(QUIET))
  t.like(silent, { warming: undefined, opaque: undefined, ancestors: undefined, steps: [] })
  const emptied = readBody(writer.finish({ ...QUIET, ancestors: [] }))
  t.deepEqual(emptied !== 'malformed' && emptied.ancestors, [])
})

test('a packet takes a thousand records and removals and not one more', (t) => {
  const writer = new RouteUpdateWriter(1 << 20)
  const record = recordOf({ id: 7n, attach: 3, parent: 9n, hops: 2 })
  for (let i = 0; i < ROUTE_RECORDS_MAX; i++) {
    t.true(i % 2 === 0 ? writer.add(record) : writer.remove(0, 1 + i, 1))
  }
  t.false(writer.add(record))
  t.false(writer.remove(0, 1, 1))
  t.is(writer.count, ROUTE_RECORDS_MAX)
  const packet = readBody(writer.finish(QUIET))
  t.is(packet !== 'malformed' && packet.steps.length, ROUTE_RECORDS_MAX)
})

const GREATEST = recordOf({ id: MAX64, attach: MAX53, parent: MAX64, hops: 255 })
GREATEST.ranges = many(16, { prefix: MAX64, maskBits: 64 })

for (const bytesMax of [ROUTE_UPDATE_BYTES_MIN, 1_500, 2_000, 20_000]) {
  test(`a packet never takes more than ${bytesMax} bytes, and always one record`, (t) => {
    const writer = new RouteUpdateWriter(bytesMax)
    t.true(writer.add(GREATEST))
    while (writer.add(GREATEST));
    const { count } = writer
    t.false(writer.add(GREATEST))
    t.is(writer.count, count)
    const ancestors = many(64, MAX64)
    const flags = { sequence: MAX53, snapshotEnd: true, warming: true, opaque: true, ancestors }
    const body = writer.finish(flags)
    t.true(body.length <= bytesMax)
    const packet = readBody(body)
    t.is(packet !== 'malformed' && packet.steps.length, count)
    t.like(packet, flags)
  })
}

test('a writer begins anew with nothing of the last packet', (t) => {
  const writer = new RouteUpdateWriter(4096)
  writer.add(GREATEST)
  writer.finish({ ...QUIET, sequence: 9, ancestors: [1n] })
  writer.begin()
  t.is(writer.count, 0)
  t.is(writer.finish(QUIET).length, 3)
})

test('hops are advice: too many are written as 255', (t) => {
  const writer = new RouteUpdateWriter(4096)
  writer.add(recordOf({ hops: 256 }))
  const packet = readBody(writer.finish(QUIET))
  t.like(packet !== 'malformed' && packet.steps[0], { hops: 255 })
})

test('what may not be written is a bug of the caller', (t) => {
  const writer = new RouteUpdateWriter(4096)
  const invariant = { name: 'InvariantError' }
  const ranges = many(17, { prefix: 1n, maskBits: 1 })
  t.throws(() => writer.add(recordOf({ ranges })), invariant)
  t.throws(() => writer.add(recordOf({ id: 0n })), invariant)
  t.throws(() => writer.remove(0, 0, 1), invariant)
  t.throws(() => writer.finish({ ...QUIET, ancestors: many(65, 1n) }), invariant)
  t.throws(() => writer.finish({ ...QUIET, sequence: 2 ** 53 }), invariant)
  t.throws(() => new RouteUpdateWriter(ROUTE_UPDATE_BYTES_MIN - 1), invariant)
  t.is(writer.count, 0)
})

test('ranges belong to whoever read them, and a record without any has the shared none', (t) => {
  const writer = new RouteUpdateWriter(4096)
  writer.add(GREATEST)
  writer.add(recordOf({}))
  const reader = new RouteUpdateReader()
  const body = writer.finish(QUIET)
  reader.open(body, 4, body.length)
  t.is(reader.next(), 'add')
  const { ranges } = reader.record
  t.is(reader.next(), 'add')
  t.is(reader.record.ranges, NO_RANGES)
  t.deepEqual(ranges, GREATEST.ranges)
})

const num = (value: bigint): Long =>
  long({ high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) })
const LIFE = new Uint8Array(16).fill(1)
const RECORD = { id: num(1n), incarnation: LIFE }
const add = (change: treebus.wire.RouteRecord.$Properties) => ({ add: [{ ...RECORD, ...change }] })
const range = { prefix: num(1n), maskBits: 1 }
const removal = { id: num(1n) }

type Update = treebus.wire.RouteUpdate.$Properties

// At the bound, and what breaks it.
const BOUNDS: [string, Update, ...Update[]][] = [
  ['number of records', { add: many(1000, RECORD) }, { add: many(1001, RECORD) }],
  ['number of removals', { remove: many(1000, removal) }, { remove: many(1001, removal) }],
  [
    'number of both',
    { add: many(500, RECORD), remove: many(500, removal) },
    { add: many(500, RECORD), remove: many(501, removal) },
  ],
  ['sequence', { sequence: num(2n ** 53n - 1n) }, { sequence: num(2n ** 53n) }],
  [
    'number of ancestors',
    { ancestors: { id: many(64, num(1n)) } },
    { ancestors: { id: many(65, num(1n)) } },
  ],
  ['ancestor', { ancestors: { id: [num(1n)] } }, { ancestors: { id: [num(1n), num(0n)] } }],
  ['id', add({ id: num(MAX64) }), add({ id: num(0n) }), add({ id: null })],
  [
    'incarnation',
    add({}),
    add({ incarnation: LIFE.subarray(1) }),
    add({ incarnation: new Uint8Array(17) }),
    add({ incarnation: null }),
  ],
  ['attach', add({ attach: num(2n ** 53n - 1n) }), add({ attach: num(2n ** 53n) })],
  ['number of hops', add({ hops: 255 }), add({ hops: 256 })],
  ['number of ranges', add({ ranges: many(16, range) }), add({ ranges: many(17, range) })],
  ['mask', add({ ranges: [{ maskBits: 64 }] }), add({ ranges: [{ maskBits: 65 }] })],
  ['removed id', { remove: [removal] }, { remove: [{ id: num(0n) }] }, { remove: [{ reason: 1 }] }],
]

for (const [name, within, ...over] of BOUNDS) {
  test(`a ${name} at its bound is taken, beyond it the whole packet is malformed`, (t) => {
    const { RouteUpdate } = treebus.wire
    const lawful = RouteUpdate.encode(within).finish()
    t.not(readPacket(new RouteUpdateReader(), lawful), 'malformed')
    for (const update of over) {
      const bytes = RouteUpdate.encode(update).finish()
      const reader = new RouteUpdateReader()
      t.is(reader.open(bytes, 0, bytes.length), 'malformed')
      t.is(reader.next(), 'end')
    }
  })
}

test('a fault in the last record keeps the first from being seen', (t) => {
  const { RouteUpdate } = treebus.wire
  const fine = RouteUpdate.encode({ add: many(3, RECORD) }).finish()
  const faulty = RouteUpdate.encode({ add: [...many(3, RECORD), { id: num(1n) }] }).finish()
  const reader = new RouteUpdateReader()
  t.is(reader.open(fine, 0, fine.length), 'ok')
  t.is(reader.next(), 'add')
  t.is(reader.open(faulty, 0, faulty.length), 'malformed')
  t.is(reader.next(), 'end')
})

const RECORD_HEX = `090100000000000000 1210${ONES}`

// Each as a member, of which the first record is usual.
const DAMAGED: [string, string][] = [
  ['a record that says more than there is', '321d09'],
  ['an update cut in its tag', '80'],
  ['a removal cut in its id', '3a050901000000'],
  ['a record whose id is a written 0', `321b09${'00'.repeat(8)}1210${ONES}`],
  ['a removal whose id is a written 0', `3a0b09${'00'.repeat(8)}1001`],
  ['a group', '0b0c'],
  ['field number 0', '00'],
  ['a record with junk behind it', `321c${RECORD_HEX}ff`],
  ['an attach that does not end', `321d${RECORD_HEX}1880`],
  ['a parent cut short', `321f${RECORD_HEX}21010203`],
  ['a range that says more than there is', `321e${RECORD_HEX}32050801`],
  ['packed ancestors that are no multiple of eight', '2a070a0501020304 05'],
  ['packed ancestors longer than their list', '2a0a0a1001000000000000000100000000000000'],
]

for (const [name, text] of DAMAGED) {
  test(`${name} is malformed`, (t) => {
    const bytes = bytesOf(`321b${RECORD_HEX}${text}`)
    t.is(readPacket(new RouteUpdateReader(), bytes), 'malformed')
    t.not(readPacket(new RouteUpdateReader(), bytes, 0, 29), 'malformed')
  })
}
