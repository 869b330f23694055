// Compression: when, which, and what a liar gets.

import test from 'ava'
import {
  COMPRESSION_NAMES,
  COMPRESSIONS,
  type CompressionName,
  chooseCompression,
  compressionByNumber,
  isWorthCompressing,
  packBody,
  unpackBody,
} from '../../src/wire/compression.js'

test('small bodies are sent as they are', (t) => {
  for (const [isUser, bytes, worth] of [
    [true, 512, false],
    [true, 1_023, false],
    [true, 1_024, true],
    [false, 1_024, false],
    [false, 2_047, false],
    [false, 2_048, true],
  ] as const) {
    t.is(isWorthCompressing(isUser, bytes), worth, `${isUser} ${bytes}`)
  }
})

test('the lowest number that the peer lists and we have is used', (t) => {
  const all = new Set(COMPRESSION_NAMES)
  const cases: readonly (readonly [number[], CompressionName[], CompressionName | undefined])[] = [
    [[400, 200, 300], ['zlib', 'snappy', 'lz4', 'zstd'], 'lz4'],
    [[400, 300], ['zlib', 'snappy', 'lz4'], 'snappy'],
    [[100, 400], ['zlib'], 'zlib'],
    [[100, 200], ['zlib'], undefined],
    [[0, 7, -1], ['zlib'], undefined],
    [[], ['zlib'], undefined],
  ]
  for (const [peer, allowed, chosen] of cases) {
    t.is(chooseCompression(peer, allowed, all), chosen)
  }
  t.is(chooseCompression([100, 400], ['zstd', 'zlib'], new Set(['zlib'] as const)), 'zlib')
})

test('numbers are those of the specification', (t) => {
  t.deepEqual([100, 200, 300, 400].map(compressionByNumber), ['zstd', 'lz4', 'snappy', 'zlib'])
  for (const wire of [0, 1, 500, -100]) t.is(compressionByNumber(wire), undefined)
})

test('a body that does not shrink is sent as it is', (t) => {
  const packing = (bytes: number | undefined) => ({
    compress: () => (bytes === undefined ? undefined : new Uint8Array(bytes)),
  })
  const plain = new Uint8Array(100)
  t.is(packBody(packing(99), 'zlib', plain)?.length, 99)
  for (const bytes of [100, 101, undefined]) {
    t.is(packBody(packing(bytes), 'zlib', plain), undefined)
  }
})

function countingUnpacker() {
  const asked: number[] = []
  return {
    asked,
    compressions: new Set<CompressionName>(['lz4', 'snappy', 'zlib']),
    decompress: (_name: CompressionName, packed: Uint8Array, plainBytes: number) => {
      asked.push(packed.length)
      return new Uint8Array(plainBytes)
    },
  }
}

test('sizes that cannot be true are refused before any decompressor sees them', (t) => {
  const limit = 2 ** 21 + 4_096
  const block = new Uint8Array(100)
  const lies = [
    { packedBytes: 101, plainBytes: 1_000 },
    { packedBytes: 0, plainBytes: 1_000 },
    { packedBytes: -1, plainBytes: 1_000 },
    { packedBytes: 2 ** 63, plainBytes: 1_000 },
    { packedBytes: 1.5, plainBytes: 1_000 },
    { packedBytes: Number.NaN, plainBytes: 1_000 },
    { packedBytes: 100, plainBytes: 0 },
    { packedBytes: 100, plainBytes: limit + 1 },
    { packedBytes: 100, plainBytes: 2 ** 63 },
    { packedBytes: 100, plainBytes: Number.POSITIVE_INFINITY },
  ]
  const unpacker = countingUnpacker()
  for (const lie of lies) {
    t.is(unpackBody(unpacker, { name: 'zlib', block, plainBytesMax: limit, ...lie }), undefined)
  }
  t.deepEqual(unpacker.asked, [])
})

test('a ratio that the format cannot reach is refused, one that it can is not', (t) => {
  for (const name of ['lz4', 'snappy', 'zlib'] as const) {
    const unpacker = countingUnpacker()
    const body = { name, block: new Uint8Array(50), packedBytes: 40, plainBytesMax: 2 ** 21 }
    const reachable = 40 * COMPRESSIONS[name].ratioMax
    t.is(unpackBody(unpacker, { ...body, plainBytes: reachable + 1 }), undefined)
    t.deepEqual(unpacker.asked, [])
    t.is(unpackBody(unpacker, { ...body, plainBytes: reachable })?.length, reachable)
    t.deepEqual(unpacker.asked, [40])
  }
})

test('an algorithm that is not there is refused', (t) => {
  const unpacker = countingUnpacker()
  const body = { block: new Uint8Array(9), packedBytes: 9, plainBytes: 9, plainBytesMax: 9 }
  t.is(unpackBody(unpacker, { name: 'zstd', ...body }), undefined)
  t.is(unpackBody(unpacker, { name: 'zlib', ...body })?.length, 9)
})
