// Reads the reference vectors of messages and access data as the crypto tests want them.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

export interface Vector {
  readonly name: string
  /** Integers above 2^53 are strings of digits. */
  readonly facts: VectorFacts
  readonly bytes: Uint8Array
}

export interface VectorFacts {
  readonly crypto_algorithm_type?: number
  readonly compression_algorithm_type?: number
  readonly compression_original_size?: number
  readonly key_hex?: string
  readonly iv_hex?: string
  readonly aad_hex?: string
  readonly body_type: string
  readonly input: Record<string, unknown>
  readonly expected: Record<string, unknown>
}

const folder = [process.env.TREEBUS_VECTORS, '../shared/vectors'].find(
  (path) => path !== undefined && existsSync(path),
)

/** Declares a test for each vector of `group`, or a skipped one that says why there are none. */
export function forEachVector(
  group: 'messages' | 'access-data',
  pattern: RegExp,
  rule: (name: string) => string,
  declare: (title: string, read: () => Vector) => void,
): void {
  if (folder === undefined) {
    test.skip(`${rule(`vectors ${pattern.source}`)} (TREEBUS_VECTORS is not set)`, () => {})
    return
  }
  const names = readdirSync(join(folder, group))
    .filter((file) => file.endsWith('.json') && pattern.test(file))
    .map((file) => file.slice(0, -'.json'.length))
  if (names.length === 0) throw new Error(`no ${group} match ${pattern.source}`)
  for (const name of names) declare(rule(name), () => readVector(join(folder, group), name))
}

function readVector(path: string, name: string): Vector {
  const text = readFileSync(join(path, `${name}.json`), 'utf8')
  const facts = JSON.parse(text.replace(/^(\s*"\w+": )(\d{16,})/gm, '$1"$2"')) as VectorFacts
  const file = join(path, `${name}.bytes`)
  return { name, facts, bytes: existsSync(file) ? readFileSync(file) : new Uint8Array(0) }
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Bytes that look random and are the same every time. */
export function patternBytes(bytes: number, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}
