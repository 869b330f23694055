import test from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import { BodyCursor } from '../../src/wire/body.js'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { encodeForward, FORWARD_REQUEST } from '../../src/wire/data-relay.js'
import { DataRun } from '../../src/wire/data-run.js'
import { FrameReader, frameOf, payloadOfFrame } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { TestOutlet } from '../wire/_outlet.js'
import { Random, seedOfRun } from '../wire/_random.js'

const addon = loadAddon()
const withAddon = typeof addon === 'string' ? test.skip : test
const MESSAGES = Number(process.env.TREEBUS_SCAN_MESSAGES ?? 25_000)
const FRAME_BYTES_MAX = 8_192
const BODY_BYTES_MAX = 2_048
const ROUND_FRAMES = 50

function newRun(): DataRun {
  if (typeof addon === 'string') throw new Error(addon)
  return new DataRun(addon.scanData)
}

function idOf(random: Random): SelfId {
  return new SelfId(random.once(2) ? 0 : random.bits32() | 0, random.bits32() | 0)
}

/** Mostly what is usual; now and then any field that makes it more than that. */
function messageOf(random: Random): OutgoingData {
  const isUsual = !random.once(8)
  const to = idOf(random)
  return Object.assign(new OutgoingData(), {
    kind: isUsual || random.once(2) ? 'data_req' : 'data_rsp',
    type: isUsual ? random.below(300) : random.int32(),
    resultCode: isUsual ? 0 : random.pick([0, -1, 5]),
    sequenceHi: random.once(3) ? random.bits32() : 0,
    sequenceLo: random.bits32() || 1,
    toHi: to.high,
    toLo: to.low,
    content: random.bytes(random.below(random.once(20) ? 3_000 : 150)),
    flags: isUsual ? 0 : random.pick([0, 1, 300]),
    extensionKind: isUsual ? 0 : random.below(3),
    extensionLo: 7,
  })
}

/** The inner message after some nodes have passed it on. */
function innerOf(random: Random): Uint8Array {
  const outlet = new TestOutlet(FRAME_BYTES_MAX)
  encodeData(outlet, idOf(random), messageOf(random))
  let inner = payloadOfFrame(outlet.takeFrame())
  for (let hops = random.once(3) ? random.below(6) : 0; hops > 0; hops--) {
    const read = generally(inner)
    if (read === undefined) break
    encodeForward(outlet, idOf(random), read.head, read.data, FORWARD_REQUEST)
    inner = payloadOfFrame(outlet.takeFrame())
  }
  return inner
}

interface Cursors {
  readonly head: InnerCursor
  readonly data: DataCursor
}

/** The general way to a request in clear; undefined for all else. */
function generally(inner: Uint8Array): Cursors | undefined {
  const head = new InnerCursor()
  const body = new BodyCursor()
  const data = new DataCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') return undefined
  const bodyEnd = head.clearBodyEnd()
  if (head.cryptoAlgorithm !== 0 || head.compressionType !== 0) return undefined
  if (bodyEnd < 0 || head.bodyBytes > BODY_BYTES_MAX) return undefined
  if (body.read(inner, head.blockStart, bodyEnd) !== 'data_req') return undefined
  return data.read(inner, body.start, body.end) === 'ok' ? { head, data } : undefined
}

/** All that whoever takes, answers or passes on a message reads, offsets from `start`. */
function told({ head, data }: Cursors, start: number): string {
  const { version, type, resultCode, sequenceHi, sequenceLo } = head
  const { fromHi, fromLo, toHi, toLo, flags, hasExtension, extensionKind, routerCount } = data
  const places = [data.start, data.end, data.contentStart, data.contentEnd, data.routerLengthAt]
  const spans = [...places, data.routerStart, data.routerEnd].map((at) => at - start)
  const passed = [data.routerContains(fromHi, fromLo), data.routerContains(1, 1)]
  const last = [data.routerLastHi, data.routerLastLo]
  const said = [version, type, resultCode, sequenceHi, sequenceLo, flags, extensionKind]
  const ids = [fromHi, fromLo, toHi, toLo, hasExtension, routerCount]
  return [said, ids, spans, passed, last].join(';')
}

function fill(reader: FrameReader, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space()
    const part = bytes.subarray(at, at + space.length)
    space.set(part)
    reader.filled(part.length)
    at += part.length
  }
}

