// Which ids were touched, in order: all that a publisher keeps of its changes.
//
// A subscriber is nothing but a place in this log. What it is told is the present state of the ids
// touched since, so a slow one costs no memory and many changes of one id are told as one.

import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import { IdMap } from '../id-map.js'
import { SEEN, type Standing, seenMore } from './route-table.js'

/** Ids that the log holds; a subscriber that is further behind gets a new snapshot. */
export const LOG_IDS_MAX = 65_536

const START_ENTRIES = 64

/** Ids that may wait at once; beyond it they are told as they change. */
const HELD_MAX = 10_000

/** One entry as it is read; scratch, overwritten by each call. */
export class LogEntry {
  idHigh = 0
  idLow = 0
  /** Who could see the id before: a link's number, or one of `SEEN`. */
  up = 0
  down = 0
  reason = 0
}

/** An id that changed more often than this within the window is told on once a second. */
const CALM_CHANGES_MAX = 5
const WINDOW_MS = 10_000
const DAMPED_MS = 1_000

/** A change that waits for its second to be over. */
interface Held {
  readonly dueMs: number
  readonly before: Standing
  reason: number
}

export class ChangeLog {
  readonly #nowMs: () => number
  /** Changes since the start of this life: the number of the last one. */
  #head = 0
  #highs = new Uint32Array(START_ENTRIES)
  #lows = new Uint32Array(START_ENTRIES)
  #ups = new Int32Array(START_ENTRIES)
  #downs = new Int32Array(START_ENTRIES)
  #reasons = new Uint8Array(START_ENTRIES)
  /** The number of the last change of an id, while the log holds it. */
  readonly #last = new IdMap<number>()
  /** When the id of an entry began to change, how often it did since, and when it did last. */
  #sinceMs = new Float64Array(START_ENTRIES)
  #atMs = new Float64Array(START_ENTRIES)
  #counts = new Uint8Array(START_ENTRIES)
  readonly #held = new Map<bigint, Held>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get head(): number {
    return this.#head
  }

  /** The oldest place from which everything since is still known. */
  get tail(): number {
    return Math.max(0, this.#head - LOG_IDS_MAX)
  }

  get bytes(): number {
    return this.#highs.length * 34
  }

  /** Notes a change; what changes all the time is noted once a second only. */
  append(idHigh: number, idLow: number, before: Standing, reason: number): void {
    if (this.#held.size > 0 && this.#addToHeld(idHigh, idLow, before, reason)) return
    const last = this.#last.get(idHigh, idLow)
    const isKnown = last !== undefined && last > this.tail
    const nowMs = this.#nowMs()
    const at = isKnown ? this.#at(last) : 0
    const isCalm = !isKnown || nowMs - this.#sinceMs[at]! > WINDOW_MS
    const count = isCalm ? 1 : this.#counts[at]! + 1
    const dueMs = isKnown ? this.#atMs[at]! + DAMPED_MS : 0
    if (count > CALM_CHANGES_MAX && dueMs > nowMs && this.#held.size < HELD_MAX) {
      const held = { dueMs, before: { up: before.up, down: before.down }, reason }
      this.#held.set(joinHalves(idHigh, idLow), held)
      return
    }
    const sinceMs = isCalm ? nowMs : this.#sinceMs[at]!
    const place = this.#write(idHigh, idLow, before, reason, isKnown ? last : 0)
    this.#sinceMs[place] = sinceMs
    this.#atMs[place] = nowMs
    this.#counts[place] = Math.min(255, count)
  }

  #addToHeld(idHigh: number, idLow: number, before: Standing, reason: number): boolean {
    const held = this.#held.get(joinHalves(idHigh, idLow))
    if (held === undefined) return false
    held.before.up = joined(held.before.up, before.up)
    held.before.down = joined(held.before.down, before.down)
    held.reason = reason
    return true
  }

  isHeld(id: bigint): boolean {
    return this.#held.has(id)
  }

  /** When the next of the changes that wait is due; Infinity for none. */
  get nextDueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY
    for (const held of this.#held.values()) dueMs = Math.min(dueMs, held.dueMs)
    return dueMs
  }

  /** Notes the changes whose second is over. */
  release(): void {
    const nowMs = this.#nowMs()
    for (const [id, { before, dueMs, reason }] of this.#held) {
      if (dueMs > nowMs) continue
      this.#held.delete(id)
      const high = highHalf(id)
      const low = lowHalf(id)
      const last = this.#last.get(high, low)
      const isKnown = last !== undefined && last > this.tail
      const sinceMs = isKnown ? this.#sinceMs[this.#at(last)]! : nowMs
      const place = this.#write(high, low, before, reason, isKnown ? last : 0)
      this.#sinceMs[place] = nowMs - sinceMs > WINDOW_MS ? nowMs : sinceMs
      this.#atMs[place] = nowMs
      this.#counts[place] = nowMs - sinceMs > WINDOW_MS ? 1 : 255
    }
  }

  /** When an id changed last, as far as the log goes back; -Infinity where it did not. */
  lastMs(idHigh: number, idLow: number): number {
    const last = this.#last.get(idHigh, idLow)
    const isKnown = last !== undefined && last > this.tail
    return isKnown ? this.#atMs[this.#at(last)]! : Number.NEGATIVE_INFINITY
  }

  #write(high: number, low: number, before: Standing, reason: number, last: number): number {
    if (this.#head + 1 >= this.#highs.length && this.#highs.length < LOG_IDS_MAX) this.#grow()
    let { up, down } = before
    if (last > 0) {
      // Whoever is behind the earlier change skips it and must learn its truth from this one.
      up = joined(up, this.#ups[this.#at(last)]!)
      down = joined(down, this.#downs[this.#at(last)]!)
    }
    this.#head++
    const at = this.#at(this.#head)
    this.#forget(at)
    this.#highs[at] = high
    this.#lows[at] = low
    this.#ups[at] = up
    this.#downs[at] = down
    this.#reasons[at] = reason
    this.#last.set(high, low, this.#head)
    return at
  }

  /** What the entry at this place said before it is overwritten. */
  #forget(at: number): void {
    const old = this.#head - LOG_IDS_MAX
    if (old <= 0) return
    const high = this.#highs[at]!
    const low = this.#lows[at]!
    if (this.#last.get(high, low) === old) this.#last.delete(high, low)
  }

  #at(number: number): number {
    return number & (this.#highs.length - 1)
  }

  #grow(): void {
    const slots = this.#highs.length * 2
    this.#highs = grown(this.#highs, new Uint32Array(slots))
    this.#lows = grown(this.#lows, new Uint32Array(slots))
    this.#ups = grown(this.#ups, new Int32Array(slots))
    this.#downs = grown(this.#downs, new Int32Array(slots))
    this.#reasons = grown(this.#reasons, new Uint8Array(slots))
    this.#counts = grown(this.#counts, new Uint8Array(slots))
    this.#sinceMs = grown(this.#sinceMs, new Float64Array(slots))
    this.#atMs = grown(this.#atMs, new Float64Array(slots))
  }

  /** The change with this number, which must be in the log. */
  read(number: number, into: LogEntry): void {
    const at = this.#at(number)
    into.idHigh = this.#highs[at]!
    into.idLow = this.#lows[at]!
    into.up = this.#ups[at]!
    into.down = this.#downs[at]!
    into.reason = this.#reasons[at]!
  }

  /** False where a later change of the same id tells all that this one does. */
  isLast(number: number, entry: LogEntry): boolean {
    return this.#last.get(entry.idHigh, entry.idLow) === number
  }
}

function joined(a: number, b: number): number {
  if (b === SEEN.BY_NOBODY || a === SEEN.BY_ALL) return a
  return b === SEEN.BY_ALL ? b : seenMore(a, b)
}

/** The log grows before it wraps for the first time: entry n stays at place n. */
function grown<T extends Uint32Array | Int32Array | Uint8Array | Float64Array>(old: T, into: T): T {
  into.set(old as ArrayLike<number> as T)
  return into
}
