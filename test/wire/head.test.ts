import test from 'ava'
import { BODY_FIELD, BodyCursor } from '../../src/wire/body.js'
import { HEAD_BYTES_MAX, InnerCursor } from '../../src/wire/head.js'
import { headBytes, OutgoingHead, sourceField, writeHead } from '../../src/wire/head-writer.js'
import { writeVarint } from '../../src/wire/proto-writer.js'
import { vintBytes, writeVint } from '../../src/wire/vint.js'

const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

function inner(head: string, block = ''): Uint8Array {
  const bytes = bytesOf(head)
  const length = new Uint8Array(vintBytes(bytes.length))
  writeVint(length, 0, bytes.length)
  return new Uint8Array(Buffer.concat([length, bytes, bytesOf(block)]))
}

function read(bytes: Uint8Array): { outcome: string; head: InnerCursor } {
  const head = new InnerCursor()
  return { outcome: head.read(bytes, 0, bytes.length), head }
}

test('the worked example of a ping is read (spec A.3)', (t) => {
  const { outcome, head } = read(bytesOf('04 08034809 3a070880f8a5f9c132'))
  t.is(outcome, 'ok')
  t.like(head, { version: 3, bodyBytes: 9, sequenceLo: 0, blockStart: 5, blockEnd: 14 })
  t.is(head.clearBodyEnd(), 14)
})

test('every field is read at its widest', (t) => {
  const all = [
    '0803 10ffffffffffffffffff01 1815 20ffffffffffffffffff01',
    '28 81808080808080808001 32 0b 0820 1202aabb 5a03010203 3a 05 0864 108001 48 8008',
  ]
  const { outcome, head } = read(inner(all.join(''), '00'))
  t.is(outcome, 'ok')
  t.like(head, {
    version: 3,
    type: -1,
    resultCode: -11,
    sequenceHi: 0xffffffff,
    sequenceLo: 0xffffffff,
    sourceHi: 0x80000000,
    sourceLo: 1,
    cryptoAlgorithm: 32,
    compressionType: 100,
    compressedBytes: 128,
    bodyBytes: 1024,
  })
  t.is(head.ivEnd - head.ivStart, 2)
  t.is(head.aadEnd - head.aadStart, 3)
  t.is(head.clearBodyEnd(), -1)
})

test('nothing of an earlier head is left in a later one', (t) => {
  const head = new InnerCursor()
  const first = inner('0802 1005 1815 2007 2808 3204 0820 1200 3a04 0864 1005 4803', '000000')
  t.is(head.read(first, 0, first.length), 'ok')
  const second = inner('0803')
  t.is(head.read(second, 0, second.length), 'ok')
  const fresh = read(second).head
  t.deepEqual({ ...head }, { ...fresh })
})

// The head, what is said of it, and why.
const HEADS: [string, Uint8Array, 'ok' | 'bad_size' | 'bad_message'][] = [
  ['no bytes at all', new Uint8Array(0), 'bad_size'],
  ['a length that is cut', bytesOf('84'), 'bad_size'],
  ['a length without end', bytesOf('80'.repeat(12)), 'bad_size'],
  ['a head longer than the input', bytesOf('05 08034809'), 'bad_size'],
  ['an empty head', bytesOf('00'), 'ok'],
  ['a head at the bound', inner(`0803 7afb1f ${'00'.repeat(4091)}`), 'ok'],
  ['a head over the bound', inner(`0803 7afc1f ${'00'.repeat(4092)}`), 'bad_size'],
  ['a field that is cut', inner('0803 48'), 'bad_message'],
  ['a number of eleven bytes', inner(`48 ${'80'.repeat(10)}01`), 'bad_message'],
  ['field number 0', inner('0001'), 'bad_message'],
  ['a group', inner('0b 0801 0c'), 'bad_message'],
  ['a tag of more than 32 bits', inner('88808080 8001 00'), 'bad_message'],
  ['wire type 7', inner('0f00'), 'bad_message'],
  ['unknown fields of every wire type', inner('5801 59 0102030405060708 5a00 5d 01020304'), 'ok'],
  ['a known field of another wire type', inner('0a0103 4d 00000000'), 'ok'],
  ['a crypto message that is cut inside', inner('3203 1202aa'), 'bad_message'],
  ['a crypto message that says more than it has', inner('3205 1200'), 'bad_message'],
  ['an iv of 64 bytes', inner(`3242 1240 ${'00'.repeat(64)}`), 'ok'],
  ['an iv of 65 bytes', inner(`3243 1241 ${'00'.repeat(65)}`), 'bad_message'],
  ['an aad of 65 bytes', inner(`3243 5a41 ${'00'.repeat(65)}`), 'bad_message'],
  ['a compression message with a group', inner('3a02 130c'), 'bad_message'],
]

