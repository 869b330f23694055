import test from 'ava'
import { encodeData, type OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { RecordWriter } from '../../src/wire/data-record.js'
import { encodeForward, FORWARD_REQUEST } from '../../src/wire/data-relay.js'
import { payloadOfFrame } from '../../src/wire/frame.js'
import { RecordCursor } from '../../src/wire/record-cursor.js'
import {
  RECORD_HEADER_BYTES,
  RECORD_HOPS_MAX,
  RECORD_ROUTE_BYTES,
} from '../../src/wire/record-header.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import { inFrame, messageOf, readerOf, told } from './_records.js'

const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 200_000) / 100)
const READER = new SelfId(0x7fff_0000, 0x1234)
const HOPS_AT = RECORD_HEADER_BYTES + 16

function idOf(random: Random): SelfId {
  return new SelfId(random.once(2) ? 0 : random.bits32() | 0, random.bits32() | 1)
}

function read(bytes: Uint8Array, record = new RecordCursor(READER)): RecordCursor | undefined {
  const reader = readerOf(bytes)
  if (reader.next() !== 'record') return undefined
  const { view, buffer, start, end } = reader
  return record.read(view, buffer, start, end) ? record : undefined
}

function routedOf(from: SelfId, message: OutgoingData): Uint8Array {
  const outlet = new TestOutlet()
  new RecordWriter().writeRouted(outlet, from, message)
  return outlet.takeFrame()
}

test('a record goes through the tree as its frame does, and can be made that frame anywhere', (t) => {
  const random = new Random(seedOfRun())
  const record = new RecordCursor(READER)
  let differences = 0
  for (let i = 0; i < MESSAGES; i++) {
    const message = messageOf(random)
    const from = idOf(random)
    let bytes = routedOf(from, message)
    const frames = new TestOutlet()
    encodeData(frames, from, message)
    let inner = payloadOfFrame(frames.takeFrame())
    const hops = random.below(random.once(20) ? 20 : 4)
    for (let hop = 0; hop <= hops; hop++) {
      const seen = read(bytes, record)
      const isAlike = seen !== undefined && told(seen) === told(inFrame(inner))
      if (!isAlike || Buffer.compare(seen.rewrite(), inner) !== 0) differences++
      const node = idOf(random)
      const onward = new TestOutlet()
      new RecordWriter().writeOn(onward, node, record)
      bytes = onward.takeFrame()
      const { head, data } = inFrame(inner)
      encodeForward(frames, node, head, data, FORWARD_REQUEST)
      inner = payloadOfFrame(frames.takeFrame())
    }
  }
  t.is(differences, 0, `TREEBUS_SEED=${random.seed}`)
})

test('a record knows which nodes it has passed, its origin among them', (t) => {
  const nodes = [1, 2, 3, 4].map((low) => new SelfId(low === 3 ? 9 : 0, low))
  let bytes = routedOf(nodes[0]!, messageOf(new Random(1)))
  for (const node of nodes.slice(1)) {
    const onward = new TestOutlet()
    new RecordWriter().writeOn(onward, node, read(bytes)!)
    bytes = onward.takeFrame()
  }
  const record = read(bytes)!
  t.is(record.hops, 3)
  for (const { high, low } of nodes) t.true(record.hasPassed(high, low))
  t.false(record.hasPassed(0, 3))
  t.false(record.hasPassed(9, 1))
})

test('what follows a routed record is not taken for one', (t) => {
  const random = new Random(2)
  const record = new RecordCursor(READER)
  t.true(read(routedOf(idOf(random), messageOf(random)), record)?.isRouted)
  const outlet = new TestOutlet()
  const message = Object.assign(messageOf(random), { toHi: READER.high, toLo: READER.low })
  new RecordWriter().write(outlet, message)
  read(outlet.takeFrame(), record)
  record.from(1, 2)
  t.false(record.isRouted)
  const { toHi, toLo, fromLo, routerCount } = record.data
  t.deepEqual([toHi, toLo, fromLo, routerCount], [READER.high, READER.low, 2, 1])
})

test('a route that is cut short or too long is one that no peer of ours writes', (t) => {
  const random = new Random(3)
  const good = routedOf(idOf(random), Object.assign(messageOf(random), { extensionKind: 0 }))
  const plain = good.slice(0, RECORD_HEADER_BYTES + RECORD_ROUTE_BYTES)
  for (let bytes = 0; bytes < RECORD_ROUTE_BYTES; bytes++) {
    const short = good.slice(0, RECORD_HEADER_BYTES + bytes)
    new DataView(short.buffer).setUint32(0, bytes, true)
    t.is(read(short), undefined)
  }
  for (const hops of [1, RECORD_HOPS_MAX, RECORD_HOPS_MAX + 1, 2 ** 29, 2 ** 32 - 1]) {
    const lying = plain.slice()
    const words = new DataView(lying.buffer)
    words.setUint32(0, RECORD_ROUTE_BYTES, true)
    words.setUint32(HOPS_AT, hops, true)
    t.is(read(lying), undefined, `${hops} hops`)
  }
  for (const hops of [RECORD_HOPS_MAX, RECORD_HOPS_MAX + 1]) {
    const long = new Uint8Array(plain.length + hops * 8)
    long.set(plain)
    const words = new DataView(long.buffer)
    words.setUint32(0, long.length - RECORD_HEADER_BYTES, true)
    words.setUint32(HOPS_AT, hops, true)
    t.is(read(long) !== undefined, hops <= RECORD_HOPS_MAX, `${hops} hops`)
  }
})

test('whatever bytes are in a routed record, it is refused or lies within itself', (t) => {
  const random = new Random(seedOfRun())
  const record = new RecordCursor(READER)
  let taken = 0
  for (let i = 0; i < 20_000; i++) {
    const bytes = routedOf(idOf(random), messageOf(random))
    for (let left = 1 + random.below(4); left > 0; left--) {
      const at = 5 + random.below(Math.min(bytes.length, 60) - 5)
      bytes[at] = random.bits32()
    }
    if (read(bytes, record) === undefined) continue
    taken++
    const { contentStart, contentEnd } = record.data
    if (record.routeEnd > contentStart && record.isRouted) t.fail(`seed ${random.seed}`)
    if (contentStart > contentEnd || contentEnd > bytes.length) t.fail(`seed ${random.seed}`)
    record.hasPassed(1, 2)
    inFrame(record.rewrite())
  }
  t.true(taken > 1_000)
})

test('an outlet that refuses gets no routed record written', (t) => {
  const random = new Random(4)
  const outlet = new TestOutlet()
  const record = read(routedOf(idOf(random), messageOf(random)))!
  for (const refusal of ['full', 'closed'] as const) {
    outlet.refuse = refusal
    t.is(new RecordWriter().writeRouted(outlet, READER, messageOf(random)), refusal)
    t.is(new RecordWriter().writeOn(outlet, READER, record), refusal)
  }
  t.true(outlet.buffer.every((byte) => byte === 0xee))
})
