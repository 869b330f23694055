// What happens when: a queue ordered by virtual time, first in first out among equals.

import { fail } from './violation.js'

/** Fifty nodes that all come back at once need a tenth of it. */
const EVENTS_A_SECOND_MAX = 20_000

interface Entry {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class Schedule {
  readonly #heap: Entry[] = []
  #order = 0
  nowMs = 0
  /** Entries run so far. */
  events = 0

  at(atMs: number, run: () => void): void {
    const heap = this.#heap
    const dueMs = Math.max(atMs, this.nowMs)
    const entry = { atMs: dueMs, order: this.#order++, run }
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const above = (index - 1) >> 1
      const other = heap[above]
      if (other === undefined || isBefore(other, entry)) break
      heap[index] = other
      index = above
    }
    heap[index] = entry
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run)
  }

  /** Runs all that is due up to and at `untilMs`, and leaves the clock there. */
  runUntil(untilMs: number): void {
    let startMs = this.nowMs
    let startEvents = this.events
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#removeFirst()
      this.nowMs = next.atMs
      if (++this.events - startEvents > EVENTS_A_SECOND_MAX) {
        if (this.nowMs - startMs < 1_000) fail('the tree is busy with itself: a storm without end')
        startMs = this.nowMs
        startEvents = this.events
      }
      next.run()
    }
    this.nowMs = untilMs
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = heap[index * 2 + 1]
      const right = heap[index * 2 + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const least = isRight ? right : left
      if (isBefore(last, least)) break
      heap[index] = least
      index = index * 2 + (isRight ? 2 : 1)
    }
    heap[index] = last
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