/** A frame, which may be cut, have a bad hash, or hold what was changed under a good one. */
function frameFrom(random: Random): Uint8Array {
  const inner = innerOf(random)
  if (random.once(6)) inner[random.below(inner.length)] = random.bits32()
  if (random.once(10)) return frameOf(inner.subarray(0, 1 + random.below(inner.length)))
  const frame = frameOf(inner)
  if (random.once(30)) frame[random.below(4)]! ^= 1
  return frame
}

withAddon(
  'what native code finds is what the general way reads, and it misses nothing usual',
  (t) => {
    const random = new Random(seedOfRun())
    const run = newRun()
    const wrong: string[] = []
    let found = 0
    for (let left = MESSAGES; left > 0; left -= ROUND_FRAMES) {
      const frames = Array.from({ length: ROUND_FRAMES }, () => frameFrom(random))
      const reader = new FrameReader(FRAME_BYTES_MAX)
      fill(reader, Buffer.concat(frames))
      for (let at = 0; at < frames.length; ) {
        const count = run.scan(reader, BODY_BYTES_MAX)
        for (let index = 0; index < count; index++, at++, found++) {
          run.load(index, reader)
          const read = generally(payloadOfFrame(frames[at]!))
          const isAlike = read && told(read, 0) === told(run, reader.start)
          if (!isAlike) wrong.push(`found: ${Buffer.from(frames[at]!).toString('hex')}`)
        }
        // The next one is none of the usual, or there are too few bytes left to look.
        if (at < frames.length) reader.next()
        at++
      }
    }
    t.deepEqual(wrong.slice(0, 3), [], `TREEBUS_SEED=${random.seed}`)
    t.true(found > MESSAGES / 2)
  },
)

withAddon('frames that arrive in pieces are found once, when they are whole', (t) => {
  const random = new Random(seedOfRun())
  const run = newRun()
  const inners = Array.from({ length: 300 }, () => innerOf(random))
  const stream = Buffer.concat(inners.map((inner) => frameOf(inner)))
  const reader = new FrameReader(FRAME_BYTES_MAX)
  const seen: string[] = []
  const note = () =>
    seen.push(Buffer.from(reader.buffer.subarray(reader.start, reader.end)).toString('hex'))
  for (let at = 0; at < stream.length; ) {
    const piece = stream.subarray(at, at + 1 + random.below(3_000))
    fill(reader, piece)
    at += piece.length
    for (;;) {
      const count = run.scan(reader, BODY_BYTES_MAX)
      for (let index = 0; index < count; index++) {
        run.load(index, reader)
        note()
      }
      if (reader.next() !== 'frame') break
      note()
    }
  }
  t.deepEqual(
    seen,
    inners.map((inner) => Buffer.from(inner).toString('hex')),
  )
})

withAddon('a message that was stepped over can be had again', (t) => {
  const run = newRun()
  const reader = new FrameReader(FRAME_BYTES_MAX)
  const message = Object.assign(new OutgoingData(), { toLo: 1, sequenceLo: 9 })
  const outlet = new TestOutlet()
  encodeData(outlet, new SelfId(0, 2), { ...message, content: new Uint8Array(200) })
  const frame = outlet.takeFrame()
  fill(reader, Buffer.concat([frame, frame]))
  t.is(run.scan(reader, BODY_BYTES_MAX), 2)
  run.load(0, reader)
  const { start } = reader
  reader.unread()
  t.is(reader.next(), 'frame')
  t.is(reader.start, start)
})

withAddon('no argument, however wrong, is more than nothing found', (t) => {
  if (typeof addon === 'string') return
  const rows = new Uint32Array(64)
  const memory = new Uint8Array(64)
  const scan = addon.scanData as (...args: unknown[]) => number
  const calls: unknown[][] = [
    [],
    [memory, 0, 65, 1_000, 1_000, rows],
    [memory, 9, 8, 1_000, 1_000, rows],
    [memory, 65, 65, 1_000, 1_000, rows],
    [memory, -1, 64, 1_000, 1_000, rows],
    ['text', 0, 4, 1_000, 1_000, rows],
    [memory, 0, 64, 1_000, 1_000, memory],
    [memory, 0, 64, 1_000, 1_000, undefined],
    [rows, 0, 64, 1_000, 1_000, rows],
  ]
  for (const args of calls) t.is(scan(...args), 0)
})
