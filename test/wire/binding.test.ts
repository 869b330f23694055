// The binding of an announcement: what it covers, and every way around it that we know.

import test from 'ava'
import $protobuf from 'protobufjs/minimal.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { registrationStatement, sign } from '../../src/wire/access.js'
import {
  bindRefresh,
  bindRegistration,
  checkBinding,
  checkRefresh,
} from '../../src/wire/binding.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { fromHex, patternBytes, toHex } from './_crypto-vectors.js'

const { RegisterData } = treebus.wire
type Registration = Parameters<typeof RegisterData.encode>[0]
type Announcement = NonNullable<Registration['announcement']>

const text = (value: string) => new TextEncoder().encode(value)
const long = (value: number) =>
  $protobuf.util.LongBits.from(value).toLong(true) as NonNullable<Registration['busId']>
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

const TOKENS = [text('alpha'), text('beta')]
const SECRETS = { algorithms: [16, 32], publicKey: patternBytes(33, 1) }

const ANNOUNCED: Announcement = {
  revision: 1,
  capabilities: long(7),
  role: 1,
  incarnation: patternBytes(16, 2),
  attach: long(3),
  expectedId: long(0x200),
  ranges: [{ prefix: long(0x300), maskBits: 56 }],
  ownAddresses: ['tcp://10.0.0.1:7000'],
}

const REGISTRATION: Registration = {
  busId: long(0x300),
  pid: 4711,
  hostname: 'host',
  channels: [{ address: 'ipv4://127.0.0.1:7000' }],
  supportedChannelSchema: ['ipv4', 'unix'],
  supportedCompressionAlgorithm: [200, 300],
  flags: 1,
  accessKey: { timestamp: long(1_735_689_600), nonce1: long(5), nonce2: long(6) },
  hashCode: 'hash',
  cryptoHandshake: { sequence: long(9), type: 1, kdfType: [0], ...SECRETS },
  announcement: ANNOUNCED,
}

const encode = (registration: Registration) => RegisterData.encode(registration).finish()

/** The flow of a sender: encode bare, sign and bind, encode again with both. */
function makeRegistration(registration: Registration, requestBindings?: readonly Uint8Array[]) {
  const stamp = { timestamp: 1_735_689_600n, nonce1: 5n, nonce2: 6n }
  const statement = registrationStatement(nodePrimitives, stamp, 0x300n)
  const signature = sign(nodePrimitives, TOKENS, statement)
  const bare = encode(registration)
  const binding = bindRegistration(nodePrimitives, TOKENS, bare, requestBindings)
  const accessKey = { ...registration.accessKey, signature }
  const announcement = { ...registration.announcement, binding }
  return encode({ ...registration, accessKey, announcement })
}

function check(raw: Uint8Array, requestBindings?: readonly Uint8Array[], tokens = TOKENS) {
  const bindings = RegisterData.decode(raw).announcement?.binding ?? []
  return checkBinding(nodePrimitives, tokens, raw, bindings, requestBindings)
}

type Change = (registration: Registration) => unknown
const put =
  (fields: Registration): Change =>
  (r) =>
    Object.assign(r, fields)
const announce =
  (fields: Announcement): Change =>
  (r) =>
    Object.assign(r.announcement!, fields)

/** Changes the decoded registration on its way and encodes it again, as a proxy could. */
function tamper(raw: Uint8Array, change: Change): Uint8Array {
  const registration: Registration = RegisterData.decode(raw)
  change(registration)
  return encode(registration)
}

test('what a sender signed, bound and encoded again checks at the receiver', (t) => {
  const raw = makeRegistration(REGISTRATION)
  const decoded = RegisterData.decode(raw)
  t.is(decoded.accessKey?.signature?.length, 2)
  t.is(decoded.announcement?.binding?.length, 2)
  t.true(check(raw))
})

test('either token is enough, another is not', (t) => {
  const raw = makeRegistration(REGISTRATION)
  t.true(check(raw, undefined, [text('beta')]))
  t.true(check(raw, undefined, [text('gamma'), text('alpha')]))
  t.false(check(raw, undefined, [text('gamma')]))
})

