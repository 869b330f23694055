import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { BodyCursor } from '../../src/wire/body.js'
import { CIPHERS, type CipherName, cutPadding, padPlain } from '../../src/wire/ciphers.js'
import { compressionByNumber, packBody, unpackBody } from '../../src/wire/compression.js'
import { type ControlBody, decodeControlBody, encodeControl } from '../../src/wire/control.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { InnerCursor } from '../../src/wire/head.js'
import { OutgoingHead } from '../../src/wire/head-writer.js'
import { fromHex, toHex } from '../wire/_crypto-vectors.js'
import { innerOfHead } from './_keyed-peer.js'

/** Made by the C++ implementation (spec I.1): whole inner messages. */
const CLEAR = {
  ping: '04080348093a070880f8a5f9c132',
  data: '04080348191a170881800410828004220d48656c6c6f2c20617462757321',
  command:
    '040803481e0a1c0881800c12060a04636d643112060a0461726731\
12060a0461726732',
  register:
    '04080348472a450881801010b9601a09746573742d686f7374\
22170a15697076343a2f2f3132372e302e302e313a38383030\
22180a16756e69783a2f2f2f746d702f61746275732e736f636b',
}

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)

interface Sealed {
  readonly name: CipherName
  readonly hex: string
  readonly text: string
}

const HELLO = 'Hello, encrypted atbus!'
const SEALED: readonly Sealed[] = [
  {
    name: 'aes-256-gcm',
    text: HELLO,
    hex: '28080332220810120cb0b1b2b3b4b5b6b7b8b9babb5a10a7ae27585f86fb743962a0ad36e776554831\
837a525b513e6ed6886d0db0ddfc0e573fa4bc20e321ad2216abee9d33aed2736b28514313aac3dc853ad42849caa39d\
2c2a1fdfd37aacaf922e9929927924552d',
  },
  {
    name: 'aes-128-cbc',
    text: HELLO,
    hex: '1a08033214080b1210a0a1a2a3a4a5a6a7a8a9aaabacadaeaf4831\
330d94e3d0e04dd8c40ab78f18fc44d2f897606149f3c222e1bdcdb7fcd110b95b04b8679af2236601c48b716373535b\
e81c7e79b671acc6fd1850f58b7bf2ae',
  },
  {
    name: 'xxtea',
    text: HELLO,
    hex: '08080332020801483116cd77e9bb117c2962e15dcc6fcded5f0e43e3e4f10ba1cec1a9ba68155d9de3\
e46482daad7d01ddb03c0a6efe0098765c29e86b',
  },
]

const ZLIB =
  '0c08033a050890031036489220789c93ea57e068bcb7fd1e97c08f351727322a3528388e8251300a46c12818\
05a360148c8251300a46c1281805a360d80300cfde17e5'

const ZLIB_GCM =
  '30080332220810120cb0b1b2b3b4b5b6b7b8b9babb5a103d18919425566b5a3fc38676baf46ed03a05089003\
1036489220e1c9c941bb2d03e0ba26bbe44c5abfd5a95a1bb8455e9130fdae967dded3c21c438a0b22667dc6ac29d9f1\
7a36ff43052a6d87a42cd45137d9bec249570922bb5b22ebc35737'

function headOf(inner: Uint8Array): InnerCursor {
  const head = new InnerCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
  return head
}

/** The clear body of a message that was sealed with KEY and maybe compressed. */
function bodyIn(inner: Uint8Array, name?: CipherName): Uint8Array | undefined {
  const head = headOf(inner)
  let block: Uint8Array | undefined = inner.subarray(head.blockStart, head.blockEnd)
  if (name !== undefined) {
    const iv = inner.subarray(head.ivStart, head.ivEnd)
    const aad = inner.subarray(head.aadStart, head.aadEnd)
    block = cipherOf(name).open(block, iv, aad)
  }
  if (block === undefined || head.compressionType === 0) {
    return block && cutPadding(block, head.bodyBytes)
  }
  const compression = compressionByNumber(head.compressionType)
  return (
    compression &&
    unpackBody(nodePrimitives, {
      name: compression,
      block,
      packedBytes: head.compressedBytes,
      plainBytes: head.bodyBytes,
      plainBytesMax: 1 << 21,
    })
  )
}

function cipherOf(name: CipherName) {
  const cipher = nodePrimitives.cipher(name, KEY.subarray(0, CIPHERS[name].keyBytes))
  if (cipher === undefined) throw new Error(`no ${name}`)
  return cipher
}

function contentIn(body: Uint8Array): string {
  const cursor = new BodyCursor()
  const data = new DataCursor()
  if (cursor.read(body, 0, body.length) !== 'data_req') throw new Error('no data')
  data.read(body, cursor.start, cursor.end)
  return new TextDecoder().decode(body.subarray(data.contentStart, data.contentEnd))
}

function controlIn(inner: Uint8Array): ControlBody | undefined {
  const head = headOf(inner)
  const cursor = new BodyCursor()
  const kind = cursor.read(inner, head.blockStart, head.clearBodyEnd())
  if (kind === 'unknown' || kind === 'malformed' || kind === 'data_req' || kind === 'data_rsp') {
    return undefined
  }
  return decodeControlBody(kind, inner, cursor.start, cursor.end)
}

