// Dials that are under way, each told what became of it.

import type { LinkInfo } from '../../core/effects.js'
import type { BusErrorCode } from '../../errors.js'
import type { BusNode } from '../../node/bus-node.js'

export type DialOutcome =
  | { readonly kind: 'up'; readonly id: bigint }
  | { readonly kind: 'refused'; readonly id: bigint; readonly code: BusErrorCode }
  | { readonly kind: 'failed' }

/** A node tells the end of each of its dials within 10 s; a plain peer's may pass in silence. */
const SILENCE_MS = 20_000

interface Pending {
  readonly untilMs: number
  readonly told: ((outcome: DialOutcome) => void)[]
}

export class Dials {
  readonly #node: BusNode
  readonly #nowMs: () => number
  readonly #pending = new Map<string, Pending>()

  constructor(node: BusNode, nowMs: () => number) {
    this.#node = node
    this.#nowMs = nowMs
  }

  get nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { untilMs } of this.#pending.values()) nextMs = Math.min(nextMs, untilMs)
    return nextMs
  }

  /** An address that is being dialled already is not dialled twice. */
  dial(address: string, expectedId: bigint | undefined, tell: (outcome: DialOutcome) => void) {
    const standing = this.#pending.get(address)
    if (standing !== undefined) {
      standing.told.push(tell)
      return
    }
    this.#pending.set(address, { untilMs: this.#nowMs() + SILENCE_MS, told: [tell] })
    try {
      this.#node.connect(address, expectedId === undefined ? {} : { expectedId })
    } catch {
      this.#end(address, { kind: 'failed' })
    }
  }

  linkUp({ address, id }: LinkInfo): void {
    this.#end(address, { kind: 'up', id })
  }

  refused(refusal: { readonly address: string; readonly id: bigint; readonly code: BusErrorCode }) {
    const { address, id, code } = refusal
    this.#end(address, { kind: 'refused', id, code })
  }

  failed(address: string): void {
    this.#end(address, { kind: 'failed' })
  }

  tick(nowMs: number): void {
    for (const [address, { untilMs }] of this.#pending) {
      if (untilMs <= nowMs) this.#end(address, { kind: 'failed' })
    }
  }

  #end(address: string, outcome: DialOutcome): void {
    const pending = this.#pending.get(address)
    if (pending === undefined) return
    this.#pending.delete(address)
    for (const tell of pending.told) tell(outcome)
  }
}
