import test from 'ava'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { RecordRun, RecordWriter } from '../../src/wire/data-record.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { RecordCursor } from '../../src/wire/record-cursor.js'
import { RECORD_EXTENSION_BYTES, RECORD_HEADER_BYTES } from '../../src/wire/record-header.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import { FRAME_BYTES_MAX, inFrame, messageOf, readerOf, told } from './_records.js'

const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 200_000) / 16)

const FROM = { high: 0x8000_0001, low: 0xffff_fff0 }
const TO = { high: 0x7, low: 0x9000_0000 }

/** What a neighbour says to us: a record without a route names no target. */
const neighbourly = (random: Random): OutgoingData =>
  messageOf(random, { toHi: TO.high, toLo: TO.low })

function recordOf(message: OutgoingData): Uint8Array {
  const outlet = new TestOutlet()
  new RecordWriter().write(outlet, message)
  return outlet.takeFrame()
}

function cursorOf(bytes: Uint8Array): RecordCursor | undefined {
  const reader = readerOf(bytes)
  if (reader.next() !== 'record') return undefined
  const record = new RecordCursor(new SelfId(TO.high, TO.low))
  if (!record.read(reader.view, reader.buffer, reader.start, reader.end)) return undefined
  record.from(FROM.high, FROM.low)
  return record
}

function innerOf(message: OutgoingData): Uint8Array {
  const outlet = new TestOutlet()
  encodeData(outlet, new SelfId(FROM.high | 0, FROM.low | 0), message)
  const frame = outlet.takeFrame()
  return frame.subarray(frame[4]! < 0x80 ? 5 : 6)
}

test('a record tells what a frame of the same message tells, and can be made one', (t) => {
  const random = new Random(seedOfRun())
  let differences = 0
  for (let i = 0; i < MESSAGES; i++) {
    const message = neighbourly(random)
    const record = cursorOf(recordOf(message))
    const inner = innerOf(message)
    if (record === undefined || told(record) !== told(inFrame(inner))) differences++
    else if (Buffer.compare(record.rewrite(), inner) !== 0) differences++
  }
  t.is(differences, 0, `TREEBUS_SEED=${random.seed}`)
})

test('a cursor keeps nothing of the record before', (t) => {
  const random = new Random(seedOfRun())
  const reader = readerOf(new Uint8Array(0))
  const record = new RecordCursor(new SelfId(TO.high, TO.low))
  for (let i = 0; i < 500; i++) {
    const message = neighbourly(random)
    const bytes = recordOf(message)
    reader.space().set(bytes)
    reader.filled(bytes.length)
    t.is(reader.next(), 'record')
    t.true(record.read(reader.view, reader.buffer, reader.start, reader.end))
    record.from(FROM.high, FROM.low)
    if (told(record) !== told(inFrame(innerOf(message)))) t.fail(`TREEBUS_SEED=${random.seed}`)
  }
})

test('a run of contents is what they are one by one', (t) => {
  const random = new Random(seedOfRun())
  const contents = Array.from({ length: 2_000 }, () => random.bytes(random.below(60)))
  contents.splice(1_000, 0, random.bytes(40_000))
  const base = { type: -3, toHi: TO.high, toLo: TO.low }
  const message = Object.assign(new OutgoingData(), base, {
    sequenceHi: 4,
    sequenceLo: 2 ** 32 - 900,
  })
  const outlet = new TestOutlet(64 * 1024)
  const writer = new RecordWriter()
  const run = new RecordRun()
  for (let from = 0; from < contents.length; from += run.count) {
    run.take(contents, from)
    t.true(run.count > 0)
    t.is(writer.writeRun(outlet, message, contents, run), 'ok')
  }
  t.true(outlet.frames.length < 20)
  const singly = contents.map((content, i) => {
    const sequence = 4 * 2 ** 32 + 2 ** 32 - 900 + i
    const sequenceHi = Math.floor(sequence / 2 ** 32)
    const outletOfOne = new TestOutlet(64 * 1024)
    const one = { ...base, sequenceHi, sequenceLo: sequence >>> 0, content }
    writer.write(outletOfOne, Object.assign(new OutgoingData(), one))
    return outletOfOne.takeFrame()
  })
  t.is(Buffer.compare(Buffer.concat(outlet.frames), Buffer.concat(singly)), 0)
  t.deepEqual([message.sequenceHi, message.sequenceLo], [5, 2_001 - 900])
})

