import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { CAPABILITY } from '../../src/wire/capabilities.js'
import {
  type ControlBody,
  decodeControlBody,
  encodeControlBody,
  encodeControlMember,
} from '../../src/wire/control.js'
import { EXTENSION } from '../../src/wire/extension.js'
import {
  type ConnSync,
  DETAIL,
  REFUSE_REASON,
  REMOVE_REASON,
  type SubscribeResponse,
} from '../../src/wire/route-messages.js'

const MAX64 = 2n ** 64n - 1n
const MAX53 = Number.MAX_SAFE_INTEGER
const fill = (length: number, byte = 1): Uint8Array => new Uint8Array(length).fill(byte)
const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const LIFE = fill(16)
const LIFE_HEX = '01'.repeat(16)

const SUBSCRIBED: SubscribeResponse = {
  resultCode: -3,
  incarnation: LIFE,
  mode: 'resume',
  sequence: 5,
  total: 7,
  warming: true,
  opaque: true,
  ancestors: [1n, MAX64],
}
const NOTHING_TO_SAY: SubscribeResponse = {
  ...SUBSCRIBED,
  resultCode: 0,
  mode: 'full',
  sequence: 0,
  total: 0,
  warming: false,
  opaque: false,
  ancestors: [],
}
const SYNC: ConnSync = { id: 2n, incarnation: LIFE, addresses: ['a', ''] }

// With the bytes of the whole body, which no later revision may write differently.
const BODIES: [ControlBody, string][] = [
  [{ kind: 'subscribe_req', subscribe: { detail: 0, recordsMax: 0 } }, 'd23e00'],
  [
    {
      kind: 'subscribe_req',
      subscribe: { detail: 2, recordsMax: 2 ** 32 - 1, resume: { incarnation: LIFE, sequence: 5 } },
    },
    `d23e1e080210ffffffff0f1a140a10${LIFE_HEX}1005`,
  ],
  [
    { kind: 'subscribe_rsp', subscribed: SUBSCRIBED },
    `da3e3008051210${LIFE_HEX}18012005280730013801421001${'00'.repeat(7)}${'ff'.repeat(8)}`,
  ],
  [{ kind: 'subscribe_rsp', subscribed: NOTHING_TO_SAY }, `da3e121210${LIFE_HEX}`],
  [
    { kind: 'route_refuse', refused: { id: MAX64, incarnation: LIFE, reason: 4 } },
    `ea3e1d09${'ff'.repeat(8)}1210${LIFE_HEX}1804`,
  ],
  [{ kind: 'unsubscribe' }, 'f23e00'],
  [{ kind: 'conn_sync', sync: SYNC }, `fa3e2009020000000000000012 10${LIFE_HEX}1a01611a00`],
  [{ kind: 'conn_sync_rsp', synced: { id: 2n, resultCode: -1 } }, '823f0b0902000000000000001001'],
]

for (const [index, [body, bytes]] of BODIES.entries()) {
  test(`${body.kind} (${index}) is written in these bytes and read as it was`, (t) => {
    const written = encodeControlBody(body)
    t.is(hex(written), bytes.replaceAll(' ', ''))
    const cursor = new BodyCursor()
    t.is(cursor.read(written, 0, written.length), body.kind)
    t.deepEqual(decodeControlBody(body.kind, written, cursor.start, cursor.end), body)
  })
}

test('numbers that peers compare stay as they are', (t) => {
  t.deepEqual(DETAIL, { nodes: 0, subnets: 1, none: 2 })
  t.deepEqual(Object.values(REFUSE_REASON), [1, 2, 3, 4])
  t.deepEqual(Object.values(REMOVE_REASON), [1, 2, 3, 4, 5])
  const { LIFE_PROBE, LIFE_REPLY, MARK, SIGHTING } = EXTENSION
  t.deepEqual([LIFE_PROBE, LIFE_REPLY, MARK, SIGHTING], [8, 9, 10, 11])
  t.is(CAPABILITY.ROUTES, 1n)
})

