// Which ids were touched, in order: all that a publisher keeps of its changes.
//
// A subscriber is nothing but a place in this log. What it is told is the present state of the ids
// touched since, so a slow one costs no memory and many changes of one id are told as one.

import { IdMap } from '../id-map.js'
import { SEEN, type Standing, seenMore } from './route-table.js'

/** Ids that the log holds; a subscriber that is further behind gets a new snapshot. */
export const LOG_IDS_MAX = 65_536

const START_ENTRIES = 64

/** Beside the reason of an entry: whether anything was known of the id before this very change. */
const WAS_KNOWN = 0x80

/** One entry as it is read; scratch, overwritten by each call. */
export class LogEntry {
  idHigh = 0
  idLow = 0
  /** Who could see the id before: a link's number, or one of `SEEN`. */
  up = 0
  down = 0
  reason = 0
  /** Unlike `up` and `down` this speaks of the one change only. */
  wasKnown = false
}

export class ChangeLog {
  /** Changes since the start of this life: the number of the last one. */
  #head = 0
  #highs = new Uint32Array(START_ENTRIES)
  #lows = new Uint32Array(START_ENTRIES)
  #ups = new Int32Array(START_ENTRIES)
  #downs = new Int32Array(START_ENTRIES)
  #reasons = new Uint8Array(START_ENTRIES)
  /** The number of the last change of an id, while the log holds it. */
  readonly #last = new IdMap<number>()

  get head(): number {
    return this.#head
  }

  /** The oldest place from which everything since is still known. */
  get tail(): number {
    return Math.max(0, this.#head - LOG_IDS_MAX)
  }

  get bytes(): number {
    return this.#highs.length * 17
  }

  append(idHigh: number, idLow: number, before: Standing, reason: number): void {
    if (this.#head + 1 >= this.#highs.length && this.#highs.length < LOG_IDS_MAX) this.#grow()
    let { up, down } = before
    const last = this.#last.get(idHigh, idLow)
    if (last !== undefined && last > this.tail) {
      // Whoever is behind the earlier change skips it and must learn its truth from this one.
      up = joined(up, this.#ups[this.#at(last)]!)
      down = joined(down, this.#downs[this.#at(last)]!)
    }
    this.#head++
    const at = this.#at(this.#head)
    this.#forget(at)
    this.#highs[at] = idHigh
    this.#lows[at] = idLow
    this.#ups[at] = up
    this.#downs[at] = down
    this.#reasons[at] = before.down === SEEN.BY_NOBODY ? reason : reason | WAS_KNOWN
    this.#last.set(idHigh, idLow, this.#head)
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
  }

  /** The change with this number, which must be in the log. */
  read(number: number, into: LogEntry): void {
    const at = this.#at(number)
    into.idHigh = this.#highs[at]!
    into.idLow = this.#lows[at]!
    into.up = this.#ups[at]!
    into.down = this.#downs[at]!
    into.reason = this.#reasons[at]! & ~WAS_KNOWN
    into.wasKnown = (this.#reasons[at]! & WAS_KNOWN) !== 0
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
function grown<T extends Uint32Array | Int32Array | Uint8Array>(old: T, into: T): T {
  into.set(old as ArrayLike<number> as T)
  return into
}
