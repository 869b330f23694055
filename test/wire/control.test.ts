import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import {
  type Announcement,
  type ControlBody,
  type ControlKind,
  decodeControlBody,
  encodeControl,
  encodeControlBody,
  encodeControlMember,
  encodeHandshake,
  type Handshake,
  type RegisterData,
} from '../../src/wire/control.js'
import { CONTROL_BOUNDS } from '../../src/wire/control-bounds.js'
import { FrameReader } from '../../src/wire/frame.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { InnerCursor } from '../../src/wire/head.js'
import { logSkipped, messageVectors, streamVectors, vectorsFolder } from '../_vectors.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fill = (length: number, byte = 1): Uint8Array => new Uint8Array(length).fill(byte)
const MAX64 = 2n ** 64n - 1n

/** Read by hand. */
const NOT_CONTROL: ReadonlySet<string> = new Set(['data_req', 'data_rsp', 'route_update'])

/** Head and body of an inner message in clear, or why not. */
function decodeInner(bytes: Uint8Array, start = 0, end = bytes.length) {
  const head = new InnerCursor()
  if (head.read(bytes, start, end) !== 'ok') throw new Error('bad head')
  const body = new BodyCursor()
  const kind = body.read(bytes, head.blockStart, head.clearBodyEnd())
  if (kind === 'unknown' || kind === 'malformed' || NOT_CONTROL.has(kind)) {
    return { head, control: undefined }
  }
  return { head, control: decodeControlBody(kind as ControlKind, bytes, body.start, body.end) }
}

function encodeAgain(head: InnerCursor, body: ControlBody): Uint8Array {
  const sequence = (BigInt(head.sequenceHi) << 32n) | BigInt(head.sequenceLo)
  const sourceId = (BigInt(head.sourceHi) << 32n) | BigInt(head.sourceLo)
  return encodeControl({ type: head.type, resultCode: head.resultCode, sequence, sourceId }, body)
}

test('every plain control vector is read, and written byte for byte', (t) => {
  const folder = vectorsFolder()
  if (folder === undefined) return logSkipped(t)
  const vectors = messageVectors(folder, 'no_enc_').filter((v) => !v.bodyType.includes('data'))
  t.true(vectors.length >= 4)
  for (const { name, inner, expected } of vectors) {
    const { head, control } = decodeInner(inner)
    if (control === undefined) {
      t.fail(`${name} does not decode`)
      continue
    }
    t.is(hex(encodeAgain(head, control)), hex(inner), name)
    if ('register' in control) {
      t.is(control.register.id, BigInt(Number(expected.bus_id)))
      t.deepEqual(control.register.addresses, expected.channels)
    }
    if ('ping' in control) t.is(control.ping.timePointUs, BigInt(Number(expected.time_point)))
    if ('command' in control) {
      const args = control.command.args.map((arg) => Buffer.from(arg).toString())
      t.deepEqual(args, expected.commands)
    }
  }
})

test('every control message that C++ nodes sent is written byte for byte', (t) => {
  const folder = vectorsFolder()
  if (folder === undefined) return logSkipped(t)
  const kinds = new Set<ControlKind>()
  for (const { name, directions } of streamVectors(folder)) {
    for (const { bytes } of directions) {
      const reader = new FrameReader(1 << 20)
      for (let at = 0; at < bytes.length; ) {
        const space = reader.space()
        const piece = bytes.subarray(at, at + space.length)
        space.set(piece)
        reader.filled(piece.length)
        at += piece.length
        while (reader.next() === 'frame') {
          const inner = reader.buffer.slice(reader.start, reader.end)
          const head = new InnerCursor()
          head.read(inner, 0, inner.length)
          if (head.cryptoAlgorithm !== 0 || head.compressionType !== 0) continue
          const { control } = decodeInner(inner)
          if (control === undefined) continue
          kinds.add(control.kind)
          t.is(hex(encodeAgain(head, control)), hex(inner), name)
        }
      }
    }
  }
  for (const kind of ['register_req', 'register_rsp', 'handshake_confirm'] as const) {
    t.true(kinds.has(kind), kind)
  }
})

