import test from 'ava'
import { OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { RecordWriter } from '../../src/wire/data-record.js'
import { type FrameReader, frameOf } from '../../src/wire/frame.js'
import {
  COLUMN,
  COLUMN_MESSAGES_MAX,
  COLUMN_STRIDE,
  MessageColumns,
} from '../../src/wire/message-columns.js'
import { RecordCursor } from '../../src/wire/record-cursor.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import { readerOf } from './_records.js'

/** Two of them fit into the first memory of a reader. */
const FRAME_BYTES_MAX = 4096
const FROM = { high: 0x8000_0001, low: 0xffff_fff0 }
const SELF = new SelfId(0x7, 0x11)

/** A record, an extended or routed one, or a frame. */
function anything(random: Random): Uint8Array {
  const content = random.bytes(random.below(random.once(10) ? 300 : 40))
  const message = Object.assign(new OutgoingData(), {
    type: random.int32(),
    sequenceHi: random.bits32(),
    sequenceLo: random.bits32(),
    toHi: SELF.high,
    toLo: SELF.low,
    content,
    extensionKind: random.once(6) ? 1 : 0,
  })
  if (random.once(8)) return frameOf(random.bytes(1 + random.below(40)))
  const outlet = new TestOutlet()
  if (random.once(8)) new RecordWriter().writeRouted(outlet, SELF, message)
  else new RecordWriter().write(outlet, message)
  return outlet.takeFrame()
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function listed({ length, memories, words }: MessageColumns): string[] {
  return Array.from({ length }, (_, index) => {
    const row = words.subarray(index * COLUMN_STRIDE, (index + 1) * COLUMN_STRIDE)
    const [start, end] = [row[COLUMN.START]!, row[COLUMN.END]!]
    const content = memories[row[COLUMN.MEMORY]!]!.subarray(start, end)
    return `${[...row.subarray(0, COLUMN.START)].map((word) => word | 0).join()}:${content}`
  })
}

/** As `next` and a cursor find them, one by one; whatever is no plain record is named. */
function oneByOne(reader: FrameReader): string[] {
  const found: string[] = []
  const record = new RecordCursor(SELF)
  for (;;) {
    const kind = reader.next()
    if (kind === 'more' || kind === 'bad_size') return [...found, kind]
    if (kind === 'frame' || kind === 'bad_hash') found.push(kind)
    else found.push(recordName(reader, record))
  }
}

function recordName(reader: FrameReader, record: RecordCursor): string {
  if (!record.read(reader.view, reader.buffer, reader.start, reader.end)) return 'bad'
  const { data, head } = record
  if (record.isRouted || data.hasExtension) return 'other'
  const words = [FROM.high, FROM.low, head.type, head.sequenceHi, head.sequenceLo]
  const content = data.buffer.subarray(data.contentStart, data.contentEnd)
  return `${words.map((word) => word | 0).join()}:${content}`
}

/** With all that can be listed; what stops the list is read alone. */
function inRuns(reader: FrameReader): string[] {
  const found: string[] = []
  const record = new RecordCursor(SELF)
  for (;;) {
    const columns = new MessageColumns()
    const count = columns.addRecords(reader, FROM.high, FROM.low)
    if (count !== columns.length) throw new Error(`${count} of ${columns.length}`)
    found.push(...listed(columns))
    const kind = reader.next()
    if (kind === 'more' || kind === 'bad_size') return [...found, kind]
    found.push(kind === 'record' ? recordName(reader, record) : kind)
  }
}

test('plain records are listed as reading them one by one finds them, and nothing else is', (t) => {
  const random = new Random(seedOfRun())
  let plain = 0
  for (let round = 0; round < 400; round++) {
    const stream = joined(Array.from({ length: random.below(30) }, () => anything(random)))
    const cut = random.once(2) ? stream : stream.subarray(0, random.below(stream.length + 1))
    const expected = oneByOne(readerOf(cut, FRAME_BYTES_MAX))
    plain += expected.filter((name) => name.includes(':')).length
    t.deepEqual(inRuns(readerOf(cut, FRAME_BYTES_MAX)), expected)
  }
  t.true(plain > 400)
})

test('streams with changed bytes are listed as they are read one by one', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 2_000; round++) {
    const stream = joined(Array.from({ length: 4 }, () => anything(random)))
    stream[random.below(stream.length)] = random.below(256)
    t.deepEqual(
      inRuns(readerOf(stream, FRAME_BYTES_MAX)),
      oneByOne(readerOf(stream, FRAME_BYTES_MAX)),
    )
  }
})

test('a list that is full ends before the next record', (t) => {
  const outlet = new TestOutlet()
  const message = Object.assign(new OutgoingData(), { toLo: 1, content: new Uint8Array(1) })
  new RecordWriter().write(outlet, message)
  const record = outlet.takeFrame()
  const reader = readerOf(joined(Array.from({ length: 600 }, () => record)), FRAME_BYTES_MAX)
  const columns = new MessageColumns()
  columns.length = COLUMN_MESSAGES_MAX - 5
  t.is(columns.addRecords(reader, 0, 1), 5)
  t.true(columns.isFull)
  t.is(columns.addRecords(reader, 0, 1), 0)
  columns.clear()
  t.is(columns.addRecords(reader, 0, 1), 595)
  t.is(reader.next(), 'more')
})

test('a record over the limit is left to the reader, who ends the stream', (t) => {
  const parts = [10, FRAME_BYTES_MAX, FRAME_BYTES_MAX + 1, 10].map((bytes) => {
    const outlet = new TestOutlet(2 * FRAME_BYTES_MAX)
    const content = new Uint8Array(bytes)
    new RecordWriter().write(outlet, Object.assign(new OutgoingData(), { toLo: 1, content }))
    return outlet.takeFrame()
  })
  const reader = readerOf(joined(parts), FRAME_BYTES_MAX)
  const columns = new MessageColumns()
  t.is(columns.addRecords(reader, 0, 1), 2)
  t.is(reader.next(), 'bad_size')
})
