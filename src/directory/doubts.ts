// Watchers that may have missed a batch: what was on its way to them came back.

/** The way that failed has had time to come back; a node in vain is told no oftener than this. */
const PAUSE_MS = 1_000

export class Doubts {
  readonly #countMax: number
  readonly #dueMs = new Map<bigint, number>()

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get nextDueMs(): number {
    // In the order they came, and each waits as long as the others.
    for (const dueMs of this.#dueMs.values()) return dueMs
    return Number.POSITIVE_INFINITY
  }

  add(id: bigint, nowMs: number): void {
    if (this.#dueMs.has(id) || this.#dueMs.size >= this.#countMax) return
    this.#dueMs.set(id, nowMs + PAUSE_MS)
  }

  take(nowMs: number): bigint[] {
    const due: bigint[] = []
    for (const [id, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) break
      this.#dueMs.delete(id)
      due.push(id)
    }
    return due
  }
}
