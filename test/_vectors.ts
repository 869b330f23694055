// Finds the reference data of the C++ and Go implementations, which lives outside the project.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** The folder, or undefined where neither TREEBUS_VECTORS nor ../shared/vectors leads to one. */
export function vectorsFolder(): string | undefined {
  const named = process.env.TREEBUS_VECTORS
  if (named !== undefined) return existsSync(named) ? named : undefined
  const beside = join(projectFolder(), '../shared/vectors')
  return existsSync(beside) ? beside : undefined
}

/** Upwards from the compiled test, whatever folder it was built into. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) {
    folder = dirname(folder)
  }
  return folder
}

/** Says on the test's own output why it checked nothing. */
export function logSkipped(t: Pick<ExecutionContext, 'log' | 'true'>): void {
  t.log('skipped: no reference vectors (set TREEBUS_VECTORS or put them into ../shared/vectors)')
  t.true(vectorsFolder() === undefined)
}

export interface MessageVector {
  readonly name: string
  /** The whole inner message, without frame. */
  readonly inner: Uint8Array
  readonly bodyType: string
  readonly expected: Record<string, unknown>
}

/** The messages whose name begins with `prefix`; integers beyond 2^53 in `expected` are inexact. */
export function messageVectors(folder: string, prefix: string): MessageVector[] {
  const messages = join(folder, 'messages')
  const names = readdirSync(messages).filter((name) => name.startsWith(prefix))
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const json = JSON.parse(readFileSync(join(messages, name), 'utf8'))
      const bytes = readFileSync(join(messages, name.replace(/json$/, 'bytes')))
      return {
        name: name.replace(/\.json$/, ''),
        inner: new Uint8Array(bytes),
        bodyType: json.body_type,
        expected: json.expected,
      }
    })
}

export interface StreamVector {
  readonly name: string
  /** Each connection's bytes in one direction. */
  readonly directions: readonly { readonly from: string; readonly bytes: Uint8Array }[]
}

interface StreamFile {
  readonly connections: readonly {
    readonly writes: readonly { readonly from: string; readonly hex: string }[]
  }[]
}

export function streamVectors(folder: string): StreamVector[] {
  const streams = join(folder, 'streams')
  return readdirSync(streams).map((name) => {
    const file = JSON.parse(readFileSync(join(streams, name), 'utf8')) as StreamFile
    const directions = file.connections.flatMap(({ writes }) =>
      [...new Set(writes.map(({ from }) => from))].map((from) => ({
        from,
        bytes: bytesOf(writes.filter((w) => w.from === from).map((w) => w.hex)),
      })),
    )
    return { name, directions }
  })
}

function bytesOf(hex: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(hex.join(''), 'hex'))
}
