// The four compressions: zlib and zstd from Node, snappy and lz4 where they are installed.

import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import type { CompressionName } from '../wire/compression.js'

/** Both may throw for bad input; `decompress` must never make more than `plainBytes`. */
interface Compressor {
  compress(plain: Uint8Array): Uint8Array
  decompress(packed: Uint8Array, plainBytes: number): Uint8Array | undefined
}

/** What we call of snappy and of lz4-napi; both are optional dependencies without types here. */
interface BlockCodec {
  compressSync(plain: Uint8Array): Uint8Array
  uncompressSync(packed: Uint8Array): Uint8Array
}

/** What newer versions of node:zlib have; the types are those of the oldest version we run on. */
interface ZstdFunctions {
  zstdCompressSync?(plain: Uint8Array): Uint8Array
  zstdDecompressSync?(packed: Uint8Array, options: object): Uint8Array
}

/** "Balanced" of libatbus (spec A.7); zstd's default, 3, is the same there and in Node. */
const ZLIB_LEVEL = 6

/** RFC 8878 3.1.1.1.2: windows up to 8 MiB are the least a decoder should take, and our most. */
const ZSTD_WINDOW_LOG_MAX = 23

/** `ZSTD_d_windowLogMax` of zstd.h. */
const ZSTD_WINDOW_LOG_MAX_PARAMETER = 100

const LZ4_LENGTH_BYTES = 4

let loaded: ReadonlyMap<CompressionName, Compressor> | undefined

/** Loaded when a node first wants to compress: two addons take 25 ms of a start. */
function compressors(): ReadonlyMap<CompressionName, Compressor> {
  loaded ??= new Map(
    Object.entries({
      zstd: zstdCompressor(zlib as object),
      lz4: lz4Compressor(loadOptional('lz4-napi')),
      snappy: snappyCompressor(loadOptional('snappy')),
      zlib: zlibCompressor(),
    }).flatMap(([name, made]) => (made === undefined ? [] : [[name as CompressionName, made]])),
  )
  return loaded
}

let names: ReadonlySet<CompressionName> | undefined

export function compressions(): ReadonlySet<CompressionName> {
  names ??= new Set(compressors().keys())
  return names
}

export function compress(name: CompressionName, plain: Uint8Array): Uint8Array | undefined {
  try {
    return compressors().get(name)?.compress(plain)
  } catch {
    return undefined
  }
}

export function decompress(
  name: CompressionName,
  packed: Uint8Array,
  plainBytes: number,
): Uint8Array | undefined {
  try {
    const plain = compressors().get(name)?.decompress(packed, plainBytes)
    return plain?.length === plainBytes ? plain : undefined
  } catch {
    return undefined
  }
}

function zlibCompressor(): Compressor {
  return {
    compress: (plain) => zlib.deflateSync(plain, { level: ZLIB_LEVEL }),
    // Stops with an error as soon as it has made more; it works in pieces of 16 KiB.
    decompress: (packed, plainBytes) => zlib.inflateSync(packed, { maxOutputLength: plainBytes }),
  }
}

function zstdCompressor(functions: ZstdFunctions): Compressor | undefined {
  const { zstdCompressSync, zstdDecompressSync } = functions
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined
  return {
    compress: (plain) => zstdCompressSync(plain),
    decompress: (packed, plainBytes) =>
      zstdDecompressSync(packed, {
        maxOutputLength: plainBytes,
        // The frame names its window, and that much is allocated whatever the output's limit is.
        params: { [ZSTD_WINDOW_LOG_MAX_PARAMETER]: ZSTD_WINDOW_LOG_MAX },
      }),
  }
}

/** The package puts a length before the raw block; libatbus has none there (spec A.7). */
function lz4Compressor(codec: BlockCodec | undefined): Compressor | undefined {
  if (codec === undefined) return undefined
  return {
    compress: (plain) => codec.compressSync(plain).subarray(LZ4_LENGTH_BYTES),
    decompress: (packed, plainBytes) => {
      const prefixed = Buffer.allocUnsafe(LZ4_LENGTH_BYTES + packed.length)
      // The length is ours, and the package allocates just that.
      prefixed.writeUInt32LE(plainBytes, 0)
      prefixed.set(packed, LZ4_LENGTH_BYTES)
      return codec.uncompressSync(prefixed)
    },
  }
}

function snappyCompressor(codec: BlockCodec | undefined): Compressor | undefined {
  if (codec === undefined) return undefined
  return {
    compress: (plain) => codec.compressSync(plain),
    // The package allocates what the block says of itself, so that is read before it is called.
    decompress: (packed, plainBytes) =>
      snappyPlainBytes(packed) === plainBytes ? codec.uncompressSync(packed) : undefined,
  }
}

/** The length at the start of a snappy block: a varint of 32 bits. */
function snappyPlainBytes(packed: Uint8Array): number | undefined {
  let bytes = 0
  for (let index = 0; index < 5; index++) {
    const byte = packed[index]
    if (byte === undefined) return undefined
    bytes += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return bytes
  }
  return undefined
}

/** Undefined where the package, or its binary for this machine, is not installed. */
function loadOptional(name: string): BlockCodec | undefined {
  try {
    return createRequire(import.meta.url)(name) as BlockCodec
  } catch {
    return undefined
  }
}
