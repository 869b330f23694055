import test, { type ExecutionContext } from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import {
  bodyOfData,
  type DataKind,
  encodeData,
  OutgoingData,
  SelfId,
} from '../../src/wire/data-codec.js'
import { DataCursor, ROUTER_COUNT_MAX } from '../../src/wire/data-cursor.js'
import { encodeAnswer, encodeForward, FORWARD_REQUEST } from '../../src/wire/data-relay.js'
import { FrameReader } from '../../src/wire/frame.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { InnerCursor } from '../../src/wire/head.js'
import { logSkipped, messageVectors, streamVectors, vectorsFolder } from '../_vectors.js'
import { TestOutlet } from './_outlet.js'
import { bytesOf, hex, Received, treebusLong, WIDE, wideMessage } from './_received.js'

const { ForwardData, MessageBody } = treebus.wire

/** As the generators of the vectors wrote them: no source and no router. */
function vectorSender(from: number): SelfId {
  const nothing = new Uint8Array(0)
  const sender = new SelfId(0, from)
  return Object.assign(sender, { source: nothing, router: nothing })
}

test('every plain data vector is read, and written byte for byte', (t) => {
  const folder = vectorsFolder()
  if (folder === undefined) return logSkipped(t)
  const vectors = messageVectors(folder, 'no_enc_data_transform')
  t.true(vectors.length >= 5)
  for (const { name, inner, bodyType, expected } of vectors) {
    const { head, data, kind, content } = new Received().readInner(inner)
    t.is(kind, bodyType === 'data_transform_req' ? 'data_req' : 'data_rsp', name)
    t.like(
      data,
      { fromHi: 0, fromLo: Number(expected.from), toHi: 0, toLo: Number(expected.to) },
      name,
    )
    t.is(data.flags, Number(expected.flags ?? 0), name)
    if (expected.content_hex) t.is(hex(content), String(expected.content_hex), name)
    const outgoing = new OutgoingData()
    outgoing.kind = kind as DataKind
    outgoing.toLo = data.toLo
    outgoing.content = content
    outgoing.flags = data.flags
    t.is(head.version, 3)
    const outlet = new TestOutlet()
    t.is(encodeData(outlet, vectorSender(data.fromLo), outgoing), 'ok')
    const frame = outlet.takeFrame()
    t.is(hex(frame.subarray(frame.length - inner.length)), hex(inner), name)
  }
})

test('what C++ nodes sent and forwarded is written byte for byte', (t) => {
  const folder = vectorsFolder()
  if (folder === undefined) return logSkipped(t)
  let messages = 0
  for (const { directions } of streamVectors(folder)) {
    for (const { bytes } of directions) messages += rewriteRecorded(t, bytes)
  }
  t.true(messages >= 10, `${messages} data messages`)
})

function rewriteRecorded(t: ExecutionContext, bytes: Uint8Array): number {
  const reader = new FrameReader(1 << 20)
  let messages = 0
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space()
    const piece = bytes.subarray(at, at + space.length)
    space.set(piece)
    reader.filled(piece.length)
    at += piece.length
    while (reader.next() === 'frame') {
      const head = new InnerCursor()
      head.read(reader.buffer, reader.start, reader.end)
      if (head.cryptoAlgorithm !== 0 || head.compressionType !== 0) continue
      const body = new BodyCursor()
      const kind = body.read(reader.buffer, head.blockStart, head.blockEnd)
      if (kind !== 'data_req' && kind !== 'data_rsp') continue
      messages++
      const received = new Received().readInner(reader.buffer, reader.start, reader.end)
      const outlet = new TestOutlet()
      const relay = { kind, appendSelf: false, sourceSelf: false } as const
      encodeForward(outlet, new SelfId(0, 1), received.head, received.data, relay)
      const inner = hex(reader.buffer.subarray(reader.start, reader.end))
      t.is(hex(outlet.takeFrame()).slice(-inner.length), inner)
      if (kind === 'data_rsp' || received.data.routerCount !== 1) continue
      t.is(hex(rewritten(received)).slice(-inner.length), inner)
    }
  }
  return messages
}

/** A first-hand request, put together anew from its fields. */
function rewritten({ head, data, content }: Received): Uint8Array {
  const outgoing = new OutgoingData()
  const { type, sequenceHi, sequenceLo } = head
  const { toHi, toLo, flags } = data
  Object.assign(outgoing, { type, sequenceHi, sequenceLo, toHi, toLo, flags, content })
  const outlet = new TestOutlet(65536)
  encodeData(outlet, new SelfId(data.fromHi, data.fromLo), outgoing)
  return outlet.takeFrame()
}

test('a message with every field at its widest is read as it was written', (t) => {
  const outlet = new TestOutlet()
  t.is(encodeData(outlet, WIDE, wideMessage()), 'ok')
  const received = new Received().readFrame(outlet.takeFrame())
  t.is(received.kind, 'data_rsp')
  t.like(received.head, {
    type: -7,
    resultCode: -71,
    sequenceHi: 0x80000000,
    sequenceLo: 0xffffffff,
    sourceHi: WIDE.high,
    sourceLo: WIDE.low,
  })
  t.like(received.data, {
    fromHi: WIDE.high,
    fromLo: WIDE.low,
    toHi: 1,
    toLo: 0,
    flags: 0xffffffff,
    routerCount: 1,
    routerLastHi: WIDE.high,
    routerLastLo: WIDE.low,
    hasExtension: true,
    extensionKind: 3,
    extensionHi: 0x90000000,
    extensionLo: 0xa0000001,
    extensionCode: -66,
  })
  t.is(received.content.length, 200)
})

