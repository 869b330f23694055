import test from 'ava'
import { encodeData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { bodyOfAnswer, bodyOfForward, FORWARD_REQUEST } from '../../src/wire/data-relay.js'
import { frameHeaderBytes } from '../../src/wire/frame.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { AAD_BYTES_MAX, InnerCursor, IV_BYTES_MAX } from '../../src/wire/head.js'
import { OutgoingHead, sourceField, writeHead } from '../../src/wire/head-writer.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'
import {
  joined,
  type Long,
  long,
  randomForward,
  randomHead,
  randomId,
  randomMessage,
  referenceInner,
} from './_random-messages.js'

const { ForwardData, MessageBody, MessageHead } = treebus.wire

// The whole number is shared by the four tests.
const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 200_000) / 4)
const SIZE_HIGH_MAX = 0x1f_ffff

function sameLong(value: Long | null | undefined, high: number, low: number): boolean {
  return (value?.high ?? 0) >>> 0 === high && (value?.low ?? 0) >>> 0 === low
}

function sameBytes(a: Uint8Array | null | undefined, b: Uint8Array): boolean {
  return Buffer.compare(a ?? new Uint8Array(0), b) === 0
}

/** Says what a codec got wrong, so that one bad message fails one assertion and not a million. */
class Mismatches {
  readonly list: string[] = []

  expect(fine: boolean, what: string): void {
    if (!fine && this.list.length < 10) this.list.push(what)
  }
}

test('robustness 2: messages written by hand are those that protobufjs writes', (t) => {
  const random = new Random(seedOfRun())
  const outlet = new TestOutlet(8192)
  const wrong = new Mismatches()
  for (let i = 0; i < MESSAGES; i++) {
    const id = randomId(random)
    const self = new SelfId(id.high, id.low)
    const message = randomMessage(random)
    const inner = referenceInner(self, message)
    encodeData(outlet, self, message)
    const frame = outlet.takeFrame()
    const payload = frame.subarray(frameHeaderBytes(inner.length))
    wrong.expect(sameBytes(payload, inner), `message ${i}: ${JSON.stringify({ self, message })}`)
  }
  t.deepEqual(wrong.list, [])
})

function checkHead(bytes: Uint8Array, cursor: InnerCursor, wrong: Mismatches): void {
  const inner = new Uint8Array(
    Buffer.concat([
      Uint8Array.of(0x80 | (bytes.length >> 7)),
      Uint8Array.of(bytes.length & 0x7f),
      bytes,
    ]),
  )
  const outcome = cursor.read(inner, 0, inner.length)
  const head = MessageHead.decode(bytes)
  const { crypto, compression, bodySize } = head
  const tooLarge = (size: Long | null | undefined): boolean =>
    (size?.high ?? 0) >>> 0 > SIZE_HIGH_MAX
  const text = Buffer.from(bytes).toString('hex')
  if (tooLarge(bodySize) || tooLarge(compression?.originalSize)) {
    wrong.expect(outcome === 'bad_size', `${text}: ${outcome}`)
    return
  }
  const sizes = [bodySize, compression?.originalSize].map((v) => Number(joined(v)))
  const same =
    outcome === 'ok' &&
    (head.version ?? 0) === cursor.version &&
    (head.type ?? 0) === cursor.type &&
    (head.resultCode ?? 0) === cursor.resultCode &&
    sameLong(head.sequence, cursor.sequenceHi, cursor.sequenceLo) &&
    sameLong(head.sourceBusId, cursor.sourceHi, cursor.sourceLo) &&
    sizes[0] === cursor.bodyBytes &&
    sizes[1] === cursor.compressedBytes &&
    (crypto?.algorithm ?? 0) === cursor.cryptoAlgorithm &&
    (compression?.type ?? 0) === cursor.compressionType &&
    sameBytes(crypto?.iv, inner.subarray(cursor.ivStart, cursor.ivEnd)) &&
    sameBytes(crypto?.aad, inner.subarray(cursor.aadStart, cursor.aadEnd))
  wrong.expect(same, `${text}: ${outcome}`)
}

test('robustness 2: heads of any lawful form are read as protobufjs reads them', (t) => {
  const random = new Random(seedOfRun() + 1)
  const cursor = new InnerCursor()
  const wrong = new Mismatches()
  for (let i = 0; i < MESSAGES; i++) checkHead(randomHead(random), cursor, wrong)
  t.deepEqual(wrong.list, [])
})

