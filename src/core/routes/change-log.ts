// Which ids were touched, in order: all that a publisher keeps of its changes.
//
// A subscriber is nothing but a place in this log. What it is told is the present state of the ids
// touched since, so a slow one costs no memory and many changes of one id are told as one.

import { IdHash } from './id-hash.js'
import { SEEN, type Sight, seenByBoth } from './route-table.js'

/** Ids that the log holds; a subscriber that is further behind gets a new snapshot. */
export const LOG_IDS_MAX = 65_536

const START_ENTRIES = 64

/** Words of an entry. The last holds the reason, and what the bits below say. */
const WORDS = 5
const CONCERNS_UP = 0x100
/** Something was known of the id before this very change. */
const WAS_KNOWN = 0x200
const ID_HIGH = 0
const ID_LOW = 1
const UP = 2
const DOWN = 3
const REASON = 4

/** One entry as it is read; scratch, overwritten by each call. */
export class LogEntry {
  idHigh = 0
  idLow = 0
  /** Who could see the id before: a link's number, or one of `SEEN`. */
  up = 0
  down = 0
  reason = 0
  /** Something was known of the id before this very change. */
  wasKnown = false
}

export class ChangeLog {
  readonly #hash: IdHash
  /** Changes since the start of this life: the number of the last one. */
  #head = 0
  /** Entry n is at n modulo their count; they double until they are as many as the log holds. */
  #words = new Int32Array(START_ENTRIES * WORDS)
  #entries = START_ENTRIES
  /**
   * By id, the place of its last entry, plus 1; 0 is an empty slot. Made when somebody reads: what
   * a node learns while nobody listens is only written down.
   */
  #slots = new Uint32Array(START_ENTRIES * 2)
  /** The last entry that the slots know of. */
  #indexed = 0
  #upHead = 0

  constructor(hash = new IdHash()) {
    this.#hash = hash
  }

  get head(): number {
    return this.#head
  }

  /**
   * The last change that may concern parents and siblings. Whoever is one of them and as far as
   * this has nothing to be told: most of what a leaf learns comes from above.
   */
  get upHead(): number {
    return this.#upHead
  }

  /** The oldest place from which everything since is still known. */
  get tail(): number {
    return Math.max(0, this.#head - LOG_IDS_MAX)
  }

  get bytes(): number {
    return this.#words.byteLength + this.#slots.byteLength
  }

  /** `concernsUp`: false where no child has a record of the id, neither before nor after. */
  append(idHigh: number, idLow: number, before: Sight, reason: number, concernsUp = true): void {
    if (this.#head + 1 >= this.#entries && this.#entries < LOG_IDS_MAX) this.#grow()
    this.#head++
    const old = this.#head - LOG_IDS_MAX
    const place = this.#placeOf(this.#head)
    if (old > 0 && old <= this.#indexed) this.#forget(place)
    const words = this.#words
    const at = place * WORDS
    words[at + ID_HIGH] = idHigh
    words[at + ID_LOW] = idLow
    words[at + UP] = before.up
    words[at + DOWN] = before.down
    const { wasKnown = before.down !== SEEN.BY_NOBODY } = before
    const known = wasKnown ? WAS_KNOWN : 0
    words[at + REASON] = reason | known | (concernsUp ? CONCERNS_UP : 0)
    if (concernsUp) this.#upHead = this.#head
  }

  #placeOf(number: number): number {
    return number & (this.#entries - 1)
  }

  /** The log grows before it wraps for the first time: entry n stays at place n. */
  #grow(): void {
    this.#entries *= 2
    const words = new Int32Array(this.#entries * WORDS)
    words.set(this.#words)
    this.#words = words
    this.#slots = new Uint32Array(this.#entries * 2)
    this.#indexed = 0
  }

  /** The change with this number, which must be in the log. */
  read(number: number, into: LogEntry): void {
    this.#catchUp()
    const words = this.#words
    const at = this.#placeOf(number) * WORDS
    into.idHigh = words[at + ID_HIGH]! >>> 0
    into.idLow = words[at + ID_LOW]! >>> 0
    into.up = words[at + UP]!
    into.down = words[at + DOWN]!
    into.reason = words[at + REASON]! & 0xff
    into.wasKnown = (words[at + REASON]! & WAS_KNOWN) !== 0
  }

  /** False where the change with this number, and those it stands for, concern children only. */
  concernsUp(number: number): boolean {
    this.#catchUp()
    return (this.#words[this.#placeOf(number) * WORDS + REASON]! & CONCERNS_UP) !== 0
  }

  /** False where a later change of the same id tells all that this one does. */
  isLast(number: number, entry: LogEntry): boolean {
    this.#catchUp()
    const held = this.#slots[this.#slotOf(entry.idHigh | 0, entry.idLow | 0)]!
    return held === this.#placeOf(number) + 1
  }

  #catchUp(): void {
    if (this.#indexed === this.#head) return
    for (let next = Math.max(this.#indexed, this.tail) + 1; next <= this.#head; next++) {
      this.#join(next)
    }
    this.#indexed = this.#head
  }

  /** Whoever is behind an earlier change skips it, and must learn its truth from this one. */
  #join(number: number): void {
    const words = this.#words
    const place = this.#placeOf(number)
    const at = place * WORDS
    const slot = this.#slotOf(words[at + ID_HIGH]!, words[at + ID_LOW]!)
    const held = this.#slots[slot]! - 1
    // After a growth entries are noted anew; those that were joined before stay as they are.
    if (held >= 0) {
      words[at + UP] = seenByBoth(words[at + UP]!, words[held * WORDS + UP]!)
      words[at + DOWN] = seenByBoth(words[at + DOWN]!, words[held * WORDS + DOWN]!)
      words[at + REASON] = words[at + REASON]! | (words[held * WORDS + REASON]! & CONCERNS_UP)
      if ((words[at + REASON]! & CONCERNS_UP) !== 0) this.#upHead = Math.max(this.#upHead, number)
    }
    this.#slots[slot] = place + 1
  }

  /** The slot of the id, or the empty one where it would go. Halves as signed words. */
  #slotOf(high: number, low: number): number {
    const slots = this.#slots
    const words = this.#words
    const mask = slots.length - 1
    for (let slot = this.#hash.of(high, low) & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot]!
      if (held === 0) return slot
      const at = (held - 1) * WORDS
      if (words[at + ID_LOW] === low && words[at + ID_HIGH] === high) return slot
    }
  }

  /** Before an entry is overwritten: the slots must not lead to it, unless a later one counts. */
  #forget(place: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = this.#slotOf(this.#words[place * WORDS]!, this.#words[place * WORDS + 1]!)
    if (slots[hole] !== place + 1) return
    slots[hole] = 0
    // Close the gap: an entry may move into the hole unless its home lies behind the hole.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = (slots[slot]! - 1) * WORDS
      const home = this.#hash.of(this.#words[at + ID_HIGH]!, this.#words[at + ID_LOW]!) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      slots[slot] = 0
      hole = slot
    }
  }
}
