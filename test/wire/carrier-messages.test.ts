import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { CAPABILITY } from '../../src/wire/capabilities.js'
import { CARRIER, type RingOffer } from '../../src/wire/carrier-messages.js'
import {
  type ControlBody,
  decodeControlBody,
  encodeControlBody,
  encodeControlMember,
} from '../../src/wire/control.js'

const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const NUMBER_MAX = 2 ** 31 - 1

const OFFER: RingOffer = {
  hostMark: fill(16, 1),
  ringBytes: 65_536,
  nonce: fill(16, 2),
  pid: 7,
  memoryFd: 8,
  bellFd: 9,
}

// With the bytes of the whole body, which no later revision may write differently.
const BODIES: [ControlBody, string][] = [
  [
    { kind: 'ring_offer', offer: OFFER },
    `8a3f2e0a10${'01'.repeat(16)}108080041a10${'02'.repeat(16)}200728083009`,
  ],
  [{ kind: 'ring_answer', answer: { pid: 7, bellFd: 9 } }, '923f0410071809'],
  [{ kind: 'ring_answer', answer: { refused: 'ENOMEM' } }, '923f080a06454e4f4d454d'],
  [{ kind: 'carrier', to: 'ring' }, '9a3f020801'],
  [{ kind: 'carrier', to: 'socket' }, '9a3f00'],
]

for (const [index, [body, bytes]] of BODIES.entries()) {
  test(`${body.kind} (${index}) is written in these bytes and read as it was`, (t) => {
    const written = encodeControlBody(body)
    t.is(hex(written), bytes)
    const cursor = new BodyCursor()
    t.is(cursor.read(written, 0, written.length), body.kind)
    t.deepEqual(decodeControlBody(body.kind, written, cursor.start, cursor.end), body)
  })
}

test('the numbers of the carriers and of the capability stay as they are', (t) => {
  t.deepEqual(CARRIER, { socket: 0, ring: 1 })
  t.is(CAPABILITY.RINGS, 8n)
})

function decodeMember(body: ControlBody): ControlBody | undefined {
  const member = encodeControlMember(body)
  return decodeControlBody(body.kind, member, 0, member.length)
}

const offered = (change: Partial<RingOffer>): ControlBody => ({
  kind: 'ring_offer',
  offer: { ...OFFER, ...change },
})
const refused = (reason: string): ControlBody => ({
  kind: 'ring_answer',
  answer: { refused: reason },
})
const answered = (pid: number, bellFd: number): ControlBody => ({
  kind: 'ring_answer',
  answer: { pid, bellFd },
})

// At the bound, and what breaks it.
const BOUNDS: [string, ControlBody, ...ControlBody[]][] = [
  ['mark of a host', offered({}), offered({ hostMark: fill(15, 1) })],
  ['nonce', offered({}), offered({ nonce: fill(0, 1) }), offered({ nonce: fill(17, 1) })],
  ['size', offered({ ringBytes: NUMBER_MAX }), offered({ ringBytes: NUMBER_MAX + 1 })],
  ['process', offered({ pid: NUMBER_MAX }), offered({ pid: NUMBER_MAX + 1 })],
  ['memory', offered({ memoryFd: NUMBER_MAX }), offered({ memoryFd: NUMBER_MAX + 1 })],
  ['bell', offered({ bellFd: NUMBER_MAX }), offered({ bellFd: 2 ** 32 - 1 })],
  ['refusal', refused('x'.repeat(40)), refused('x'.repeat(41))],
  ['answering process', answered(NUMBER_MAX, 1), answered(2 ** 31, 1)],
  ['answering bell', answered(1, NUMBER_MAX), answered(1, 2 ** 31)],
]

for (const [what, lawful, ...unlawful] of BOUNDS) {
  test(`the ${what} of a ring is bounded`, (t) => {
    t.deepEqual(decodeMember(lawful), lawful)
    for (const body of unlawful) t.is(decodeMember(body), undefined)
  })
}

test('a carrier that nobody knows is refused', (t) => {
  t.is(decodeControlBody('carrier', Uint8Array.of(8, 2), 0, 2), undefined)
})
