import test from 'ava'
import { SelfId } from '../../src/wire/data-codec.js'
import {
  bodyOfAnswer,
  bodyOfForward,
  encodeAnswer,
  encodeForward,
  FORWARD_REQUEST,
  FORWARD_RESPONSE,
} from '../../src/wire/data-relay.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { TestOutlet } from './_outlet.js'
import { bytesOf, hex, Received, treebusLong, WIDE } from './_received.js'

const { ForwardData, MessageBody } = treebus.wire

// forward_data, then the router as it must be read from it.
const ROUTERS: [string, string, bigint[]][] = [
  ['absent', '0805 1006 2201aa', []],
  ['packed', '0805 1006 1a03 018002 2201aa', [1n, 256n]],
  ['empty but there', '0805 1a00 2201aa', []],
  ['single entries', '0805 1801 188002 2201aa', [1n, 256n]],
  ['chunks in two places', '1a0101 0805 2201aa 1a0102', [1n, 2n]],
  ['chunk, then single entries', '1a0101 1802 1803', [1n, 2n, 3n]],
  ['single entry, then chunk', '1801 1a0102', [1n, 2n]],
  ['behind the content', '2201aa 1a0101', [1n]],
  ['of another wire type beside a good one', '1d00000000 1a0101', [1n]],
  ['nothing else', '', []],
]

const idOf = (self: SelfId): bigint => (BigInt(self.high) << 32n) | BigInt(self.low)

for (const [name, text, ids] of ROUTERS) {
  test(`router ${name}: read, searched and grown by the own id`, (t) => {
    const received = new Received().readBody(bodyAround(text))
    const { data } = received
    t.is(data.routerCount, ids.length)
    t.is((BigInt(data.routerLastHi) << 32n) | BigInt(data.routerLastLo), ids.at(-1) ?? 0n)
    for (const id of ids) t.true(data.routerContains(Number(id >> 32n), Number(id & 0xffffffffn)))
    t.false(data.routerContains(0, 77))
    t.false(data.routerContains(1, 1))
    const before = received.wire
    const grown = new Received().readBody(bodyOfForward(WIDE, data, FORWARD_REQUEST))
    t.is(grown.kind, 'data_req')
    const router = [...ids, idOf(WIDE)].map(String)
    t.deepEqual(grown.wire, { ...before, router })
    const back = bodyOfForward(WIDE, data, FORWARD_RESPONSE)
    t.is(hex(back).slice(4), hex(bodyAround(text)).slice(4))
  })
}

function bodyAround(text: string): Uint8Array {
  const bytes = bytesOf(text)
  return Uint8Array.of(0x1a, bytes.length, ...bytes)
}

test('a router that outgrows one length byte is grown all the same', (t) => {
  for (const count of [125, 126, 127, 128, 4000]) {
    const router = Array.from({ length: count }, () => treebusLong(1))
    const wire = ForwardData.encode({ router, content: Uint8Array.of(9) }).finish()
    const body = MessageBody.encode({ dataTransformReq: ForwardData.decode(wire) }).finish()
    const { data } = new Received().readBody(body)
    const grown = new Received().readBody(bodyOfForward(new SelfId(0, 5), data, FORWARD_REQUEST))
    t.is(grown.data.routerCount, count + 1)
    t.is(grown.data.routerLastLo, 5)
    const again = MessageBody.encode(MessageBody.decode(grown.data.buffer)).finish()
    t.is(hex(grown.data.buffer), hex(again))
  }
})

test('forwarding keeps unknown fields and writes none of the crypto of the hop before', (t) => {
  const data = '0805 1006 1a0105 2201aa 2801 ca3e020801 d23e03616263 5d01020304'
  const body = bodyAround(data)
  const head = bytesOf(
    `0803 1007 1803 2009 2811 3202 0810 3a04 0864 1005 48${(body.length).toString(16)}`,
  )
  const inner = Uint8Array.of(head.length, ...head, ...body)
  const received = new Received().readInner(inner)
  const outlet = new TestOutlet()
  encodeForward(outlet, new SelfId(0, 8), received.head, received.data, FORWARD_REQUEST)
  const next = new Received().readFrame(outlet.takeFrame())
  t.like(next.head, {
    version: 3,
    type: 7,
    resultCode: -2,
    sequenceLo: 9,
    sourceLo: 8,
    cryptoAlgorithm: 0,
    compressionType: 0,
    bodyBytes: body.length + 1,
  })
  const { buffer, start, end } = next.data
  t.is(hex(buffer.slice(start, end)), data.replace('1a0105', '1a020508').replaceAll(' ', ''))
})

const REQUEST = '0805 1006 1a03 018002 2203aabbcc 2801 ca3e0b0801110700000000000000'

const ANSWERS: [string, string, boolean, SelfId, string][] = [
  [
    'ids swapped, content echoed, router grown',
    REQUEST,
    true,
    new SelfId(0, 6),
    '0806 1005 1a04 01800206 2203aabbcc 2801 ca3e0b0801110700000000000000',
  ],
  [
    'content left out',
    REQUEST,
    false,
    new SelfId(0, 6),
    '0806 1005 1a04 01800206 2801 ca3e0b0801110700000000000000',
  ],
  [
    'own id not added twice',
    REQUEST,
    false,
    new SelfId(0, 256),
    '0806 1005 1a03 018002 2801 ca3e0b0801110700000000000000',
  ],
  ['router made where there was none', '0805 2201aa', true, new SelfId(0, 6), '1005 1a0106 2201aa'],
  ['nothing but a router from nothing', '', true, new SelfId(0, 6), '1a0106'],
  ['single entries get a chunk', '1801 2801', true, new SelfId(0, 6), '1801 1a0106 2801'],
  [
    'ids and content that come late and twice',
    '2201aa 1006 0805 1a0101 0809 2201bb d23e0161',
    true,
    new SelfId(0, 6),
    '0806 1009 2201aa 1a020106 2201bb d23e0161',
  ],
]

for (const [name, request, echoContent, self, expected] of ANSWERS) {
  test(`an answer: ${name}`, (t) => {
    const received = new Received().readBody(bodyAround(request))
    received.head.type = 3
    received.head.sequenceLo = 12
    const answer = { resultCode: -66, echoContent }
    const body = new Received().readBody(bodyOfAnswer(self, received.data, answer))
    t.is(body.kind, 'data_rsp')
    t.is(hex(body.data.buffer.slice(body.data.start)), expected.replaceAll(' ', ''))
    const outlet = new TestOutlet()
    t.is(encodeAnswer(outlet, self, received.head, received.data, answer), 'ok')
    const frame = outlet.takeFrame()
    t.deepEqual(outlet.claims, [frame.length])
    const framed = new Received().readFrame(frame)
    t.like(framed.head, { type: 3, sequenceLo: 12, resultCode: -66, sourceLo: self.low })
    t.is(hex(frame).slice(-2 * body.data.buffer.length), hex(body.data.buffer))
  })
}
