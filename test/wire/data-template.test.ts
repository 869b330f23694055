import test from 'ava'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { FrameReader } from '../../src/wire/frame.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import { randomId, randomMessage, referenceInner } from './_random-messages.js'

const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 200_000) / 16)

const reader = new FrameReader(1 << 16)

/** The inner message of a frame whose hash and length are good. */
function innerOf(frame: Uint8Array): Uint8Array | undefined {
  reader.space().set(frame)
  reader.filled(frame.length)
  if (reader.next() !== 'frame') return undefined
  return reader.buffer.subarray(reader.start, reader.end)
}

function plain(random: Random): OutgoingData {
  const { high, low } = randomId(random)
  return Object.assign(new OutgoingData(), {
    type: random.bits32() >>> 1,
    toHi: high,
    toLo: low,
    content: random.bytes(random.below(random.once(20) ? 3000 : 40)),
  })
}

/** Mostly the message before with another sequence and content, now and then in another size. */
function next(random: Random, last: OutgoingData): OutgoingData {
  if (random.once(40)) return randomMessage(random)
  const from = random.once(10) ? plain(random) : last
  const { high, low } = randomId(random)
  const isNear = random.once(2)
  return Object.assign(new OutgoingData(), {
    type: random.once(20) ? random.below(100) : from.type,
    toHi: from.toHi,
    toLo: from.toLo,
    sequenceHi: isNear ? last.sequenceHi : high,
    sequenceLo: isNear ? (last.sequenceLo + 1) >>> 0 : low,
    content: random.bytes(from.content.length),
  })
}

test('robustness 2: frames written by pattern are those that protobufjs writes', (t) => {
  const random = new Random(seedOfRun() + 20)
  const id = randomId(random)
  const self = new SelfId(id.high, id.low)
  const wrong: string[] = []
  let message = plain(random)
  for (let i = 0; i < MESSAGES; i++) {
    message = next(random, message)
    const outlet = new TestOutlet(8192, random.below(9))
    if (encodeData(outlet, self, message) !== 'ok') wrong.push('refused')
    const frame = outlet.takeFrame()
    if (outlet.buffer[outlet.offset + frame.length] !== 0xee) wrong.push('wrote behind the frame')
    const inner = innerOf(frame)
    const expected = referenceInner(self, message)
    if (inner === undefined || Buffer.compare(inner, expected) !== 0) {
      wrong.push(`${i}: ${JSON.stringify(message)}`)
    }
  }
  t.deepEqual(wrong.slice(0, 3), [])
})

test('a frame written by pattern claims what it takes, and what is refused leaves no trace', (t) => {
  const self = new SelfId(0, 7)
  const outlet = new TestOutlet(4096)
  const message = Object.assign(new OutgoingData(), { toLo: 5, content: new Uint8Array(16) })
  const send = (sequenceLo: number) =>
    encodeData(outlet, self, Object.assign(message, { sequenceLo }))
  for (const sequence of [1, 2, 3, 4]) t.is(send(sequence), 'ok')
  outlet.refuse = 'full'
  t.is(send(5), 'full')
  outlet.refuse = 'closed'
  t.is(send(5), 'closed')
  outlet.refuse = undefined
  t.is(send(5), 'ok')
  t.is(new Set(outlet.claims).size, 1)
  t.true(outlet.frames.every((frame) => frame.length === outlet.claims[0]))
  const inners = outlet.frames.map((frame) => innerOf(frame)?.slice())
  const expected = [1, 2, 3, 4, 5].map((sequenceLo) =>
    referenceInner(self, Object.assign(message, { sequenceLo })),
  )
  t.deepEqual(inners, expected)
})