function forwardMatches(bytes: Uint8Array, cursor: DataCursor): boolean {
  const data = ForwardData.decode(bytes)
  const { extension, router } = data
  const ids = router ?? []
  const last = ids.at(-1)
  return (
    sameLong(data.from, cursor.fromHi, cursor.fromLo) &&
    sameLong(data.to, cursor.toHi, cursor.toLo) &&
    sameBytes(data.content, cursor.buffer.subarray(cursor.contentStart, cursor.contentEnd)) &&
    (data.flags ?? 0) === cursor.flags &&
    ids.length === cursor.routerCount &&
    sameLong(last, cursor.routerLastHi, cursor.routerLastLo) &&
    ids.every((id) => cursor.routerContains(id.high >>> 0, id.low >>> 0)) &&
    Boolean(extension) === cursor.hasExtension &&
    (extension?.kind ?? 0) === cursor.extensionKind &&
    sameLong(extension?.number, cursor.extensionHi, cursor.extensionLo) &&
    (extension?.code ?? 0) === cursor.extensionCode
  )
}

function forwardOf(body: Uint8Array, member: 'dataTransformReq' | 'dataTransformRsp') {
  return MessageBody.decode(body)[member]!
}

/** What the relays make of a message, as protobufjs sees it. */
function relaysMatch(bytes: Uint8Array, cursor: DataCursor, self: SelfId): boolean {
  const before = ForwardData.decode(bytes)
  const routerBefore = (before.router ?? []).map(joined)
  const own = joined(long(self))
  const forwarded = forwardOf(bodyOfForward(self, cursor, FORWARD_REQUEST), 'dataTransformReq')
  const answer = { resultCode: 0, echoContent: cursor.flags % 2 === 0 }
  const answered = forwardOf(bodyOfAnswer(self, cursor, answer), 'dataTransformRsp')
  const kept = answer.echoContent ? (before.content ?? new Uint8Array(0)) : new Uint8Array(0)
  const grown = [...routerBefore, own]
  const answerRouter = routerBefore.at(-1) === own ? routerBefore : grown
  return (
    (forwarded.router ?? []).map(joined).join() === grown.join() &&
    joined(forwarded.from) === joined(before.from) &&
    joined(forwarded.to) === joined(before.to) &&
    sameBytes(forwarded.content, before.content ?? new Uint8Array(0)) &&
    (answered.router ?? []).map(joined).join() === answerRouter.join() &&
    joined(answered.from) === joined(before.to) &&
    joined(answered.to) === joined(before.from) &&
    sameBytes(answered.content, kept) &&
    JSON.stringify(answered.extension ?? null) === JSON.stringify(before.extension ?? null)
  )
}

test('robustness 2: any lawful forward_data is read and relayed as protobufjs does', (t) => {
  const random = new Random(seedOfRun() + 2)
  const cursor = new DataCursor()
  const wrong = new Mismatches()
  for (let i = 0; i < MESSAGES; i++) {
    const bytes = randomForward(random)
    const text = Buffer.from(bytes).toString('hex')
    const home = new Uint8Array(bytes.length + 4).fill(0xff)
    home.set(bytes, 2)
    const outcome = cursor.read(home, 2, 2 + bytes.length)
    wrong.expect(outcome === 'ok' && forwardMatches(bytes, cursor), `${text}: ${outcome}`)
    const id = random.once(4)
      ? { high: cursor.routerLastHi, low: cursor.routerLastLo }
      : randomId(random)
    wrong.expect(relaysMatch(bytes, cursor, new SelfId(id.high, id.low)), `relay of ${text}`)
  }
  t.deepEqual(wrong.list, [])
})

test('robustness 2: heads with crypto and compression are those that protobufjs writes', (t) => {
  const random = new Random(seedOfRun() + 3)
  const buffer = new Uint8Array(400)
  const wrong = new Mismatches()
  for (let i = 0; i < MESSAGES; i++) {
    const source = randomId(random)
    const out = new OutgoingHead()
    out.source = sourceField(source.high, source.low)
    out.cryptoAlgorithm = random.pick([0, 1, 16, 33])
    out.iv = random.bytes(random.below(IV_BYTES_MAX + 1))
    out.aad = random.bytes(random.below(AAD_BYTES_MAX + 1))
    out.compressionType = random.pick([0, 100, 400])
    out.compressedBytes = random.bits32()
    out.bodyBytes = random.bits32()
    const reference = MessageHead.encode({
      version: 3,
      sourceBusId: long(source),
      crypto: out.cryptoAlgorithm
        ? { algorithm: out.cryptoAlgorithm, iv: out.iv, aad: out.aad }
        : null,
      compression: out.compressionType
        ? { type: out.compressionType, originalSize: long({ high: 0, low: out.compressedBytes }) }
        : null,
      bodySize: long({ high: 0, low: out.bodyBytes }),
    }).finish()
    const bytes = buffer.subarray(0, writeHead(buffer, 0, out))
    wrong.expect(sameBytes(bytes, reference), Buffer.from(reference).toString('hex'))
  }
  t.deepEqual(wrong.list, [])
})
