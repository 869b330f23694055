// Row 4: lengths and counts that claim to be enormous.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BodyCursor } from '../../../src/wire/body.js'
import { decodeControlBody } from '../../../src/wire/control.js'
import { DataCursor } from '../../../src/wire/data-cursor.js'
import { FrameReader } from '../../../src/wire/frame.js'
import { InnerCursor } from '../../../src/wire/head.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 4
export const title = 'lengths and counts that bomb'
export const goal = 'each refused in < 1 ms (median), with < 1 MiB kept'
export const sizes = { quick: '200 times each', full: '2,000' }

const REFUSE_MS = 1
const GROWN_BYTES_MAX = 2 ** 20
const MILLION = 1_000_000

/** True where it was refused. */
type Bomb = () => boolean

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

function filled(start: string, byte: number): Uint8Array {
  const first = bytesOf(start)
  const bytes = new Uint8Array(MILLION + first.length).fill(byte)
  bytes.set(first)
  return bytes
}

function lengthBomb(bytes: Uint8Array): Bomb {
  return () => {
    const reader = new FrameReader(16_384)
    reader.space().set(bytes)
    reader.filled(bytes.length)
    return reader.next() === 'bad_size'
  }
}

function headBomb(fields: string): Bomb {
  const head = bytesOf(fields)
  const inner = Uint8Array.of(head.length, ...head, 0)
  return () => new InnerCursor().read(inner, 0, inner.length) !== 'ok'
}

function commandBomb(bytes: Uint8Array): Bomb {
  return () => decodeControlBody('command_req', bytes, 0, bytes.length) === undefined
}

function dataBomb(bytes: Uint8Array): Bomb {
  return () => new DataCursor().read(bytes, 0, bytes.length) === 'bad_message'
}

/** Groups nest without a length, so depth is the one thing they can claim. */
function depthBomb(bytes: Uint8Array): Bomb {
  return () => new BodyCursor().read(bytes, 0, bytes.length) === 'malformed'
}

const BOMBS: readonly (readonly [string, Bomb])[] = [
  ['a length of ten bytes', lengthBomb(bytesOf(`00000000 ${'80'.repeat(10)}`))],
  ['a length of 2^53', lengthBomb(bytesOf('00000000 90808080 80808000'))],
  ['a length of 2^64 - 1', lengthBomb(bytesOf('00000000 81ffffff ffffffff 7f'))],
  ['body_size 2^63', headBomb('48 8080808080 8080808001')],
  ['original_size 2^63', headBomb('3a0b10 8080808080 8080808001')],
  ['500,000 arguments', commandBomb(filled('1200', 0x12))],
  ['500,000 signatures', commandBomb(filled('1ac0843d', 0x4a))],
  ['1,000,000 hops', dataBomb(filled('1ac0843d', 0x01))],
  ['500,000 unknown fields', dataBomb(filled('', 0x30))],
  ['500,000 fields in the extension', dataBomb(filled('ca3ec0843d', 0x30))],
  ['1,000,000 open groups', depthBomb(filled('', 0x0b))],
]

interface Round {
  readonly through: number
  readonly slowest: { readonly name: string; readonly p50: number; readonly max: number }
}

function defuse(times: number): Round {
  let through = 0
  let slowest = { name: '', p50: 0, max: 0 }
  for (const [name, isRefused] of BOMBS) {
    const spent: number[] = []
    for (let i = 0; i < times; i++) {
      const startMs = performance.now()
      if (!isRefused()) through++
      spent.push(performance.now() - startMs)
    }
    const spread = spreadOf(spent)
    if (spread.p50 > slowest.p50) slowest = { name, ...spread }
  }
  return { through, slowest }
}

/** What is held after a collection: the resident size swings by what the collector keeps. */
function keptBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const times = full ? 2_000 : 200
  // What the first rounds take is compiled code, and rooms that the collector keeps.
  for (let i = 0; i < 3; i++) defuse(times)
  const before = keptBytes()
  const { through, slowest } = defuse(times)
  const grown = keptBytes() - before
  return {
    figure:
      `${through} let through, slowest ${inMs(slowest.p50)} (${slowest.name}, ` +
      `max ${inMs(slowest.max)}), ${(grown / 2 ** 20).toFixed(2)} MiB kept`,
    verdict: verdictOf(through === 0 && slowest.p50 < REFUSE_MS && grown < GROWN_BYTES_MAX),
    values: { through, p50Ms: slowest.p50, maxMs: slowest.max, grownBytes: grown },
  }
}