test('protobufjs writes the same bytes', (t) => {
  const body = bodyOfData(WIDE, wideMessage())
  const again = MessageBody.encode(MessageBody.decode(body)).finish()
  t.is(hex(body), hex(again))
})

test('a body alone is the body of the frame', (t) => {
  const outlet = new TestOutlet()
  encodeData(outlet, WIDE, wideMessage())
  const body = hex(bodyOfData(WIDE, wideMessage()))
  t.is(hex(outlet.takeFrame()).slice(-body.length), body)
})

test('exactly the bytes that were claimed are written', (t) => {
  for (const bytes of [0, 1, 47, 48, 49, 80, 127, 128, 200, 3000]) {
    const outlet = new TestOutlet()
    const message = wideMessage()
    message.content = new Uint8Array(bytes)
    t.is(encodeData(outlet, WIDE, message), 'ok')
    const frame = outlet.takeFrame()
    t.deepEqual(outlet.claims, [frame.length])
    t.is(outlet.buffer[outlet.offset + frame.length], 0xee)
    t.is(outlet.buffer[outlet.offset - 1], 0xee)
    t.is(new Received().readFrame(frame).content.length, bytes)
  }
})

test('id 0 sends a router that holds it, and no from', (t) => {
  const { data, head } = new Received().readBody(bodyOfData(new SelfId(0, 0), new OutgoingData()))
  t.like(data, { fromLo: 0, routerCount: 1, routerLastLo: 0, hasExtension: false })
  t.true(data.routerContains(0, 0))
  t.is(head.sourceLo, 0)
})

test('a refusal of the outlet is passed on and nothing is written', (t) => {
  const received = new Received().readBody(bodyOfData(WIDE, wideMessage()))
  for (const refusal of ['full', 'closed'] as const) {
    const outlet = new TestOutlet()
    outlet.refuse = refusal
    const answer = { resultCode: 0, echoContent: true }
    t.is(encodeData(outlet, WIDE, wideMessage()), refusal)
    t.is(encodeForward(outlet, WIDE, received.head, received.data, FORWARD_REQUEST), refusal)
    t.is(encodeAnswer(outlet, WIDE, received.head, received.data, answer), refusal)
    t.deepEqual(outlet.frames, [])
    t.true(outlet.buffer.every((byte) => byte === 0xee))
  }
})

test('nothing of an earlier message is left in a later one', (t) => {
  const cursor = new DataCursor()
  const wide = bodyOfData(WIDE, wideMessage())
  const body = new BodyCursor()
  body.read(wide, 0, wide.length)
  t.is(cursor.read(wide, body.start, body.end), 'ok')
  const empty = new Uint8Array(0)
  t.is(cursor.read(empty, 0, 0), 'ok')
  const fresh = new DataCursor()
  fresh.read(empty, 0, 0)
  t.deepEqual({ ...cursor }, { ...fresh })
  t.false(cursor.routerContains(WIDE.high, WIDE.low))
})

function readData(bytes: Uint8Array): string {
  return new DataCursor().read(bytes, 0, bytes.length)
}

test('damaged forward_data is refused', (t) => {
  const damaged = [
    '08',
    '0880',
    '1a05 01',
    '1a01 80',
    '22ff',
    'ca3e0208',
    'ca3e0311 00',
    '0b0c',
    '00',
  ]
  for (const text of damaged) t.is(readData(bytesOf(text)), 'bad_message', text)
})

test('robustness 4: a million repeated fields are refused without reading them', (t) => {
  const million = 1_000_000
  const bombs: [string, number[], number][] = [
    ['packed', [0x1a, 0xc0, 0x84, 0x3d], 0x01],
    ['single', [], 0x18],
    ['unknown', [], 0x30],
    ['in the extension', [0xca, 0x3e, 0xc0, 0x84, 0x3d], 0x30],
  ]
  for (const [name, start, fill] of bombs) {
    const bytes = new Uint8Array(million + start.length).fill(fill)
    bytes.set(start)
    const { counted, reads } = countReads(bytes)
    t.is(readData(counted), 'bad_message', name)
    t.true(reads() < 50_000, `${name}: ${reads()} bytes looked at`)
  }
})

/** The same bytes, and how often any of them was looked at. */
function countReads(bytes: Uint8Array): { counted: Uint8Array; reads: () => number } {
  let reads = 0
  const counted = new Proxy(bytes, {
    get(target, property) {
      reads++
      return Reflect.get(target, property, target)
    },
  })
  return { counted, reads: () => reads }
}

test('a router may have as many entries as the bound says and no more', (t) => {
  const packed = (count: number): Uint8Array => {
    const router = Array.from({ length: count }, () => treebusLong(3))
    return ForwardData.encode({ router }).finish()
  }
  t.is(readData(packed(ROUTER_COUNT_MAX)), 'ok')
  t.is(readData(packed(ROUTER_COUNT_MAX + 1)), 'bad_message')
})
