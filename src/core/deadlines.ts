// Timers as data: which key is due when. The shell owns the one real timer.

interface Entry<K> {
  readonly key: K
  readonly dueMs: number
  /** Breaks ties, so that equal deadlines come due in the order they were set. */
  readonly order: number
  /** Whether it counts: else its key was cleared, or set again. */
  isLive: boolean
}

/**
 * A binary heap in which setting a key again replaces its deadline. Replaced entries stay in the
 * heap until they surface.
 */
export class Deadlines<K> {
  readonly #heap: Entry<K>[] = []
  readonly #live = new Map<K, Entry<K>>()
  #order = 0

  /** Keys that are waiting. */
  get size(): number {
    return this.#live.size
  }

  set(key: K, dueMs: number): void {
    const entry = { key, dueMs, order: this.#order++, isLive: true }
    this.#retire(key)
    this.#live.set(key, entry)
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
    if (this.#heap.length > 64 && this.#heap.length > this.#live.size * 4) this.#compact()
  }

  clear(key: K): void {
    this.#retire(key)
    this.#live.delete(key)
  }

  #retire(key: K): void {
    const entry = this.#live.get(key)
    if (entry !== undefined) entry.isLive = false
  }

  dueMs(key: K): number | undefined {
    return this.#live.get(key)?.dueMs
  }

  /** Infinity where nothing waits. */
  nextMs(): number {
    this.#dropReplaced()
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** What is set from now on counts as set after this. */
  get mark(): number {
    return this.#order
  }

  /**
   * The key that is due first, and no longer waits; undefined where none is due yet, or only what
   * was set after the mark to be due at this very moment.
   */
  takeDue(nowMs: number, mark = Number.POSITIVE_INFINITY): { key: K; dueMs: number } | undefined {
    this.#dropReplaced()
    const first = this.#heap[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    if (first.order >= mark && first.dueMs === nowMs) return undefined
    this.#removeFirst()
    this.#live.delete(first.key)
    return first
  }

  #dropReplaced(): void {
    for (;;) {
      const first = this.#heap[0]
      // Asked in every turn: a look-up in the map would show.
      if (first === undefined || first.isLive) return
      this.#removeFirst()
    }
  }

  #compact(): void {
    const entries = [...this.#live.values()].sort((a, b) => (before(a, b) ? -1 : 1))
    this.#heap.length = 0
    this.#heap.push(...entries)
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(index: number): void {
    let at = index
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#swapIfBefore(at, above)) return
      at = above
    }
  }

  #sink(index: number): void {
    let at = index
    for (;;) {
      const left = at * 2 + 1
      const right = left + 1
      if (left >= this.#heap.length) return
      const least = right < this.#heap.length && this.#isBefore(right, left) ? right : left
      if (!this.#swapIfBefore(least, at)) return
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a]
    const second = this.#heap[b]
    return first !== undefined && second !== undefined && before(first, second)
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false
    const first = this.#heap[a]
    const second = this.#heap[b]
    if (first !== undefined) this.#heap[b] = first
    if (second !== undefined) this.#heap[a] = second
    return true
  }
}

function before<K>(a: Entry<K>, b: Entry<K>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