for (const [name, bytes, expected] of HEADS) {
  test(`${name} is ${expected}`, (t) => {
    t.is(read(bytes).outcome, expected)
  })
}

test('the bound on heads is what the family reserves', (t) => {
  t.is(HEAD_BYTES_MAX, 4096)
})

const SIZE_BOMBS: [string, string][] = [
  ['body_size', '48'],
  ['original_size', '3a0b 10'],
]
for (const [name, tag] of SIZE_BOMBS) {
  test(`robustness 4: ${name} of 2^63 is refused, and so is 2^53`, (t) => {
    t.is(read(inner(`${tag} 80808080808080808001`)).outcome, 'bad_size')
    const short = tag.replace('0b', '09')
    t.is(read(inner(`${short} 8080808080808010`)).outcome, 'bad_size')
    t.is(read(inner(`${short} ffffffffffffff0f`)).outcome, 'ok')
  })
}

test('of a repeated field the last counts, and messages merge', (t) => {
  const { outcome, head } = read(inner('0801 0803 3202 0810 3204 1202aabb 4801 4802', 'ffff'))
  t.is(outcome, 'ok')
  t.like(head, { version: 3, cryptoAlgorithm: 16, bodyBytes: 2 })
  t.is(head.ivEnd - head.ivStart, 2)
})

test('what is written is what is read', (t) => {
  const out = new OutgoingHead()
  out.type = -5
  out.resultCode = -72
  out.sequenceHi = 0xfedcba98
  out.sequenceLo = 0x76543210
  out.source = sourceField(0, 0x80000001)
  out.cryptoAlgorithm = 33
  out.iv = new Uint8Array(64).fill(1)
  out.aad = new Uint8Array(64).fill(2)
  out.compressionType = 400
  out.compressedBytes = 3_000_000_000
  out.bodyBytes = 4_294_967_295
  const bytes = new Uint8Array(300)
  const end = writeHead(bytes, 2, out)
  t.is(end - 2, headBytes(out))
  t.is(writeVint(bytes, 0, headBytes(out)), 2)
  const head = new InnerCursor()
  t.is(head.read(bytes, 0, end), 'ok')
  t.like(head, {
    version: 3,
    type: -5,
    resultCode: -72,
    sequenceHi: 0xfedcba98,
    sequenceLo: 0x76543210,
    sourceHi: 0,
    sourceLo: 0x80000001,
    cryptoAlgorithm: 33,
    compressionType: 400,
    compressedBytes: 3_000_000_000,
    bodyBytes: 4_294_967_295,
  })
  t.deepEqual(bytes.slice(head.ivStart, head.ivEnd), out.iv)
  t.deepEqual(bytes.slice(head.aadStart, head.aadEnd), out.aad)
})

test('defaults are not written', (t) => {
  const bytes = new Uint8Array(2)
  t.is(writeHead(bytes, 0, new OutgoingHead()), 2)
  t.deepEqual([...bytes], [8, 3])
})

for (const [kind, field] of Object.entries(BODY_FIELD)) {
  test(`member ${field} of a body is ${kind}, behind unknown fields too`, (t) => {
    const written = new Uint8Array(2)
    const tagBytes = writeVarint(written, 0, (field << 3) | 2)
    const tag = Buffer.from(written.subarray(0, tagBytes)).toString('hex')
    const body = new BodyCursor()
    const only = bytesOf(`${tag}02aabb`)
    t.is(body.read(only, 0, only.length), kind as keyof typeof BODY_FIELD)
    t.deepEqual([body.start, body.end], [tagBytes + 1, tagBytes + 3])
    const later = bytesOf(`5805 ${tag}01cc 827d00`)
    t.is(body.read(later, 0, later.length), kind as keyof typeof BODY_FIELD)
    t.deepEqual([body.start, body.end], [tagBytes + 3, tagBytes + 4])
  })
}

const BODIES: [string, string, string][] = [
  ['an empty body', '', 'unknown'],
  ['a member of the old numbering', '8a0100', 'unknown'],
  ['a member of another wire type', '1801', 'unknown'],
  ['a member that says more than there is', '1a05aa', 'malformed'],
  ['two members', '1a00 2200', 'malformed'],
  ['one member twice', '1a00 1a00', 'malformed'],
  ['a group', '0b0c', 'malformed'],
  ['junk behind the member', '1a00 ff', 'malformed'],
  ['more than 64 fields', `${'5800'.repeat(64)}1a00`, 'malformed'],
]
for (const [name, text, expected] of BODIES) {
  test(`${name} is ${expected}`, (t) => {
    const bytes = bytesOf(text)
    t.is(new BodyCursor().read(bytes, 0, bytes.length), expected as 'unknown')
  })
}
