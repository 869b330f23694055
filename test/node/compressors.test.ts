// The four decompressors on Node: round trips, the highest ratios, and bombs.

import { createRequire } from 'node:module'
import { constants, deflateRawSync } from 'node:zlib'
import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { COMPRESSION_NAMES, type CompressionName, unpackBody } from '../../src/wire/compression.js'
import { fromHex, patternBytes, toHex } from '../wire/_crypto-vectors.js'

const MIB = 2 ** 20
const LIMIT = 2 * MIB + 4_096
const NONE = new Uint8Array(0)

const here = COMPRESSION_NAMES.filter((name) => nodePrimitives.compressions.has(name))

test('zlib is always there, and what is announced is what works', (t) => {
  t.true(nodePrimitives.compressions.has('zlib'))
  for (const name of COMPRESSION_NAMES) {
    const packed = nodePrimitives.compress(name, new Uint8Array(1_000))
    t.is(packed !== undefined, nodePrimitives.compressions.has(name))
  }
})

for (const name of here) {
  test(`${name} gives back what it packed, from nothing to the size limit`, (t) => {
    for (const bytes of [1, 2, 63, 64, 65, 1_000, 16_384, 16_385, 100_000, LIMIT]) {
      for (const plain of [new Uint8Array(bytes).fill(65), patternBytes(bytes, bytes)]) {
        const packed = nodePrimitives.compress(name, plain)!
        const block = new Uint8Array(Buffer.concat([packed, Buffer.alloc(7, 7)]))
        const sizes = { packedBytes: packed.length, plainBytes: bytes, plainBytesMax: LIMIT }
        const unpacked = unpackBody(nodePrimitives, { name, block, ...sizes })
        t.true(unpacked !== undefined && Buffer.compare(unpacked, plain) === 0, `${bytes}`)
      }
    }
  })

  test(`${name} never gives more or less than was declared`, (t) => {
    const packed = nodePrimitives.compress(name, new Uint8Array(5_000).fill(65))!
    for (const plainBytes of [1, 4_999, 5_001, 6_000, 0]) {
      t.is(nodePrimitives.decompress(name, packed, plainBytes), undefined)
    }
    t.is(nodePrimitives.decompress(name, packed, 5_000)?.length, 5_000)
  })

  test(`${name} never throws for cut, damaged or foreign bytes`, (t) => {
    const packed = nodePrimitives.compress(name, patternBytes(300, 1))!
    for (let bytes = 0; bytes < packed.length; bytes += 3) {
      const cut = packed.subarray(0, bytes)
      t.is(nodePrimitives.decompress(name, cut, 300), undefined)
      const foreign = patternBytes(bytes, bytes)
      const outcome = nodePrimitives.decompress(name, foreign, 300)
      t.true(outcome === undefined || outcome.length === 300)
    }
  })
}

test('blocks of lz4 and snappy are raw: no frame, no length but snappy’s own', (t) => {
  const plain = new Uint8Array(100).fill(65)
  if (nodePrimitives.compressions.has('lz4')) {
    // One literal, a match of 94 at offset 1, five last literals.
    const packed = fromHex('1f4101004b504141414141')
    t.is(toHex(nodePrimitives.decompress('lz4', packed, 100)!), toHex(plain))
    t.is(nodePrimitives.compress('lz4', plain)![0], 0x1f)
  }
  if (nodePrimitives.compressions.has('snappy')) {
    // The length, one literal, copies of 64 and 35 at offset 1.
    const packed = fromHex('640041fe01008a0100')
    t.is(toHex(nodePrimitives.decompress('snappy', packed, 100)!), toHex(plain))
    t.is(nodePrimitives.compress('snappy', plain)![0], 100)
  }
  t.is(nodePrimitives.compress('zlib', plain)![0], 0x78)
})

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function repeat(part: Uint8Array, times: number): Uint8Array {
  return Buffer.alloc(part.length * times, part)
}

