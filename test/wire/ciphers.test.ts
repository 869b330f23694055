// Ciphers: the reference messages, the padding rules, and what happens to damaged input.

import test from 'ava'
import * as fzstd from 'fzstd'
import { nodePrimitives } from '../../src/node/primitives.js'
import {
  CIPHER_NAMES,
  CIPHERS,
  type CipherName,
  cipherByNumber,
  cutPadding,
  lawfulIv,
  paddedBytes,
  padPlain,
} from '../../src/wire/ciphers.js'
import { compressionByNumber, unpackBody } from '../../src/wire/compression.js'
import { treebus } from '../../src/wire/generated/bus.js'
import type { Primitives } from '../../src/wire/primitives.js'
import { forEachVector, fromHex, patternBytes, toHex, type Vector } from './_crypto-vectors.js'

const { MessageBody, MessageHead } = treebus.wire
const NONE = new Uint8Array(0)

/** Node 20 has no zstd; only the tests then borrow a decoder. */
const unpacker: Pick<Primitives, 'compressions' | 'decompress'> = {
  compressions: new Set([...nodePrimitives.compressions, 'zstd' as const]),
  decompress: (name, packed, plainBytes) =>
    name === 'zstd' && !nodePrimitives.compressions.has('zstd')
      ? fzstd.decompress(packed)
      : nodePrimitives.decompress(name, packed, plainBytes),
}

function decodeVector({ bytes, facts }: Vector) {
  const headBytes = bytes[0]!
  const head = MessageHead.decode(bytes.subarray(1, 1 + headBytes))
  const plainBytes = Number(head.bodySize)
  let block: Uint8Array | undefined = bytes.subarray(1 + headBytes)
  if (head.crypto) {
    const name = cipherByNumber(Number(head.crypto.algorithm))!
    const cipher = nodePrimitives.cipher(name, fromHex(facts.key_hex!))!
    block = cipher.open(block, head.crypto.iv ?? NONE, head.crypto.aad ?? NONE)
  }
  if (head.compression && block !== undefined) {
    const name = compressionByNumber(Number(head.compression.type))!
    const packedBytes = Number(head.compression.originalSize)
    block = unpackBody(unpacker, { name, block, packedBytes, plainBytes, plainBytesMax: 2 ** 21 })
  }
  const plain = block && cutPadding(block, plainBytes)
  return { head, body: plain && MessageBody.decode(plain) }
}

forEachVector(
  'messages',
  /^(enc|compress)_/,
  (name) => `the reference message ${name} decodes to what it was made from`,
  (title, read) =>
    test(title, (t) => {
      const vector = read()
      const { facts } = vector
      const { head, body } = decodeVector(vector)
      t.is(Number(head.crypto?.algorithm ?? 0), facts.crypto_algorithm_type ?? 0)
      t.is(Number(head.compression?.type ?? 0), facts.compression_algorithm_type ?? 0)
      t.is(toHex(head.crypto?.iv ?? NONE), facts.iv_hex ?? '')
      t.is(toHex(head.crypto?.aad ?? NONE), facts.aad_hex ?? '')
      const forward = body?.dataTransformReq
      const command = body?.customCommandReq
      const { expected } = facts
      t.is(String((forward ?? command)?.from), String(expected.from))
      if (facts.body_type === 'data_transform_req') {
        t.is(String(forward?.to), String(expected.to))
        const content = Buffer.from(forward?.content ?? NONE).toString()
        t.is(content, String(expected.content ?? content[0]?.repeat(4096)))
        t.regex(content, facts.compression_algorithm_type ? /^(A+|C+)$/ : /^Hello/)
      } else {
        const args = (command?.commands ?? []).map(({ arg }) => Buffer.from(arg ?? NONE).toString())
        const filled = args.slice(1).every((arg) => /^(B{2048}|D{2048})$/.test(arg))
        t.true(expected.commands ? args.join() === String(expected.commands) : filled)
        t.is(args.length, 3)
      }
    }),
)

const SIZES = [...Array.from({ length: 200 }, (_, index) => index + 1), 1024, 4096, 65_536]