const HANDSHAKE: Handshake = {
  sequence: MAX64,
  type: 4,
  kdfs: [0],
  algorithms: [11, 16, 33],
  publicKey: fill(134),
  ivBytes: 24,
  tagBytes: 16,
}
const ACCESS = {
  algorithm: 0,
  timestamp: -1n,
  nonce1: MAX64,
  nonce2: 2n ** 63n,
  signatures: [fill(32), fill(32, 2)],
}
const ANNOUNCEMENT: Announcement = {
  revision: 1,
  capabilities: MAX64,
  role: 2,
  incarnation: fill(16),
  attach: 3n,
  expectedId: 2n ** 63n,
  ranges: [{ prefix: MAX64, maskBits: 64 }],
  ownAddresses: ['unix:///tmp/a'],
  bindings: [fill(32)],
}
const REGISTER: RegisterData = {
  id: MAX64,
  pid: -1,
  hostname: 'hôst',
  addresses: ['ipv4://127.0.0.1:1', ''],
  schemes: ['ipv4'],
  compressions: [100, 400],
  flags: 0xffffffff,
  access: ACCESS,
  hashCode: 'ab',
  handshake: HANDSHAKE,
  announcement: ANNOUNCEMENT,
}

const BODIES: ControlBody[] = [
  { kind: 'register_req', register: REGISTER },
  { kind: 'register_rsp', register: { ...REGISTER, id: 0n, addresses: [], schemes: [] } },
  { kind: 'ping', ping: { timePointUs: -1n, handshake: HANDSHAKE, refreshBindings: [fill(32)] } },
  { kind: 'pong', ping: { timePointUs: 2n ** 53n + 1n, refreshBindings: [] } },
  { kind: 'command_req', command: { from: MAX64, args: [fill(3), fill(0)], access: ACCESS } },
  { kind: 'command_rsp', command: { from: 0n, args: [] } },
  { kind: 'handshake_confirm', sequence: MAX64 },
  { kind: 'handshake_confirm', sequence: 0n },
]

function withoutRaw(control: ControlBody | undefined): unknown {
  if (control === undefined || !('register' in control)) return control
  const { raw, ...register } = control.register
  return { ...control, register }
}

for (const [index, body] of BODIES.entries()) {
  test(`${body.kind} (${index}) is read as it was written, at full width`, (t) => {
    const head = { type: -3, resultCode: -14, sequence: MAX64, sourceId: 2n ** 63n }
    const { head: read, control } = decodeInner(encodeControl(head, body))
    t.deepEqual(withoutRaw(control), body)
    t.like(read, { version: 3, type: -3, resultCode: -14, sequenceHi: 0xffffffff })
    t.like(read, { sourceHi: 0x80000000, sourceLo: 0 })
  })
}

test('the raw bytes of a registration are those its sender encoded', (t) => {
  const body = { kind: 'register_req', register: REGISTER } as const
  const bytes = encodeControlBody(body)
  const member = encodeControlMember(body)
  const control = decodeControlBody(
    'register_req',
    bytes,
    bytes.length - member.length,
    bytes.length,
  )
  if (control === undefined || !('register' in control)) return t.fail('does not decode')
  t.is(hex(control.register.raw ?? fill(0)), hex(member))
  t.is(hex(bytes).slice(-2 * member.length), hex(member))
})

test('only the raw bytes of a registration refer to the memory it came in', (t) => {
  const member = encodeControlMember({ kind: 'register_req', register: REGISTER })
  for (const memory of [Buffer.from(member), member.slice()]) {
    const control = decodeControlBody('register_req', memory, 0, memory.length)
    memory.fill(0xff)
    t.deepEqual(withoutRaw(control), { kind: 'register_req', register: REGISTER })
  }
})

