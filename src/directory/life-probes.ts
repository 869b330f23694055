// Registrations of a new life that wait until the old one was asked whether it still lives (R4).

import type { Register } from './directory-messages.js'
import type { Registration } from './record.js'
import type { RegistryTable } from './registry-table.js'

interface Pending {
  readonly request: bigint
  readonly message: Register
  readonly dueMs: number
}

export class LifeProbes {
  readonly #table: RegistryTable
  readonly #pending = new Map<bigint, Pending>()
  #lastRequest = 0n

  constructor(table: RegistryTable) {
    this.#table = table
  }

  get nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#pending.values()) nextMs = Math.min(nextMs, dueMs)
    return nextMs
  }

  /** False where too many wait already. A later registration of the same node takes its place. */
  start(message: Register, nowMs: number): boolean {
    const { times, limits } = this.#table.config
    const { busId } = message.registration.node
    const waiting = this.#pending.get(busId)
    if (waiting === undefined && this.#pending.size >= limits.probesMax) return false
    const request = ++this.#lastRequest
    this.#pending.set(busId, { request, message, dueMs: nowMs + times.probeMs })
    this.#table.send(busId, { kind: 'probe', request })
    return true
  }

  /** What to do now that this life has answered. */
  answered(
    busId: bigint,
    request: bigint,
    incarnation: string,
  ): { readonly kind: 'alive' | 'dead'; readonly message: Register } | undefined {
    const pending = this.#pending.get(busId)
    if (pending?.request !== request) return undefined
    this.#pending.delete(busId)
    const isAlive = isLifeOf(this.#table.store.get(busId), incarnation)
    return { kind: isAlive ? 'alive' : 'dead', message: pending.message }
  }

  /** Those whose old life has not answered in time. */
  due(nowMs: number): Register[] {
    const due = [...this.#pending].filter(([, { dueMs }]) => dueMs <= nowMs)
    for (const [busId] of due) this.#pending.delete(busId)
    return due.map(([, { message }]) => message)
  }
}

function isLifeOf(standing: Registration | undefined, incarnation: string): boolean {
  return standing?.node.incarnation === incarnation
}