function decodeMember(body: ControlBody): ControlBody | undefined {
  const member = encodeControlMember(body)
  return decodeControlBody(body.kind, member, 0, member.length)
}

const resumed = (incarnation: Uint8Array, sequence: number): ControlBody => ({
  kind: 'subscribe_req',
  subscribe: { detail: 0, recordsMax: 1, resume: { incarnation, sequence } },
})
const answered = (change: Partial<SubscribeResponse>): ControlBody => ({
  kind: 'subscribe_rsp',
  subscribed: { ...SUBSCRIBED, ...change },
})
const refused = (id: bigint, incarnation: Uint8Array): ControlBody => ({
  kind: 'route_refuse',
  refused: { id, incarnation, reason: 1 },
})
const synced = (change: Partial<ConnSync>): ControlBody => ({
  kind: 'conn_sync',
  sync: { ...SYNC, ...change },
})
const syncAnswer = (id: bigint): ControlBody => ({
  kind: 'conn_sync_rsp',
  synced: { id, resultCode: 0 },
})

// At the bound, and what breaks it.
const BOUNDS: [string, ControlBody, ...ControlBody[]][] = [
  ['incarnation to resume at', resumed(LIFE, 1), resumed(fill(15), 1), resumed(fill(17), 1)],
  ['sequence to resume at', resumed(LIFE, MAX53), resumed(LIFE, 2 ** 53)],
  [
    'publisher',
    answered({}),
    answered({ incarnation: fill(0) }),
    answered({ incarnation: fill(17) }),
  ],
  ['sequence', answered({ sequence: MAX53 }), answered({ sequence: 2 ** 53 })],
  [
    'number of ancestors',
    answered({ ancestors: many(64, 1n) }),
    answered({ ancestors: many(65, 1n) }),
  ],
  ['ancestor', answered({ ancestors: [1n] }), answered({ ancestors: [1n, 0n] })],
  ['refused id', refused(1n, LIFE), refused(0n, LIFE)],
  ['refused incarnation', refused(1n, LIFE), refused(1n, fill(15)), refused(1n, fill(17))],
  ['sibling', synced({ id: 1n }), synced({ id: 0n })],
  ['incarnation of a sibling', synced({}), synced({ incarnation: fill(8) })],
  ['number of addresses', synced({ addresses: many(8, 'a') }), synced({ addresses: many(9, 'a') })],
  ['address', synced({ addresses: ['a'.repeat(1024)] }), synced({ addresses: ['a'.repeat(1025)] })],
  ['sibling of an answer', syncAnswer(1n), syncAnswer(0n)],
]

for (const [name, within, ...over] of BOUNDS) {
  test(`a ${name} at its bound is taken, beyond it the message is refused`, (t) => {
    t.deepEqual(decodeMember(within), within)
    for (const body of over) t.is(decodeMember(body), undefined)
  })
}

test('a mode that nobody knows is refused', (t) => {
  const member = encodeControlMember(answered({}))
  const at = member.indexOf(0x18, 18)
  t.is(member[at + 1], 1)
  member[at + 1] = 2
  t.is(decodeControlBody('subscribe_rsp', member, 0, member.length), undefined)
})

test('unknown fields of a routing message are skipped', (t) => {
  for (const [body] of BODIES) {
    const member = encodeControlMember(body)
    const more = new Uint8Array(Buffer.concat([member, Buffer.from('d23e0161f83e05', 'hex')]))
    t.deepEqual(decodeControlBody(body.kind, more, 0, more.length), body)
  }
})

test('a routing message does not refer to the memory it came in', (t) => {
  for (const [body] of BODIES) {
    const memory = encodeControlMember(body)
    const control = decodeControlBody(body.kind, memory, 0, memory.length)
    memory.fill(0xff)
    t.deepEqual(control, body)
  }
})