/** Each holds 1 GiB, or as much as 2 MiB of packed bytes can hold, and says LIMIT. */
const BOMBS: Record<CompressionName, () => Uint8Array> = {
  zlib: () => {
    const mebibyte = deflateRawSync(new Uint8Array(MIB), { finishFlush: constants.Z_FULL_FLUSH })
    return join(fromHex('789c'), repeat(mebibyte, 1_024))
  },
  lz4: () => join(fromHex('1f410100'), new Uint8Array(LIMIT - 5).fill(0xff), fromHex('00')),
  snappy: () => join(varint(LIMIT), fromHex('0041'), repeat(fromHex('fe0100'), 690_000)),
  // Magic, a window of 128 KiB, then 8,192 blocks that each repeat one byte 131,072 times.
  zstd: () => join(fromHex('28b52ffd0038'), repeat(fromHex('02001041'), 8_192)),
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes[bytes.length - 1]! &= 0x7f
  return Uint8Array.from(bytes)
}

for (const name of COMPRESSION_NAMES) {
  const title = here.includes(name) ? 'stops at its declared size' : 'is refused unread: not here'
  test(`robustness 5: a ${name} bomb of 2 MiB + 4 KiB at most ${title}`, (t) => {
    const bomb = BOMBS[name]()
    t.true(bomb.length <= LIMIT)
    const before = process.resourceUsage().maxRSS
    const sizes = { packedBytes: bomb.length, plainBytesMax: LIMIT }
    for (const plainBytes of [LIMIT, 2 * MIB, 100_000]) {
      t.is(unpackBody(nodePrimitives, { name, block: bomb, plainBytes, ...sizes }), undefined)
    }
    // maxRSS counts in KiB and never falls: what was touched in between shows.
    t.true(process.resourceUsage().maxRSS - before < 32 * 1_024)
  })

  test(`robustness 5: a ${name} body that declares 1 GiB is refused`, (t) => {
    const before = process.memoryUsage().arrayBuffers
    const block = new Uint8Array(1_024)
    const sizes = { packedBytes: 1_024, plainBytesMax: LIMIT }
    for (const plainBytes of [2 ** 30, LIMIT + 1, 2 ** 53, 2 ** 63]) {
      t.is(unpackBody(nodePrimitives, { name, block, plainBytes, ...sizes }), undefined)
    }
    t.true(process.memoryUsage().arrayBuffers - before < MIB)
  })
}

type Unpack = (packed: Uint8Array) => Uint8Array

/** What the package is given while `run` runs; undefined where it is not installed. */
function watchPackage(name: string, run: () => void): Uint8Array[] | undefined {
  if (!nodePrimitives.compressions.has(name === 'snappy' ? 'snappy' : 'lz4')) return undefined
  const codec = createRequire(import.meta.url)(name) as { uncompressSync: Unpack }
  const original = codec.uncompressSync
  const given: Uint8Array[] = []
  codec.uncompressSync = (packed) => {
    given.push(packed)
    return original(packed)
  }
  try {
    run()
  } finally {
    codec.uncompressSync = original
  }
  return given
}

test('robustness 5: a snappy block that says 1 GiB of itself never reaches the package', (t) => {
  const given = watchPackage('snappy', () => {
    for (const preamble of ['8080808004', 'ffffffff0f', 'ffffffffff', '80', '']) {
      const block = join(fromHex(preamble), fromHex('0041'))
      t.is(nodePrimitives.decompress('snappy', block, 1_000), undefined)
    }
    t.is(nodePrimitives.decompress('snappy', NONE, 1), undefined)
    t.is(nodePrimitives.decompress('snappy', fromHex('010041'), 1)?.length, 1)
  })
  t.is(given?.length ?? 1, 1)
})

test('robustness 5: lz4 is told to make room for the declared size and no more', (t) => {
  const given = watchPackage('lz4-napi', () => {
    nodePrimitives.decompress('lz4', fromHex('1f4101004b504141414141'), 100)
  })
  t.deepEqual(given?.map((packed) => toHex(packed.subarray(0, 4))) ?? ['64000000'], ['64000000'])
})