for (const name of CIPHER_NAMES) {
  const { keyBytes, ivBytes, tagBytes, kind, padding } = CIPHERS[name]
  const cipher = nodePrimitives.cipher(name, patternBytes(keyBytes, 1))!
  const iv = lawfulIv(name, patternBytes(ivBytes, 2))
  const aad = kind === 'aead' ? patternBytes(16, 3) : NONE

  test(`${name} gives back a body of any size, and its ciphertext has the size foretold`, (t) => {
    for (const bytes of SIZES) {
      const plain = patternBytes(bytes, bytes)
      const sealed = cipher.seal(padPlain(name, plain), iv, aad)
      t.is(sealed.length, paddedBytes(name, bytes) + tagBytes)
      if (bytes >= 8) t.not(toHex(sealed.subarray(0, bytes)), toHex(plain))
      const opened = cipher.open(sealed, iv, aad)
      t.is(toHex(cutPadding(opened!, bytes)!), toHex(plain))
    }
  })

  test(`${name} seals the same under two calls and otherwise under another key`, (t) => {
    const plain = padPlain(name, patternBytes(40, 9))
    const other = nodePrimitives.cipher(name, patternBytes(keyBytes, 4))!
    t.is(toHex(cipher.seal(plain, iv, aad)), toHex(cipher.seal(plain, iv, aad)))
    t.not(toHex(cipher.seal(plain, iv, aad)), toHex(other.seal(plain, iv, aad)))
  })

  test(`${name} never throws for a cut message, a wrong IV or foreign bytes`, (t) => {
    const sealed = cipher.seal(padPlain(name, patternBytes(64, 5)), iv, aad)
    for (let bytes = 0; bytes < sealed.length; bytes++) {
      const opened = cipher.open(sealed.subarray(0, bytes), iv, aad)
      if (kind === 'aead') t.is(opened, undefined)
      if (padding === 'pkcs7') t.is(opened === undefined, bytes % 16 !== 0)
      if (padding === 'words') t.is(opened === undefined, bytes % 4 !== 0 || bytes < 8)
    }
    for (const bytes of [0, 1, 8, 12, 16, 24, 64]) {
      if (bytes === ivBytes || ivBytes === 0) continue
      t.is(cipher.open(sealed, patternBytes(bytes, 6), aad), undefined)
    }
  })

  if (kind === 'aead') {
    test(`${name} refuses a message, IV, AAD or tag with any bit changed`, (t) => {
      const sealed = cipher.seal(patternBytes(33, 7), iv, aad)
      const changed = (bytes: Uint8Array, at: number) =>
        bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte))
      t.truthy(cipher.open(sealed, iv, aad))
      for (let at = 0; at < sealed.length; at++) {
        t.is(cipher.open(changed(sealed, at), iv, aad), undefined)
      }
      for (let at = 0; at < ivBytes; at++) {
        t.is(cipher.open(sealed, changed(iv, at), aad), undefined)
      }
      t.is(cipher.open(sealed, iv, changed(aad, 15)), undefined)
      t.is(cipher.open(sealed, iv, NONE), undefined)
    })

    test(`${name} works without AAD, as Go sends it`, (t) => {
      const plain = patternBytes(50, 8)
      t.is(toHex(cipher.open(cipher.seal(plain, iv, NONE), iv, NONE)!), toHex(plain))
    })
  }
}

test('CBC bodies are padded by 1 to 16 bytes, each saying how many', (t) => {
  for (const [plainBytes, padded] of [
    [1, 16],
    [15, 16],
    [16, 32],
    [17, 32],
    [32, 48],
  ] as const) {
    const bytes = padPlain('aes-128-cbc', new Uint8Array(plainBytes))
    t.is(bytes.length, padded)
    t.deepEqual(new Set(bytes.subarray(plainBytes)), new Set([padded - plainBytes]))
  }
})

test('XXTEA bodies are padded by 1 to 4 bytes, and to 8 at least', (t) => {
  for (const [plainBytes, padded] of [
    [1, 8],
    [4, 8],
    [5, 8],
    [7, 8],
    [8, 12],
    [9, 12],
  ] as const) {
    const bytes = padPlain('xxtea', new Uint8Array(plainBytes))
    t.is(bytes.length, padded)
    t.deepEqual(new Set(bytes.subarray(plainBytes)), new Set([padded - plainBytes]))
  }
})

test('an aligned body that C++ sent without padding opens too', (t) => {
  for (const name of ['aes-256-cbc', 'xxtea'] as const) {
    const iv = patternBytes(CIPHERS[name].ivBytes, 2)
    const cipher = nodePrimitives.cipher(name, patternBytes(CIPHERS[name].keyBytes, 1))!
    const plain = patternBytes(32, 3)
    const opened = cipher.open(cipher.seal(plain, iv, NONE), iv, NONE)
    t.is(toHex(cutPadding(opened!, 32)!), toHex(plain))
  }
})

test('a body longer than what was decrypted is refused, as is a size that is no size', (t) => {
  for (const plainBytes of [17, 2 ** 53, -1, Number.NaN, 1.5]) {
    t.is(cutPadding(new Uint8Array(16), plainBytes), undefined)
  }
  t.is(cutPadding(new Uint8Array(16), 16)?.length, 16)
})

test('a random IV keeps all its bytes, but for the block counter of ChaCha20', (t) => {
  for (const name of CIPHER_NAMES) {
    const random = patternBytes(CIPHERS[name].ivBytes, 77)
    const iv = lawfulIv(name, random.slice())
    const counterBytes = name === 'chacha20' ? 8 : 0
    t.is(toHex(iv.subarray(0, counterBytes)), '00'.repeat(counterBytes))
    t.is(toHex(iv.subarray(counterBytes)), toHex(random.subarray(counterBytes)))
  }
})

test('every cipher has the number, key, IV and tag of the specification', (t) => {
  const table: Record<CipherName, readonly number[]> = {
    xxtea: [1, 16, 0, 0],
    'aes-128-cbc': [11, 16, 16, 0],
    'aes-192-cbc': [12, 24, 16, 0],
    'aes-256-cbc': [13, 32, 16, 0],
    'aes-128-gcm': [14, 16, 12, 16],
    'aes-192-gcm': [15, 24, 12, 16],
    'aes-256-gcm': [16, 32, 12, 16],
    chacha20: [31, 32, 16, 0],
    'chacha20-poly1305-ietf': [32, 32, 12, 16],
    'xchacha20-poly1305-ietf': [33, 32, 24, 16],
  }
  for (const name of CIPHER_NAMES) {
    const { wire, keyBytes, ivBytes, tagBytes } = CIPHERS[name]
    t.deepEqual([wire, keyBytes, ivBytes, tagBytes], [...table[name]])
    t.is(cipherByNumber(wire), name)
  }
  for (const wire of [0, 2, 10, 17, 34, -1, 2 ** 40]) t.is(cipherByNumber(wire), undefined)
})