const CHANGES: Record<string, Change> = {
  'another id': put({ busId: long(0x301) }),
  'another pid': put({ pid: 1 }),
  'another host name': put({ hostname: 'evil' }),
  'another address': put({ channels: [{ address: 'ipv4://6.6.6.6:1' }] }),
  'one channel scheme less': (r) => r.supportedChannelSchema?.pop(),
  'one compression less': (r) => r.supportedCompressionAlgorithm?.pop(),
  'other flags': put({ flags: 2 }),
  'another timestamp': (r) => Object.assign(r.accessKey!, { timestamp: long(1) }),
  'another nonce': (r) => Object.assign(r.accessKey!, { nonce1: long(1) }),
  'another hash code': put({ hashCode: '' }),
  'a shorter cipher list': (r) => r.cryptoHandshake?.algorithms?.pop(),
  'the cipher list turned round': (r) => r.cryptoHandshake?.algorithms?.reverse(),
  'another public key': (r) => r.cryptoHandshake?.publicKey?.fill(1),
  'no handshake at all': put({ cryptoHandshake: null }),
  'other capabilities': announce({ capabilities: long(1) }),
  'another role': announce({ role: 2 }),
  'another incarnation': announce({ incarnation: patternBytes(16, 9) }),
  'another attach': announce({ attach: long(4) }),
  'another expected id': announce({ expectedId: long(0x201) }),
  'a wider range': announce({ ranges: [{ prefix: long(0x300), maskBits: 8 }] }),
  'no ranges': announce({ ranges: [] }),
  'no own addresses': announce({ ownAddresses: [] }),
}

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a registration with ${what} is refused`, (t) => {
    const raw = makeRegistration(REGISTRATION)
    t.true(check(tamper(raw, () => {})))
    t.false(check(tamper(raw, change)))
  })
}

test('a stripped binding or announcement does not check', (t) => {
  const raw = makeRegistration(REGISTRATION)
  t.false(check(tamper(raw, (r) => Object.assign(r.announcement!, { binding: [] }))))
  const stripped = tamper(raw, put({ announcement: null }))
  t.false(check(stripped))
  const { binding } = RegisterData.decode(raw).announcement!
  t.false(checkBinding(nodePrimitives, TOKENS, stripped, binding!))
})

test('signatures may differ: they are checked by themselves', (t) => {
  const raw = makeRegistration(REGISTRATION)
  t.true(check(tamper(raw, (r) => r.accessKey?.signature?.pop())))
})

test('fields that we do not know are covered, inside and outside of the announcement', (t) => {
  const unknown = fromHex('a23f03010203')
  const known = encode(REGISTRATION)
  const withUnknown = join(known, unknown)
  const bindings = bindRegistration(nodePrimitives, TOKENS, withUnknown)
  t.true(checkBinding(nodePrimitives, TOKENS, withUnknown, bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, known, bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, join(known, fromHex('a23f03010204')), bindings))

  const announcement = (inner: string) => {
    const bytes = fromHex(inner)
    return join(fromHex('ca3e'), Uint8Array.of(bytes.length), bytes)
  }
  const inside = bindRegistration(nodePrimitives, TOKENS, announcement('0801a23f01aa'))
  t.true(checkBinding(nodePrimitives, TOKENS, announcement('0801a23f01aa'), inside))
  t.false(checkBinding(nodePrimitives, TOKENS, announcement('0801a23f01ab'), inside))
  t.false(checkBinding(nodePrimitives, TOKENS, announcement('0801'), inside))
})

test('the order of fields and a field given twice are covered', (t) => {
  const [id, pid] = [fromHex('0801'), fromHex('1002')]
  const bindings = bindRegistration(nodePrimitives, TOKENS, join(id, pid))
  t.true(checkBinding(nodePrimitives, TOKENS, join(id, pid), bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, join(pid, id), bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, join(id, pid, id), bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, join(id, pid, fromHex('4200')), bindings))
})

test('only length-delimited signatures and bindings are left out', (t) => {
  const bindings = bindRegistration(nodePrimitives, TOKENS, fromHex('42020801'))
  t.true(checkBinding(nodePrimitives, TOKENS, fromHex('420508014a01ff'), bindings))
  t.false(checkBinding(nodePrimitives, TOKENS, fromHex('420408014801'), bindings))
  t.false(
    checkBinding(nodePrimitives, TOKENS, fromHex('4205080152 01ff'.replace(' ', '')), bindings),
  )
})

test('a response is bound to the request it answers', (t) => {
  const request = RegisterData.decode(makeRegistration(REGISTRATION)).announcement!.binding!
  const raw = makeRegistration({ ...REGISTRATION, busId: long(0x200) }, request)
  t.true(check(raw, request))
  t.false(check(raw, []))
  t.false(check(raw, [request[0]!]))
  t.false(check(raw, [...request].reverse()))
  t.false(check(raw, [join(...request)]))
})

test('a request is not a response and a response not a request', (t) => {
  t.false(check(makeRegistration(REGISTRATION), []))
  t.false(check(makeRegistration(REGISTRATION, [])))
})

test('without tokens on both sides there is nothing to check, on one side it is refused', (t) => {
  const bare = encode(REGISTRATION)
  t.deepEqual(bindRegistration(nodePrimitives, [], bare), [])
  t.true(check(bare, undefined, []))
  t.false(check(bare))
  t.false(check(makeRegistration(REGISTRATION), undefined, []))
})

test('more than 8 bindings are refused, though one of them is right', (t) => {
  const raw = makeRegistration(REGISTRATION)
  const [right] = RegisterData.decode(raw).announcement!.binding!
  const filler = new Array<Uint8Array>(8).fill(new Uint8Array(32))
  t.true(checkBinding(nodePrimitives, TOKENS, raw, [...filler.slice(1), right!]))
  t.false(checkBinding(nodePrimitives, TOKENS, raw, [right!, ...filler]))
})

test('damaged bytes are refused and never throw', (t) => {
  const raw = makeRegistration(REGISTRATION)
  const { binding } = RegisterData.decode(raw).announcement!
  for (let bytes = 0; bytes < raw.length; bytes++) {
    t.false(checkBinding(nodePrimitives, TOKENS, raw.subarray(0, bytes), binding!))
  }
  for (let seed = 0; seed < 2_000; seed++) {
    const foreign = patternBytes(seed % 97, seed)
    t.false(checkBinding(nodePrimitives, TOKENS, foreign, binding!))
  }
  const damaged = [
    '00',
    '0001',
    'c08080801001',
    '0b0c',
    '0e',
    '0d0000',
    '0900000000000000',
    `08${'ff'.repeat(10)}01`,
    '0aff',
    '0affffffff0f',
    '0affffffff1f',
    'ffffffffff01',
    '42030affff',
  ]
  for (const hex of damaged) {
    t.false(checkBinding(nodePrimitives, [], fromHex(hex), []), hex)
  }
})

test('binding what does not parse is a bug of ours, and stops us', (t) => {
  t.throws(() => bindRegistration(nodePrimitives, TOKENS, fromHex('0b')), {
    name: 'InvariantError',
  })
})

test('a key refresh checks for its link, its bytes and its tokens only', (t) => {
  const [link, handshake] = [text('ping of link 1'), patternBytes(60, 1)]
  const bindings = bindRefresh(nodePrimitives, TOKENS, link, handshake)
  const checks = (tokens: Uint8Array[], context: Uint8Array, bytes: Uint8Array, given = bindings) =>
    checkRefresh(nodePrimitives, tokens, context, bytes, given)
  t.true(checks([text('beta')], link, handshake))
  t.false(checks([text('gamma')], link, handshake))
  t.false(checks(TOKENS, text('pong of link 1'), handshake))
  t.false(checks(TOKENS, link, patternBytes(60, 2)))
  t.false(checks(TOKENS, join(link, handshake.subarray(0, 1)), handshake.subarray(1)))
  const zeros = new Uint8Array(4)
  const early = bindRefresh(nodePrimitives, TOKENS, link, join(zeros, handshake))
  t.false(checks(TOKENS, join(link, zeros), handshake, early))
  t.false(checks(TOKENS, link, handshake, []))
  t.true(checks([], link, handshake, []))
  t.is(new Set(bindings.map(toHex)).size, 2)
})
