// The last things that happened, kept as they were and put into words only when somebody asks.

import { inspect } from 'node:util'
import type { Life } from './life.js'

const KEPT = 40

interface Entry {
  readonly atMs: number
  readonly life: Life | undefined
  readonly what: string
  readonly detail: unknown
  readonly more: unknown
}

export class Trace {
  readonly #ring: Entry[] = []
  #next = 0

  add(atMs: number, life: Life | undefined, what: string, detail: unknown, more: unknown): void {
    this.#ring[this.#next % KEPT] = { atMs, life, what, detail, more }
    this.#next++
  }

  /** Oldest first. */
  lines(): string[] {
    const start = Math.max(0, this.#next - KEPT)
    const lines: string[] = []
    for (let at = start; at < this.#next; at++) {
      const entry = this.#ring[at % KEPT]
      if (entry !== undefined) lines.push(lineOf(entry))
    }
    return lines
  }
}

function lineOf({ atMs, life, what, detail, more }: Entry): string {
  const words = [`${atMs.toFixed(3).padStart(11)} ms`, life?.name ?? '-', what]
  for (const part of [detail, more]) if (part !== undefined) words.push(textOf(part))
  return words.join('  ')
}

function textOf(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return String(detail)
  const { port: _port, ...plain } = detail as Record<string, unknown>
  const shown = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, hex(value)]))
  return inspect(shown, { breakLength: Number.POSITIVE_INFINITY, depth: 3 }).slice(0, 240)
}

function hex(value: unknown): unknown {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hex(inner)]))
}