test('an outlet that refuses gets no record written', (t) => {
  const outlet = new TestOutlet()
  const message = neighbourly(new Random(1))
  const run = new RecordRun()
  run.take([message.content], 0)
  for (const refusal of ['full', 'closed'] as const) {
    outlet.refuse = refusal
    t.is(new RecordWriter().write(outlet, message), refusal)
    t.is(new RecordWriter().writeRun(outlet, message, [message.content], run), refusal)
  }
  t.true(outlet.buffer.every((byte) => byte === 0xee))
})

test('frames and records stand in one stream, in whatever pieces it arrives', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 50; round++) {
    const parts: Uint8Array[] = []
    const expected: string[] = []
    for (let i = 0; i < 40; i++) {
      const isRecord = random.once(2)
      const content = random.bytes(1 + random.below(200))
      const part = isRecord ? recordOf(neighbourly(random)) : frameOf(content)
      parts.push(part)
      expected.push(Buffer.from(isRecord ? part : content).toString('hex'))
    }
    const stream = Buffer.concat(parts)
    const reader = readerOf(new Uint8Array(0))
    const seen: string[] = []
    for (let at = 0; at < stream.length; ) {
      const piece = stream.subarray(at, at + 1 + random.below(random.pick([2, 30, 5_000])))
      const space = reader.space()
      const bytes = Math.min(space.length, piece.length)
      space.set(piece.subarray(0, bytes))
      reader.filled(bytes)
      at += bytes
      while (reader.next() !== 'more') {
        seen.push(Buffer.from(reader.buffer.subarray(reader.start, reader.end)).toString('hex'))
      }
    }
    t.deepEqual(seen, expected, `TREEBUS_SEED=${random.seed}`)
  }
})

test('a record is a frame of a bad size to who was not told of records', (t) => {
  const bytes = recordOf(neighbourly(new Random(3)))
  const reader = new FrameReader(FRAME_BYTES_MAX)
  reader.space().set(bytes)
  reader.filled(bytes.length)
  t.is(reader.next(), 'bad_size')
})

test('a length over the limit is found before memory is spent, and is final', (t) => {
  for (const bytes of [FRAME_BYTES_MAX + 1, 2 ** 31, 2 ** 32 - 1]) {
    const record = new Uint8Array(RECORD_HEADER_BYTES)
    new DataView(record.buffer).setUint32(0, bytes, true)
    const reader = readerOf(record)
    t.is(reader.next(), 'bad_size')
    t.true(reader.space().length <= 1024)
    t.is(reader.next(), 'bad_size')
  }
  const most = new Uint8Array(RECORD_HEADER_BYTES)
  new DataView(most.buffer).setUint32(0, FRAME_BYTES_MAX, true)
  t.is(readerOf(most).next(), 'more')
})

test('no peer of ours writes other marks, nor an extension that is cut short', (t) => {
  const good = recordOf(Object.assign(neighbourly(new Random(5)), { extensionKind: 1 }))
  t.not(cursorOf(good), undefined)
  for (const at of [5, 6, 7]) {
    for (let bit = 0; bit < 8; bit++) {
      const bad = good.slice()
      bad[at]! ^= 1 << bit
      // Bit 0 of the flags is the extension, which then is content.
      const isFlag = at === 5 && bit === 0
      t.is(cursorOf(bad) !== undefined, isFlag, `byte ${at}, bit ${bit}`)
    }
  }
  for (let bytes = 0; bytes < RECORD_EXTENSION_BYTES; bytes++) {
    const short = good.slice(0, RECORD_HEADER_BYTES + bytes)
    new DataView(short.buffer).setUint32(0, bytes, true)
    t.is(cursorOf(short), undefined)
  }
})

test('memory of records is used again only where nobody keeps it', (t) => {
  const reader = readerOf(new Uint8Array(0))
  const first = recordOf(Object.assign(neighbourly(new Random(7)), { extensionKind: 0 }))
  const turn = (): Uint8Array => {
    reader.space().set(first)
    reader.filled(first.length)
    t.is(reader.next(), 'record')
    return reader.buffer.subarray(reader.start, reader.end)
  }
  const lent = turn()
  t.is(lent.byteOffset, turn().byteOffset)
  reader.keep()
  const kept = turn()
  t.true(kept.byteOffset > lent.byteOffset)
  // A frame is always kept: control messages may be looked at later.
  const other = readerOf(frameOf(first))
  t.is(other.next(), 'frame')
  const frameEnd = other.end
  other.space().set(first)
  other.filled(first.length)
  t.is(other.next(), 'record')
  t.is(other.start, frameEnd)
})