test('a handshake alone is what stands in its ping', (t) => {
  const bytes = encodeHandshake(HANDSHAKE)
  const ping = { timePointUs: 0n, handshake: HANDSHAKE, refreshBindings: [] }
  const member = encodeControlMember({ kind: 'ping', ping })
  t.true(hex(member).endsWith(hex(bytes)))
})

test('unknown fields are skipped', (t) => {
  const member = encodeControlMember({ kind: 'register_req', register: REGISTER })
  const more = new Uint8Array(Buffer.concat([member, Buffer.from('d23e0161f83e05', 'hex')]))
  const control = decodeControlBody('register_req', more, 0, more.length)
  t.deepEqual(withoutRaw(control), { kind: 'register_req', register: REGISTER })
})

const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
const access = (signatures: Uint8Array[]) => ({ access: { ...ACCESS, signatures } })
const offered = (change: Partial<Handshake>) => ({ handshake: { ...HANDSHAKE, ...change } })
const said = (change: Partial<Announcement>) => ({ announcement: { ...ANNOUNCEMENT, ...change } })

// At the bound, and one over it.
const REGISTER_BOUNDS: [string, Partial<RegisterData>, Partial<RegisterData>][] = [
  ['addresses', { addresses: many(64, 'a') }, { addresses: many(65, 'a') }],
  ['address', { addresses: ['a'.repeat(1024)] }, { addresses: ['a'.repeat(1025)] }],
  ['schemes', { schemes: many(32, 'a') }, { schemes: many(33, 'a') }],
  ['scheme', { schemes: ['a'.repeat(32)] }, { schemes: ['a'.repeat(33)] }],
  ['compressions', { compressions: many(32, 1) }, { compressions: many(33, 1) }],
  ['hostname', { hostname: 'a'.repeat(256) }, { hostname: 'a'.repeat(257) }],
  ['hash code', { hashCode: 'a'.repeat(256) }, { hashCode: 'a'.repeat(257) }],
  ['signatures', access(many(8, fill(32))), access(many(9, fill(32)))],
  ['signature', access([fill(64)]), access([fill(65)])],
  ['algorithms', offered({ algorithms: many(32, 1) }), offered({ algorithms: many(33, 1) })],
  ['kdfs', offered({ kdfs: many(32, 0) }), offered({ kdfs: many(33, 0) })],
  ['public key', offered({ publicKey: fill(256) }), offered({ publicKey: fill(257) })],
  ['bindings', said({ bindings: many(8, fill(32)) }), said({ bindings: many(9, fill(32)) })],
  ['binding', said({ bindings: [fill(64)] }), said({ bindings: [fill(65)] })],
  ['incarnation', said({ incarnation: fill(16) }), said({ incarnation: fill(17) })],
  ['own addresses', said({ ownAddresses: many(64, 'a') }), said({ ownAddresses: many(65, 'a') })],
  [
    'ranges',
    said({ ranges: many(64, { prefix: 1n, maskBits: 1 }) }),
    said({ ranges: many(65, { prefix: 1n, maskBits: 1 }) }),
  ],
]

for (const [name, within, over] of REGISTER_BOUNDS) {
  test(`a registration with ${name} over its bound is refused, at it taken`, (t) => {
    t.truthy(decodeMember({ kind: 'register_req', register: { ...REGISTER, ...within } }))
    t.is(decodeMember({ kind: 'register_req', register: { ...REGISTER, ...over } }), undefined)
  })
}

function decodeMember(body: ControlBody): ControlBody | undefined {
  const member = encodeControlMember(body)
  return decodeControlBody(body.kind, member, 0, member.length)
}

