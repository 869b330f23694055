import test from 'ava'
import { CAPABILITY } from '../../src/wire/capabilities.js'
import { OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { RecordWriter } from '../../src/wire/data-record.js'
import { EXTENSION } from '../../src/wire/extension.js'
import { FrameReader } from '../../src/wire/frame.js'
import { RecordCursor } from '../../src/wire/record-cursor.js'
import { TestOutlet } from '../wire/_outlet.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'
import { tree } from './_tree.js'

const HOST = 0x100
const FROM = 0x200
const TO = 0x300
const RECORDS = CAPABILITY.RECORDS | CAPABILITY.ROUTED_RECORDS

interface Words {
  readonly from?: number
  readonly to?: number
  /** The nodes that it has passed. */
  readonly by?: readonly number[]
  readonly kind?: number
}

function readOf(bytes: Uint8Array, record = new RecordCursor(new SelfId(0, HOST))): RecordCursor {
  const reader = new FrameReader(8_192)
  reader.takesRecords = true
  reader.space().set(bytes)
  reader.filled(bytes.length)
  if (reader.next() !== 'record') throw new Error('no record')
  if (!record.read(reader.view, reader.buffer, reader.start, reader.end)) throw new Error('bad')
  return record
}

function recordOf({ from = FROM, to = TO, by = [], kind = EXTENSION.NONE }: Words): Uint8Array {
  const outlet = new TestOutlet()
  const message = Object.assign(new OutgoingData(), {
    ...{ type: 5, sequenceLo: 77, toLo: to, extensionKind: kind, extensionLo: 4 },
    content: Buffer.from('text'),
  })
  const writer = new RecordWriter()
  writer.writeRouted(outlet, new SelfId(0, from), message)
  for (const node of by) writer.writeOn(outlet, new SelfId(0, node), readOf(outlet.takeFrame()))
  return outlet.takeFrame()
}

function join(host: Host, id: number, capabilities: bigint): Stranger {
  const register = registrationOf({ id: BigInt(id), life: id, announcement: { capabilities } })
  return Stranger.to(host).join(register)
}

/** A parent between the one that sends and the one that is sent to. */
function between(capabilities = RECORDS): { host: Host; from: Stranger; to: Stranger } {
  const host = new World().host({ id: BigInt(HOST) })
  host.give({ kind: 'start' })
  return { host, from: join(host, FROM, RECORDS), to: join(host, TO, capabilities) }
}

test('a record for a child goes on as a record that names the parent', (t) => {
  const { host, from, to } = between()
  const chunks: Uint8Array[] = []
  to.heard = (chunk) => chunks.push(chunk)
  for (const kind of [EXTENSION.NONE, EXTENSION.REQUEST]) {
    chunks.length = 0
    from.sayBytes(recordOf({ by: [0x201], kind }))
    // What is told of its sender comes first, in frames.
    const { data, head, hops } = readOf(chunks.at(-1)!)
    t.deepEqual([data.fromLo, data.toLo, hops, data.routerLastLo], [FROM, TO, 2, HOST])
    t.deepEqual([head.type, head.sequenceLo, data.extensionKind], [5, 77, kind])
    t.is(Buffer.from(data.buffer.subarray(data.contentStart, data.contentEnd)).toString(), 'text')
  }
  t.is(host.core.counters.forwarded, 2)
})

for (const [who, capabilities] of [
  ['one that reads no records', 0n],
  ['one that reads those of its neighbours alone', CAPABILITY.RECORDS],
] as const) {
  test(`a record for ${who} goes on in a frame`, (t) => {
    const { host, from, to } = between(capabilities)
    from.sayBytes(recordOf({ by: [0x201] }))
    const { kind, sequence, data } = to.last()
    t.deepEqual([kind, sequence], ['data_req', 77n])
    t.deepEqual([data?.from, data?.to, data?.router], [BigInt(FROM), BigInt(TO), 3])
    t.is(host.core.counters.forwarded, 1)
  })
}

test('a record for us from somebody behind the link is delivered, and names its origin', (t) => {
  const { host, from } = between()
  from.sayBytes(recordOf({ to: HOST }))
  const delivered = host.messages.at(-1)
  t.deepEqual([delivered?.from, delivered?.type, delivered?.text], [BigInt(FROM), 5, 'text'])
  t.is(host.core.counters.received, 1)
})

const ANSWERED: [title: string, words: Words, resultCode: number][] = [
  ['that has passed as many nodes as may be', { by: Array(15).fill(0x201) }, -71],
  ['that has passed this node already', { by: [HOST] }, -75],
  ['for an id that nobody has', { to: 0x999 }, -66],
  ['for nobody', { to: 0 }, -1],
]

for (const [title, words, resultCode] of ANSWERED) {
  test(`a record ${title} is answered as its frame is`, (t) => {
    const { host, from } = between()
    from.sayBytes(recordOf(words))
    t.deepEqual([from.last().kind, from.last().resultCode], ['data_rsp', resultCode])
    t.is(host.core.counters.forwarded, 0)
    t.is(host.core.counters.answered, 1)
  })
}

for (const [title, from, endsLink] of [
  ['another child', TO, false],
  ['ourselves', HOST, true],
  ['nobody', 0, true],
] as const) {
  test(`a record in the name of ${title} goes nowhere and is counted once`, (t) => {
    const { host, from: liar, to } = between()
    const heard = to.heardMessages.length
    for (let count = 1; count <= 10; count++) {
      t.true(liar.isOpen)
      liar.sayBytes(recordOf({ from, to: count % 2 === 0 ? HOST : TO }))
      t.is(host.core.counters.badSenders, count)
    }
    // A child that has just come may not have said anything by its own link yet.
    t.is(liar.isOpen, !endsLink)
    t.is(to.heardMessages.length, heard)
    t.deepEqual(host.messages, [])
  })
}

test('what nodes say to each other is no record, and one that says so is judged as its frame', (t) => {
  const { host, from } = between()
  from.sayBytes(recordOf({ to: HOST, kind: EXTENSION.BUNDLE }))
  t.deepEqual(host.messages, [])
  t.is(host.core.counters.badMessages, 1)
})

test('messages across the tree arrive in order whether they pass plain nodes or not', (t) => {
  for (const plain of [[], ['a']]) {
    const { leaf, b } = tree(plain)
    for (let number = 0; number < 20; number++) t.is(leaf.send(0x300n, `${number}`), 'sent')
    t.deepEqual(
      b.messages.map(({ from, text }) => `${from} ${text}`),
      Array.from({ length: 20 }, (_, number) => `${0x400} ${number}`),
    )
  }
})
