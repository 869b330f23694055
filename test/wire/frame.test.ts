import test from 'ava'
import {
  encodeFrame,
  FrameReader,
  frameBytes,
  frameHeaderBytes,
  frameOf,
  sealFrame,
} from '../../src/wire/frame.js'
import { logSkipped, streamVectors, vectorsFolder } from '../_vectors.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Hands bytes over as a socket would: as many as space and `mostBytes` allow. */
function feed(reader: FrameReader, bytes: Uint8Array, mostBytes = Infinity): string[] {
  const seen: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space()
    const take = Math.min(space.length, bytes.length - at, mostBytes)
    space.set(bytes.subarray(at, at + take))
    reader.filled(take)
    at += take
    drain(reader, seen)
    if (seen.at(-1) === 'bad_size') break
  }
  return seen
}

function drain(reader: FrameReader, seen: string[]): void {
  for (;;) {
    const step = reader.next()
    if (step === 'more') return
    seen.push(step === 'frame' ? hex(reader.buffer.subarray(reader.start, reader.end)) : step)
    if (step === 'bad_size') return
  }
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

const PING = new Uint8Array(Buffer.from('04080348093a070880f8a5f9c132', 'hex'))

// Spec A.1.
const EXAMPLES: [string, Uint8Array, string][] = [
  ['hello', text('hello'), '47fa8b240568656c6c6f'],
  ['a ping', PING, 'bb7bc3d90e04080348093a070880f8a5f9c132'],
  ['300 letters', text('A'.repeat(300)), `26e3dbb1822c${'41'.repeat(300)}`],
]

for (const [name, payload, frame] of EXAMPLES) {
  test(`${name} is framed as the family frames it`, (t) => {
    t.is(hex(frameOf(payload)), frame)
    t.is(frameBytes(payload.length), frame.length / 2)
    const outlet = new TestOutlet()
    t.is(encodeFrame(outlet, payload), 'ok')
    t.is(hex(outlet.takeFrame()), frame)
    t.deepEqual(feed(new FrameReader(1000), frameOf(payload)), [hex(payload)])
  })
}

test('sealing touches nothing outside the frame', (t) => {
  const memory = new Uint8Array(32).fill(0xee)
  memory.set(text('hello'), 7 + frameHeaderBytes(5))
  const end = sealFrame(memory, 7, 5)
  t.is(hex(memory.slice(7, end)), EXAMPLES[0]![2])
  t.is(hex(memory.slice(0, 7)) + hex(memory.slice(end)), 'ee'.repeat(32 - 10))
})

test('an outlet that refuses gets nothing written', (t) => {
  const outlet = new TestOutlet()
  for (const refusal of ['full', 'closed'] as const) {
    outlet.refuse = refusal
    t.is(encodeFrame(outlet, PING), refusal)
  }
  t.true(outlet.buffer.every((byte) => byte === 0xee))
})

const THREE = [text('first'), text('x'.repeat(200)), text('third, the last')]
const STREAM = join(...THREE.map(frameOf))
const EXPECTED = THREE.map(hex)

test('robustness 6: a stream of three frames split at any two offsets gives the same', (t) => {
  const wrong: string[] = []
  for (let first = 0; first <= STREAM.length; first++) {
    for (let second = first; second <= STREAM.length; second++) {
      const reader = new FrameReader(1000)
      const pieces = [
        STREAM.subarray(0, first),
        STREAM.subarray(first, second),
        STREAM.subarray(second),
      ]
      const seen = pieces.flatMap((piece) => feed(reader, piece))
      if (seen.join() !== EXPECTED.join()) wrong.push(`${first}, ${second}`)
    }
  }
  t.deepEqual(wrong, [])
})

test('robustness 6: one byte at a time gives the same', (t) => {
  t.deepEqual(feed(new FrameReader(1000), STREAM, 1), EXPECTED)
})

test('frames of any size and split arrive whole, and earlier views stay as they were', (t) => {
  const random = new Random(seedOfRun())
  const payloads = Array.from({ length: 300 }, (_, i) =>
    random.bytes(1 + random.below(i % 30 === 0 ? 700_000 : 3000)),
  )
  const stream = join(...payloads.map(frameOf))
  const reader = new FrameReader(1 << 20)
  const views: Uint8Array[] = []
  for (let at = 0; at < stream.length; ) {
    const space = reader.space()
    const take = Math.min(1 + random.below(100_000), space.length, stream.length - at)
    space.set(stream.subarray(at, at + take))
    reader.filled(take)
    at += take
    while (reader.next() === 'frame') views.push(reader.buffer.subarray(reader.start, reader.end))
  }
  t.is(views.length, payloads.length)
  t.true(views.every((view, i) => Buffer.compare(view, payloads[i]!) === 0))
})

test('a frame with a wrong hash is stepped over and the next one is read', (t) => {
  for (let at = 0; at < 4; at++) {
    const stream = STREAM.slice()
    stream[at]! ^= 0x40
    t.deepEqual(feed(new FrameReader(1000), stream), ['bad_hash', ...EXPECTED.slice(1)])
  }
})

test('a bit that flips in a payload is a wrong hash', (t) => {
  const stream = STREAM.slice()
  stream[7]! ^= 1
  t.is(feed(new FrameReader(1000), stream)[0], 'bad_hash')
})

test('junk behind a frame does not take the frame away', (t) => {
  const seen = feed(new FrameReader(1000), join(frameOf(PING), new Uint8Array(40).fill(0xff)))
  t.deepEqual(seen, [hex(PING), 'bad_size'])
})

const BAD_LENGTHS: [string, string][] = [
  ['an empty payload', '0000000000'],
  ['one byte over the bound', '00000000876900'],
  ['2^53', '000000009080808080808000'],
  ['2^64 - 1', '0000000081ffffffffffffffff7f'],
  ['ten bytes without end', `00000000${'80'.repeat(10)}`],
]

for (const [name, stream] of BAD_LENGTHS) {
  test(`robustness 4: ${name} as length is refused for good, before memory is spent`, (t) => {
    const reader = new FrameReader(1000)
    const slab = reader.space().buffer.byteLength
    const seen = feed(reader, new Uint8Array(Buffer.from(stream, 'hex')))
    t.deepEqual(seen, ['bad_size'])
    t.is(reader.next(), 'bad_size')
    t.true(reader.space().buffer.byteLength <= slab)
    // Later bytes, lawful or not, change nothing.
    t.deepEqual(feed(reader, STREAM), ['bad_size'])
  })
}

test('the bound counts the payload, to the byte, and can be raised between frames', (t) => {
  const reader = new FrameReader(200)
  t.deepEqual(feed(reader, frameOf(text('y'.repeat(200)))), ['79'.repeat(200)])
  reader.frameBytesMax = 201
  t.deepEqual(feed(reader, frameOf(text('y'.repeat(201)))), ['79'.repeat(201)])
  t.deepEqual(feed(reader, frameOf(text('y'.repeat(202)))), ['bad_size'])
})

test('a length over the bound is refused as soon as it is there, without its payload', (t) => {
  const reader = new FrameReader(16 * 1024)
  const announced = frameOf(new Uint8Array(100_000)).subarray(0, 7)
  t.deepEqual(feed(reader, announced), ['bad_size'])
})

/** The memory of one reader: every slab it offered, by identity. */
function slabsFor(reader: FrameReader, fills: Iterable<Uint8Array>): number[] {
  const slabs = new Map<ArrayBufferLike, number>()
  for (const bytes of fills) {
    const space = reader.space()
    slabs.set(space.buffer, space.buffer.byteLength)
    space.set(bytes)
    reader.filled(bytes.length)
    drain(reader, [])
  }
  return [...slabs.values()]
}

function* repeated(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  for (let i = 0; i < times; i++) yield bytes
}

test('a fresh reader holds 16 KiB', (t) => {
  t.is(new FrameReader(1000).space().buffer.byteLength, 16 * 1024)
})

test('a peer that sends single bytes makes the reader allocate no more than it sends', (t) => {
  const stream = join(...Array.from({ length: 400 }, () => frameOf(text('z'.repeat(250)))))
  const fills = Array.from(stream, (byte) => Uint8Array.of(byte))
  const total = slabsFor(new FrameReader(1000), fills).reduce((a, b) => a + b, 0)
  t.true(total <= 2 * stream.length, `${total} for ${stream.length}`)
})

test('busy links get slabs of 256 KiB, and a link that turns quiet gives its slab back', (t) => {
  const reader = new FrameReader(1 << 20)
  const busy = slabsFor(reader, repeated(frameOf(new Uint8Array(4000)), 1000))
  t.is(Math.max(...busy), 256 * 1024)
  const quiet = slabsFor(reader, repeated(frameOf(PING), 40))
  t.is(quiet.at(-1), 16 * 1024)
  t.is(Math.max(...slabsFor(reader, repeated(frameOf(PING), 5000))), 16 * 1024)
})

test('a frame larger than a slab gets memory of its own size and is moved once', (t) => {
  const reader = new FrameReader(1 << 21)
  const frame = frameOf(new Uint8Array(1_500_000).fill(7))
  const slabs = new Set<number>()
  for (let at = 0; at < frame.length; ) {
    const space = reader.space()
    slabs.add(space.buffer.byteLength)
    const take = Math.min(1000, space.length, frame.length - at)
    space.set(frame.subarray(at, at + take))
    reader.filled(take)
    at += take
    t.is(reader.next(), at === frame.length ? 'frame' : 'more')
  }
  t.deepEqual([...slabs], [16 * 1024, frame.length])
  t.is(reader.end - reader.start, 1_500_000)
})

test('offers are at most 64 KiB between large frames, and the rest of a large frame in it', (t) => {
  const reader = new FrameReader(1 << 21)
  slabsFor(reader, repeated(frameOf(new Uint8Array(4000)), 1000))
  t.true(reader.space().length <= 64 * 1024)
  const frame = frameOf(new Uint8Array(1_500_000))
  const space = reader.space()
  space.set(frame.subarray(0, 5000))
  reader.filled(5000)
  t.is(reader.next(), 'more')
  t.is(reader.space().length, frame.length - 5000)
})

test('more bytes than were offered are a bug of ours and are asserted', (t) => {
  const reader = new FrameReader(1000)
  const { length } = reader.space()
  t.throws(() => reader.filled(length + 1), { name: 'InvariantError' })
})

test('every recorded conversation of C++ nodes is whole frames', (t) => {
  const folder = vectorsFolder()
  if (folder === undefined) return logSkipped(t)
  for (const { name, directions } of streamVectors(folder)) {
    for (const { from, bytes } of directions) {
      const whole = feed(new FrameReader(1 << 20), bytes)
      const framed = whole.map((payload) => frameOf(Buffer.from(payload, 'hex')))
      t.is(hex(join(...framed)), hex(bytes), `${name} from ${from}`)
      t.deepEqual(feed(new FrameReader(1 << 20), bytes, 1), whole)
    }
  }
})

test('small reads that are copied in say what reads into the memory say', (t) => {
  const random = new Random(seedOfRun())
  const frames = Array.from({ length: 400 }, () => frameOf(random.bytes(1 + random.below(3000))))
  const bytes = join(...frames)
  const wanted = frames.map((frame) => hex(frame.subarray(frame.length < 132 ? 5 : 6)))
  const reader = new FrameReader(4096)
  const seen: string[] = []
  const landing = new Uint8Array(1024)
  let copied = 0
  for (let at = 0; at < bytes.length; ) {
    const take = Math.min(1 + random.below(landing.length), bytes.length - at)
    landing.set(bytes.subarray(at, at + take))
    const isCopied = reader.copied(new DataView(landing.buffer), take)
    if (isCopied) {
      copied++
      landing.fill(0)
      drain(reader, seen)
    } else seen.push(...feed(reader, landing.slice(0, take)))
    at += take
  }
  t.deepEqual(seen, wanted)
  t.true(copied > 100)
})

test('nothing is copied in behind a bad size', (t) => {
  const reader = new FrameReader(16)
  t.deepEqual(feed(reader, frameOf(new Uint8Array(17))), ['bad_size'])
  t.false(reader.copied(new DataView(new ArrayBuffer(8)), 8))
})
