import test from 'ava'
import { decodeMessage } from '../../src/directory/directory-decode.js'
import { encodeMessage } from '../../src/directory/directory-encode.js'
import type { DirectoryMessage } from '../../src/directory/directory-messages.js'
import { messageFits } from '../../src/directory/message-bounds.js'
import type { Tombstone } from '../../src/directory/tombstone.js'
import { Prng } from '../sim/prng.js'
import { incarnationOf, madeNode, madeRecord, madeRegistration } from './_made.js'

const stamp = { time: 0xffff_0000_0001n, by: 0xffff_ffff_ffff_ffffn }
const version = { busId: 0x8000_0000_0000_0001n, incarnation: incarnationOf(255), stamp }
const tombstone: Tombstone = { ...version, reason: 'conflict' }
const registration = madeRegistration(7n, 99, {
  node: madeNode(7n, { roles: ['gate'], wants: { names: ['a'], types: ['*'] }, pid: 4_000_000 }),
  records: [
    madeRecord(7n, { serviceId: 0xffff_ffff, name: 'größe', ports: [1, 65_535], overload: [1, 2] }),
    madeRecord(8n, { addrs: ['tcp://a:1'], capacity: { total: 100, used: 3 }, status: 2 }),
  ],
  lease: 'static',
})
const bits = new Uint8Array(32).fill(3)

const messages: readonly DirectoryMessage[] = [
  { kind: 'hello', zone: 'z1', epoch: 0xfedc_ba98_7654_3210n, ready: true },
  { kind: 'register', registration, sentTo: [1n, 2n] },
  {
    kind: 'register_answer',
    stamp,
    code: -410,
    what: 'name:prod/a',
    says: 'is held',
    holder: 9n,
    doNotDial: [3n, 4n],
    newest: stamp,
  },
  { kind: 'renew', version, sentTo: [] },
  {
    kind: 'renew_answer',
    code: -409,
    newest: stamp,
    standing: registration,
    epoch: 5n,
    watchSequence: 6n,
    ready: true,
  },
  { kind: 'cancel', version, sentTo: [1n] },
  {
    kind: 'change',
    request: 3n,
    env: 'prod',
    app: 'game',
    zone: 'z1',
    instances: ['a', 'b'],
    statuses: [1, 2],
    metadata: ['{}', '{"a":1}'],
  },
  { kind: 'retire', request: 4n, busId: 5n },
  { kind: 'answer', request: 4n, code: -404, what: 'busId', says: 'is not listed' },
  { kind: 'watch', watch: 1n, apps: ['game'], epoch: 2n, since: 3n, hasTable: true },
  {
    kind: 'batch',
    watch: 1n,
    epoch: 2n,
    previous: 3n,
    sequence: 4n,
    snapshot: true,
    ready: true,
    last: true,
    puts: [registration],
    removals: [tombstone],
  },
  { kind: 'unwatch', watch: 1n },
  { kind: 'replica', fromZone: true, operation: { kind: 'put', registration } },
  { kind: 'replica', fromZone: false, operation: { kind: 'renew', version } },
  { kind: 'replica', fromZone: false, operation: { kind: 'remove', tombstone } },
  { kind: 'digest', buckets: new Uint8Array(2048).fill(7), ready: true, isAnswer: true },
  {
    kind: 'summary',
    epoch: 1n,
    buckets: bits,
    part: 2n,
    last: true,
    ready: true,
    versions: [version],
    tombstones: [tombstone],
  },
  { kind: 'pull', busIds: [1n, 2n] },
  { kind: 'repair', registrations: [registration], tombstones: [tombstone], last: true },
  { kind: 'dial_hint', peer: 1n, dial: true },
  { kind: 'probe', request: 1n },
  { kind: 'probe_answer', request: 1n, incarnation: incarnationOf(1) },
]

for (const [index, message] of messages.entries()) {
  test(`a ${message.kind} (${index}) comes back as it was`, (t) => {
    t.deepEqual(decodeMessage(encodeMessage(message)), message)
  })
}

test('every message cut short anywhere is refused or read as another, and never throws', (t) => {
  for (const message of messages) {
    const bytes = encodeMessage(message)
    for (let length = 0; length < bytes.length; length += 7) {
      t.notThrows(() => decodeMessage(bytes.subarray(0, length)))
    }
  }
  t.is(decodeMessage(new Uint8Array(0)), undefined)
})

test('20,000 mutated messages never throw', (t) => {
  const chance = new Prng(5)
  for (let count = 0; count < 20_000; count++) {
    const bytes = encodeMessage(messages[count % messages.length]!).slice()
    for (let change = 0; change < 3; change++) bytes[chance.below(bytes.length)] = chance.word()
    t.notThrows(() => decodeMessage(bytes))
  }
})

const many = (count: number): DirectoryMessage => ({
  kind: 'repair',
  registrations: Array.from({ length: count }, (_, i) => madeRegistration(BigInt(i + 1), 1)),
  tombstones: [],
  last: false,
})

test('a batch of 1,000 records passes, one of 1,001 is refused before it is decoded', (t) => {
  t.true(messageFits(encodeMessage(many(1_000))))
  t.false(messageFits(encodeMessage(many(1_001))))
})

test('the bound of a batch counts records, not nodes', (t) => {
  const records = Array.from({ length: 200 }, (_, i) => madeRecord(BigInt(i)))
  const registrations = Array.from({ length: 6 }, (_, i) =>
    madeRegistration(BigInt(i + 1), 1, { records }),
  )
  const message = { kind: 'repair', registrations, tombstones: [], last: false } as const
  t.is(decodeMessage(encodeMessage(message)), undefined)
  t.not(
    decodeMessage(encodeMessage({ ...message, registrations: registrations.slice(0, 5) })),
    undefined,
  )
})

const oversized: ReadonlyArray<readonly [string, DirectoryMessage]> = [
  ['a text', { kind: 'hello', zone: 'z'.repeat(1_000), epoch: 1n, ready: true }],
  ['a list of receivers', { kind: 'renew', version, sentTo: Array(65).fill(1n) }],
  ['a pull', { kind: 'pull', busIds: Array.from({ length: 1_001 }, (_, i) => BigInt(i)) }],
  ['a digest', { kind: 'digest', buckets: new Uint8Array(4_096), ready: true, isAnswer: false }],
  ['an incarnation', { kind: 'probe_answer', request: 1n, incarnation: '00'.repeat(17) }],
]

for (const [what, message] of oversized) {
  test(`${what} over its bound is refused`, (t) => {
    t.is(decodeMessage(encodeMessage(message)), undefined)
  })
}

test('a message over its bytes is refused unread', (t) => {
  t.false(messageFits(new Uint8Array(1280 * 1024 + 1)))
})
