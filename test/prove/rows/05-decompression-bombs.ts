// Row 5: little that claims to be little, and is much.

import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { deflateSync } from 'node:zlib'
import { compressions, decompress } from '../../../src/node/compressors.js'
import type { CompressionName } from '../../../src/wire/compression.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 5
export const title = 'decompression bombs'
export const goal = "refused with no more than 2 MiB + 4 KiB and a codec's own state kept"
export const sizes = { quick: 'bombs of 128 MiB', full: '1 GiB' }

const PLAIN_BYTES_MAX = 2 * 1024 * 1024 + 4 * 1024

/** What a codec may need for itself: zstd's window is 8 MiB at most. */
const STATE_BYTES_MAX = 16 * 1024 * 1024

interface BlockCodec {
  compressSync(plain: Uint8Array): Uint8Array
}

type Packer = (plain: Uint8Array) => Uint8Array

function packers(): Map<CompressionName, Packer> {
  const require = createRequire(import.meta.url)
  const zstd = zlib as { zstdCompressSync?: Packer }
  const all: [CompressionName, Packer | undefined][] = [
    ['zlib', (plain) => deflateSync(plain, { level: 9 })],
    ['zstd', zstd.zstdCompressSync],
    ['snappy', (plain) => (require('snappy') as BlockCodec).compressSync(plain)],
    ['lz4', (plain) => (require('lz4-napi') as BlockCodec).compressSync(plain).subarray(4)],
  ]
  const here = all.filter(([name, pack]) => compressions().has(name) && pack !== undefined)
  return new Map(here as [CompressionName, Packer][])
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const bombBytes = full ? 1024 ** 3 : 128 * 1024 ** 2
  const tried: string[] = []
  let grownMax = 0
  let letThrough = 0
  for (const [name, pack] of packers()) {
    const bomb = pack(new Uint8Array(bombBytes))
    const before = process.memoryUsage().rss
    for (let i = 0; i < 5; i++) {
      for (const declared of [1, 1_024, PLAIN_BYTES_MAX]) {
        if (decompress(name, bomb, declared) !== undefined) letThrough++
        grownMax = Math.max(grownMax, process.memoryUsage().rss - before)
      }
    }
    tried.push(`${name} ${bomb.length} B`)
  }
  const limit = 5 * PLAIN_BYTES_MAX + STATE_BYTES_MAX
  return {
    figure:
      `${letThrough} let through, +${Math.round(grownMax / 2 ** 20)} MiB ` +
      `(${tried.join(', ')})`,
    verdict: verdictOf(letThrough === 0 && grownMax <= limit && tried.length > 0),
    values: { bombBytes, letThrough, grownBytes: grownMax },
  }
}
