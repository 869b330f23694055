// Holds back what changes all the time: an id that flaps is told on once a second.
//
// routing-table.md, "Limits": an id that changed more than 5 times in 10 s.

import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { ChangeLog } from './change-log.js'
import type { IdHash } from './id-hash.js'
import { SEEN, type Sight, seenByBoth } from './route-table.js'

const CALM_CHANGES_MAX = 5
const WINDOW_MS = 10_000
const DAMPED_MS = 1_000

/** Ids that may wait at once; beyond it they are told as they change. */
const HELD_MAX = 10_000

/** Ids whose pace is known at once; of two that fall into one place the later counts. */
const START_PLACES = 64
const PLACES_MAX = 4_096

/** A change that waits for its second to be over. */
interface Held {
  readonly dueMs: number
  readonly before: { up: number; down: number; readonly wasKnown: boolean }
  reason: number
  concernsUp: boolean
}

export class ChangeDamper {
  readonly #log: ChangeLog
  readonly #hash: IdHash
  readonly #nowMs: () => number
  readonly #held = new Map<bigint, Held>()
  #used = 0
  #highs = new Uint32Array(START_PLACES)
  #lows = new Uint32Array(START_PLACES)
  /** When an id began to change, when it did last, and how often in between. */
  #sinceMs = new Float64Array(START_PLACES)
  #lastMs = new Float64Array(START_PLACES)
  #counts = new Uint8Array(START_PLACES)

  constructor(log: ChangeLog, hash: IdHash, nowMs: () => number) {
    this.#log = log
    this.#hash = hash
    this.#nowMs = nowMs
  }

  /** Notes a change in the log, at once or when its second is over. See `ChangeLog.append`. */
  append(high: number, low: number, before: Sight, reason: number, concernsUp = true): void {
    if (this.#held.size > 0 && this.#joinHeld(high, low, before, reason, concernsUp)) return
    const nowMs = this.#nowMs()
    const at = this.#placeOf(high, low)
    const isNew = this.#counts[at] === 0 || nowMs - this.#sinceMs[at]! > WINDOW_MS
    const count = isNew ? 1 : Math.min(255, this.#counts[at]! + 1)
    const dueMs = this.#lastMs[at]! + DAMPED_MS
    if (count > CALM_CHANGES_MAX && dueMs > nowMs && this.#held.size < HELD_MAX) {
      const { down, up } = before
      const first = { up, down, wasKnown: down !== SEEN.BY_NOBODY }
      this.#held.set(joinHalves(high, low), { dueMs, before: first, reason, concernsUp })
      return
    }
    if (isNew) this.#sinceMs[at] = nowMs
    this.#lastMs[at] = nowMs
    this.#counts[at] = count
    this.#log.append(high, low, before, reason, concernsUp)
  }

  #joinHeld(
    high: number,
    low: number,
    { down, up }: Sight,
    reason: number,
    concernsUp: boolean,
  ): boolean {
    const held = this.#held.get(joinHalves(high, low))
    if (held === undefined) return false
    held.before.up = seenByBoth(held.before.up, up)
    held.before.down = seenByBoth(held.before.down, down)
    held.reason = reason
    held.concernsUp ||= concernsUp
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
    for (const [id, held] of this.#held) {
      if (held.dueMs > nowMs) continue
      this.#held.delete(id)
      const { before, concernsUp, reason } = held
      this.append(highHalf(id), lowHalf(id), before, reason, concernsUp)
    }
  }

  /** When an id changed last; -Infinity where that is not known any more. */
  lastMs(high: number, low: number): number {
    const at = this.#find(high, low)
    const isKnown = this.#isOf(at, high, low) && this.#counts[at]! > 0
    return isKnown ? this.#lastMs[at]! : Number.NEGATIVE_INFINITY
  }

  #find(high: number, low: number): number {
    return this.#hash.of(high, low) & (this.#counts.length - 1)
  }

  #isOf(at: number, high: number, low: number): boolean {
    return this.#lows[at] === low && this.#highs[at] === high
  }

  /** The place of an id, which it may have to take from another. */
  #placeOf(high: number, low: number): number {
    const at = this.#find(high, low)
    if (this.#isOf(at, high, low)) return at
    if (this.#counts[at] === 0) this.#used++
    if (this.#used * 2 > this.#counts.length && this.#counts.length < PLACES_MAX) {
      this.#grow()
      return this.#placeOf(high, low)
    }
    this.#highs[at] = high
    this.#lows[at] = low
    this.#counts[at] = 0
    this.#lastMs[at] = 0
    return at
  }

  #grow(): void {
    const [highs, lows, counts] = [this.#highs, this.#lows, this.#counts]
    const [sinceMs, lastMs] = [this.#sinceMs, this.#lastMs]
    const places = counts.length * 2
    this.#highs = new Uint32Array(places)
    this.#lows = new Uint32Array(places)
    this.#sinceMs = new Float64Array(places)
    this.#lastMs = new Float64Array(places)
    this.#counts = new Uint8Array(places)
    this.#used = 0
    for (let old = 0; old < counts.length; old++) {
      if (counts[old] === 0) continue
      const at = this.#find(highs[old]!, lows[old]!)
      if (this.#counts[at] === 0) this.#used++
      this.#highs[at] = highs[old]!
      this.#lows[at] = lows[old]!
      this.#sinceMs[at] = sinceMs[old]!
      this.#lastMs[at] = lastMs[old]!
      this.#counts[at] = counts[old]!
    }
  }
}