/** The same message once more, with another block. */
function again(inner: Uint8Array, block: Uint8Array): Uint8Array {
  const head = headOf(inner)
  const out = new OutgoingHead()
  out.bodyBytes = head.bodyBytes
  out.cryptoAlgorithm = head.cryptoAlgorithm
  out.iv = inner.subarray(head.ivStart, head.ivEnd)
  out.aad = inner.subarray(head.aadStart, head.aadEnd)
  out.compressionType = head.compressionType
  out.compressedBytes = head.compressedBytes
  return innerOfHead(out, block)
}

const IDLE = { resultCode: 0, sequence: 0n, sourceId: 0n }

test('parity atbus_connection_context_crosslang.generate_no_encryption_test_files: clear messages are written byte for byte', (t) => {
  for (const hex of [CLEAR.ping, CLEAR.command, CLEAR.register]) {
    const control = controlIn(fromHex(hex))
    if (control === undefined) return t.fail(hex)
    t.is(toHex(encodeControl(IDLE, control)), hex)
  }
})

test('parity atbus_connection_context_crosslang.verify_generated_no_encryption_files: clear messages of the reference are read', (t) => {
  const ping = controlIn(fromHex(CLEAR.ping))
  t.is(ping?.kind === 'ping' && ping.ping.timePointUs, 1_735_689_600_000n)
  const command = controlIn(fromHex(CLEAR.command))
  if (command?.kind !== 'command_req') return t.fail('no command')
  t.deepEqual(
    command.command.args.map((arg) => new TextDecoder().decode(arg)),
    ['cmd1', 'arg1', 'arg2'],
  )
  const register = controlIn(fromHex(CLEAR.register))
  if (register?.kind !== 'register_req') return t.fail('no registration')
  t.like(register.register, { id: 262_145n, pid: 12_345, hostname: 'test-host' })
  t.deepEqual(register.register.addresses, ['ipv4://127.0.0.1:8800', 'unix:///tmp/atbus.sock'])
  const data = bodyIn(fromHex(CLEAR.data))
  t.is(data && contentIn(data), 'Hello, atbus!')
})

test('parity atbus_connection_context_crosslang.generate_compressed_test_files: what is packed here is unpacked there', (t) => {
  const body = bodyIn(fromHex(ZLIB))
  if (body === undefined) return t.fail('does not unpack')
  for (const name of nodePrimitives.compressions) {
    const block = packBody(nodePrimitives, name, body)
    if (block === undefined) return t.fail(name)
    const found = unpackBody(nodePrimitives, {
      name,
      block,
      packedBytes: block.length,
      plainBytes: body.length,
      plainBytesMax: 1 << 21,
    })
    t.is(found && toHex(found), toHex(body), name)
  }
})

test('parity atbus_connection_context_crosslang.verify_generated_compressed_files: a compressed message of the reference is read', (t) => {
  const body = bodyIn(fromHex(ZLIB))
  t.is(body && contentIn(body), 'A'.repeat(4_096))
})

test('parity atbus_connection_context_crosslang.generate_encrypted_test_files: sealed messages, with IV and key given, byte for byte', (t) => {
  for (const { name, hex } of SEALED) {
    const inner = fromHex(hex)
    const body = bodyIn(inner, name)
    const head = headOf(inner)
    if (body === undefined) return t.fail(name)
    // None of these bodies is aligned: there padding is the same everywhere.
    const block = cipherOf(name).seal(
      padPlain(name, body),
      inner.subarray(head.ivStart, head.ivEnd),
      inner.subarray(head.aadStart, head.aadEnd),
    )
    t.is(toHex(again(inner, block)), hex, name)
  }
})

test('parity atbus_connection_context_crosslang.verify_generated_encrypted_files: sealed messages of the reference are read', (t) => {
  for (const { name, hex, text } of SEALED) {
    const body = bodyIn(fromHex(hex), name)
    t.is(body && contentIn(body), text, name)
  }
})

test('parity atbus_connection_context_crosslang.generate_compressed_encrypted_test_files: compressed first, then sealed', (t) => {
  const inner = fromHex(ZLIB_GCM)
  const head = headOf(inner)
  const body = bodyIn(inner, 'aes-256-gcm')
  if (body === undefined) return t.fail('does not open')
  const iv = inner.subarray(head.ivStart, head.ivEnd)
  const aad = inner.subarray(head.aadStart, head.aadEnd)
  const packed = packBody(nodePrimitives, 'zlib', body)
  if (packed === undefined) return t.fail('does not pack')
  const block = cipherOf('aes-256-gcm').seal(packed, iv, aad)
  const out = new OutgoingHead()
  out.bodyBytes = body.length
  out.cryptoAlgorithm = CIPHERS['aes-256-gcm'].wire
  out.iv = iv
  out.aad = aad
  out.compressionType = 400
  out.compressedBytes = packed.length
  const found = bodyIn(innerOfHead(out, block), 'aes-256-gcm')
  t.is(found && toHex(found), toHex(body))
  t.is(block.length, packed.length + CIPHERS['aes-256-gcm'].tagBytes)
})

test('parity atbus_connection_context_crosslang.verify_generated_compressed_encrypted_files: a sealed compressed message is read', (t) => {
  const body = bodyIn(fromHex(ZLIB_GCM), 'aes-256-gcm')
  t.is(body && contentIn(body), 'C'.repeat(4_096))
})