test('a ping with too many bindings, or a handshake over a bound, is refused', (t) => {
  const ping = { timePointUs: 0n, refreshBindings: many(8, fill(32)) }
  t.truthy(decodeMember({ kind: 'ping', ping }))
  const nine = { ...ping, refreshBindings: many(9, fill(32)) }
  t.is(decodeMember({ kind: 'ping', ping: nine }), undefined)
  const long = { ...ping, ...offered({ publicKey: fill(257) }) }
  t.is(decodeMember({ kind: 'pong', ping: long }), undefined)
})

test('a command may have 1,024 arguments of any size and no more', (t) => {
  const big = { from: 1n, args: [...many(1023, fill(1)), fill(1_000_000)] }
  t.truthy(decodeMember({ kind: 'command_req', command: big }))
  const over = { from: 1n, args: many(1025, fill(1)) }
  t.is(decodeMember({ kind: 'command_req', command: over }), undefined)
  const signed = { from: 1n, args: [], access: { ...ACCESS, signatures: many(9, fill(32)) } }
  t.is(decodeMember({ kind: 'command_rsp', command: signed }), undefined)
})

test('a control message over 16 KiB is refused unread', (t) => {
  const unknown = (length: number): Uint8Array => {
    const bytes = fill(length, 0)
    bytes.set([0xd2, 0x3e, 0x80 | ((length - 5) & 0x7f), 0x80 | ((length - 5) >> 7), 0])
    bytes[3] = 0x80 | (((length - 5) >> 7) & 0x7f)
    bytes[4] = (length - 5) >> 14
    return bytes
  }
  const max = CONTROL_BOUNDS.messageBytesMax
  t.truthy(decodeControlBody('ping', unknown(max), 0, max))
  t.is(decodeControlBody('ping', unknown(max + 1), 0, max + 1), undefined)
})

const BOMBS: [string, number[], number][] = [
  ['arguments', [], 0x12],
  ['access data', [], 0x1a],
  ['senders', [], 0x08],
  ['unknown fields', [], 0x30],
  ['fields in an argument', [0x12, 0xc0, 0x84, 0x3d], 0x08],
  ['signatures', [0x1a, 0xc0, 0x84, 0x3d], 0x4a],
]

for (const [name, start, tag] of BOMBS) {
  test(`robustness 4: a command of 500,000 ${name} is refused without decoding it`, (t) => {
    const bytes = new Uint8Array(1_000_000 + start.length)
    for (let at = start.length; at < bytes.length; at += 2) bytes[at] = tag
    bytes.set(start)
    const { CustomCommandData } = treebus.wire
    const decode = CustomCommandData.decode
    let decoded = 0
    CustomCommandData.decode = (...args) => {
      decoded++
      return decode(...args)
    }
    try {
      t.is(decodeControlBody('command_req', bytes, 0, bytes.length), undefined)
      t.is(decoded, 0)
    } finally {
      CustomCommandData.decode = decode
    }
  })
}

test('damaged control messages are undefined and never throw', (t) => {
  const damaged = [
    '08',
    '0880',
    '1a05aa',
    '0b0c',
    `${'0b'.repeat(8000)}`,
    '00',
    '1a02fffe',
    '42034a05',
  ]
  for (const kind of ['register_req', 'ping', 'command_req', 'handshake_confirm'] as const) {
    for (const text of damaged) {
      const bytes = new Uint8Array(Buffer.from(text, 'hex'))
      t.notThrows(() => decodeControlBody(kind, bytes, 0, bytes.length), `${kind} ${text}`)
    }
  }
  const bad = new Uint8Array(Buffer.from('1a02fffe', 'hex'))
  t.is(decodeControlBody('register_req', bad, 0, 4), undefined)
})

test('a registration cut anywhere is undefined or lacks what was cut off', (t) => {
  const member = encodeControlMember({ kind: 'register_req', register: REGISTER })
  let refused = 0
  for (let end = 0; end < member.length; end++) {
    const control = decodeControlBody('register_req', member, 0, end)
    if (control === undefined) refused++
    else if ('register' in control) t.is(control.register.announcement, undefined)
  }
  t.true(refused > member.length * 0.8)
})
