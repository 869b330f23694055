// Remembers signed statements for ten minutes, so that a captured one cannot be played again.

/** Twice the clock tolerance: past it the timestamp alone refuses a replay (robustness 3D). */
const REMEMBER_MS = 600_000

/**
 * Enough for 1,000 registrations a second over the whole time a statement is remembered would be
 * too much memory; past this many the oldest go first, which only shortens the time.
 */
const STATEMENTS_MAX = 65_536

/**
 * The key is the whole signed text, not the nonce pair alone: libatbus seeds its nonces with the
 * second of the start, so two lawful processes started together send the same pairs
 * (docs/decisions/0003-replay-key.md).
 */
export class ReplayGuard {
  /** Insertion order is the order of time. */
  readonly #seenAtMs = new Map<string, number>()

  get size(): number {
    return this.#seenAtMs.size
  }

  /** True the first time within the ten minutes, and remembers it. */
  isFirst(nowMs: number, statement: string): boolean {
    this.#forget(nowMs)
    if (this.#seenAtMs.has(statement)) return false
    this.#seenAtMs.set(statement, nowMs)
    return true
  }

  #forget(nowMs: number): void {
    for (const [statement, seenAtMs] of this.#seenAtMs) {
      const old = nowMs - seenAtMs > REMEMBER_MS
      if (!old && this.#seenAtMs.size < STATEMENTS_MAX) return
      this.#seenAtMs.delete(statement)
    }
  }
}
