// When each open call is over: hardly any cost for a call that is answered in time.

import { Deadlines } from '../core/deadlines.js'

/** Places of the queue at first; it grows by doubling. */
const PLACES_MIN = 1024

/**
 * Calls have mostly the same limit, so their deadlines come in the order of time: those stand in a
 * queue of plain numbers, and nothing is done for them when they end. Only what is due before the
 * one that came last goes to a heap. `isOpen` tells which of them still count.
 */
export class CallDeadlines {
  readonly #isOpen: (session: number) => boolean
  readonly #early = new Deadlines<number>()
  /** In a circle: session and time of each place. Its length is a power of two. */
  #sessions: Float64Array
  #dueMs: Float64Array
  #first = 0
  #count = 0
  #lastMs = Number.NEGATIVE_INFINITY

  /** `places`: a power of two. */
  constructor(isOpen: (session: number) => boolean, places = PLACES_MIN) {
    this.#isOpen = isOpen
    this.#sessions = new Float64Array(places)
    this.#dueMs = new Float64Array(places)
  }

  /** How many the queue has room for. */
  get places(): number {
    return this.#sessions.length
  }

  set(session: number, dueMs: number): void {
    if (this.#count > 0 && dueMs < this.#lastMs) {
      this.#early.set(session, dueMs)
      return
    }
    if (this.#count === this.#sessions.length) this.#makeRoom()
    const place = (this.#first + this.#count) & (this.#sessions.length - 1)
    this.#sessions[place] = session
    this.#dueMs[place] = dueMs
    this.#lastMs = dueMs
    this.#count += 1
  }

  /** It has ended. */
  clear(session: number): void {
    if (this.#early.size > 0) this.#early.clear(session)
  }

  /** Infinity where nothing waits. */
  nextMs(): number {
    this.#dropEnded()
    const queued = this.#count > 0 ? this.#dueMs[this.#first]! : Number.POSITIVE_INFINITY
    return this.#early.size > 0 ? Math.min(queued, this.#early.nextMs()) : queued
  }

  /** The session that is due first, and no longer waits; 0 where none is due yet. */
  takeDue(nowMs: number): number {
    if (this.nextMs() > nowMs) return 0
    const isQueued = this.#count > 0 && this.#dueMs[this.#first]! <= this.#early.nextMs()
    if (!isQueued) return this.#early.takeDue(nowMs)?.key ?? 0
    const session = this.#sessions[this.#first]!
    this.#dropFirst()
    return session
  }

  #dropEnded(): void {
    while (this.#count > 0 && !this.#isOpen(this.#sessions[this.#first]!)) this.#dropFirst()
  }

  #dropFirst(): void {
    this.#first = (this.#first + 1) & (this.#sessions.length - 1)
    this.#count -= 1
  }

  /** One that waits long has those behind it stay: they leave before the queue grows. */
  #makeRoom(): void {
    const open: number[] = []
    const mask = this.#sessions.length - 1
    for (let at = 0; at < this.#count; at += 1) {
      const place = (this.#first + at) & mask
      if (this.#isOpen(this.#sessions[place]!)) open.push(place)
    }
    const places = open.length * 2 > mask ? (mask + 1) * 2 : mask + 1
    const sessions = new Float64Array(places)
    const dueMs = new Float64Array(places)
    for (const [at, place] of open.entries()) {
      sessions[at] = this.#sessions[place]!
      dueMs[at] = this.#dueMs[place]!
    }
    this.#sessions = sessions
    this.#dueMs = dueMs
    this.#first = 0
    this.#count = open.length
  }
}
