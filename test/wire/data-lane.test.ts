import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { DataLane } from '../../src/wire/data-lane.js'
import { FrameReader } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import { type Id, randomId, randomMessage, referenceInner } from './_random-messages.js'

const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 200_000) / 16)
const BODY_BYTES_MAX = 4096

/** The general way, as far as a connection in clear goes it; undefined where it refuses. */
function readAsAlways(inner: Uint8Array) {
  const head = new InnerCursor()
  const body = new BodyCursor()
  const data = new DataCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') return undefined
  const bodyEnd = head.clearBodyEnd()
  if (bodyEnd < 0 || head.bodyBytes > BODY_BYTES_MAX || isWrapped(head)) return undefined
  if (body.read(inner, head.blockStart, bodyEnd) !== 'data_req') return undefined
  if (data.read(inner, body.start, body.end) !== 'ok') return undefined
  return { head, data, forwardAt: body.start }
}

function isWrapped(head: InnerCursor): boolean {
  return head.cryptoAlgorithm !== 0 || head.compressionType !== 0
}

/** Every public field. What nobody reads without a cipher may be left over from another message. */
function fieldsOf(cursor: InnerCursor | DataCursor): string {
  const fields = Object.entries(cursor).filter(([, value]) => typeof value !== 'object')
  return JSON.stringify(fields.sort())
}

/** Undefined: they agree, or the lane left it to the general way. */
function differenceOf(lane: DataLane, inner: Uint8Array): string | undefined {
  if (!lane.read(inner, 0, inner.length, BODY_BYTES_MAX)) return undefined
  const expected = readAsAlways(inner)
  if (expected === undefined) return 'took what is refused'
  const heads = [lane.head, expected.head].map(fieldsOf)
  const datas = [lane.data, expected.data].map(fieldsOf)
  if (heads[0] !== heads[1]) return heads.join(' for ')
  if (datas[0] !== datas[1]) return datas.join(' for ')
  const router: Id = { high: expected.data.routerLastHi, low: expected.data.routerLastLo }
  return lane.data.routerContains(router.high, router.low) ? undefined : 'another router'
}

function learnt(lane: DataLane, inner: Uint8Array): void {
  const general = readAsAlways(inner)
  if (general === undefined) return
  for (let i = 0; i < 8; i++) lane.learn(inner, 0, inner.length, general.forwardAt)
}

function usual(random: Random, to: Id): OutgoingData {
  const sequence = { high: random.below(2 ** 20), low: random.next() }
  return Object.assign(new OutgoingData(), {
    type: random.below(1000),
    sequenceHi: random.once(2) ? 0 : sequence.high,
    sequenceLo: random.once(2) ? 1 + random.below(200) : sequence.low,
    toHi: to.high,
    toLo: to.low,
    content: random.bytes(1 + random.below(random.once(50) ? 3000 : 150)),
  })
}

const reader = new FrameReader(1 << 16)

function innerOf(self: SelfId, message: OutgoingData): Uint8Array {
  const outlet = new TestOutlet(8192)
  encodeData(outlet, self, message)
  const frame = outlet.takeFrame()
  reader.space().set(frame)
  reader.filled(frame.length)
  reader.next()
  return reader.buffer.slice(reader.start, reader.end)
}

test('robustness 2: the fast lane reads what is like the last message, and reads it alike', (t) => {
  const random = new Random(seedOfRun() + 10)
  const wrong: string[] = []
  let taken = 0
  for (let i = 0; i < MESSAGES / 10; i++) {
    const id = randomId(random)
    const self = new SelfId(id.high, Math.max(id.low, 1))
    const to = randomId(random)
    const lane = new DataLane()
    learnt(lane, innerOf(self, usual(random, to)))
    for (let j = 0; j < 10; j++) {
      const inner = innerOf(self, usual(random, to))
      const difference = differenceOf(lane, inner)
      if (difference !== undefined) wrong.push(difference)
      if (lane.read(inner, 0, inner.length, BODY_BYTES_MAX)) taken++
    }
  }
  t.deepEqual(wrong.slice(0, 3), [])
  t.is(taken, Math.ceil(MESSAGES / 10) * 10)
})

test('robustness 2: the fast lane never reads a message otherwise than the general way', (t) => {
  const random = new Random(seedOfRun() + 11)
  const self = new SelfId(0, 77)
  const lane = new DataLane()
  const wrong: string[] = []
  let to = randomId(random)
  let taken = 0
  for (let i = 0; i < MESSAGES; i++) {
    if (random.once(20)) to = randomId(random)
    const inner = random.once(3)
      ? referenceInner(self, randomMessage(random))
      : innerOf(self, usual(random, to))
    if (random.once(10)) learnt(lane, inner)
    // What differs in one byte, is cut short or too long is where a shortcut goes wrong.
    if (random.once(3)) inner[random.below(Math.min(inner.length, 40))] = random.bits32()
    const end = random.once(4) ? random.below(inner.length) : inner.length
    const difference = differenceOf(lane, inner.subarray(0, end))
    if (difference !== undefined) wrong.push(`${Buffer.from(inner).toString('hex')}: ${difference}`)
    if (lane.read(inner, 0, inner.length, BODY_BYTES_MAX)) taken++
  }
  t.deepEqual(wrong.slice(0, 3), [])
  t.true(taken > MESSAGES / 10, `${taken} taken`)
})

test('the fast lane refuses a body over the limit and forgets a layout of another kind', (t) => {
  const random = new Random(1)
  const self = new SelfId(0, 77)
  const lane = new DataLane()
  const message = usual(random, { high: 0, low: 5 })
  const inner = innerOf(self, message)
  t.false(lane.read(inner, 0, inner.length, BODY_BYTES_MAX), 'nothing was learnt')
  learnt(lane, inner)
  t.true(lane.read(inner, 0, inner.length, BODY_BYTES_MAX))
  t.false(lane.read(inner, 0, inner.length, lane.head.bodyBytes - 1))
  learnt(lane, innerOf(self, Object.assign(message, { flags: 1 })))
  t.false(lane.read(inner, 0, inner.length, BODY_BYTES_MAX))
})
