// From a 64-bit id to the first row of its chain: the look-up under every routing decision.
//
// Extendible hashing: segments of at most 4,096 slots that grow and split one at a time, so that a
// table of a million ids never stops the loop to rehash itself. A slot holds the id and what the
// data path asks of it, so that a look-up reaches for memory once (docs/decisions/0020).

import { IdHash } from './id-hash.js'

const START_SLOTS = 16
const STEP_SLOTS = 1_024
const SLOTS_MAX = 4_096
/** Bits of the hash that may name a segment; beyond them segments grow instead of splitting. */
const DEPTH_MAX = 14

/** Words of a slot. The row is held as row + 1: 0 is an empty slot. */
const WORDS = 4
const LOW = 0
const HIGH = 1
const ROW = 2
const NOTE = 3

interface Segment {
  words: Uint32Array
  slots: number
  used: number
  /** How many top bits of the hash its ids share. */
  depth: number
}

export class IdIndex {
  readonly #hash: IdHash
  #directory: Segment[] = [newSegment(START_SLOTS, 0)]
  /** Bits of the hash that name an entry of the directory. */
  #depth = 0
  #size = 0
  /** The number that was set with the row that `find` found last. */
  note = 0

  constructor(hash = new IdHash()) {
    this.#hash = hash
  }

  /** Ids that have a row. */
  get size(): number {
    return this.#size
  }

  /** Bytes that the slots take. */
  get bytes(): number {
    let bytes = 0
    for (const segment of new Set(this.#directory)) bytes += segment.words.byteLength
    return bytes
  }

  /** The first row of the id's chain, and its `note`; -1 where there is none. */
  find(high: number, low: number): number {
    const hash = this.#hash.of(high, low)
    const { words, slots } = this.#segment(hash)
    const end = words.length
    for (let at = homeOf(hash, slots); ; at = at + WORDS === end ? 0 : at + WORDS) {
      const row = words[at + ROW]! - 1
      if (row < 0) return row
      if (words[at + LOW] === low && words[at + HIGH] === high) {
        this.note = words[at + NOTE]!
        return row
      }
    }
  }

  /** Makes `row` the first of the chain of its id, with a number of 32 bits that goes with it. */
  set(high: number, low: number, row: number, note: number): void {
    const hash = this.#hash.of(high, low)
    const segment = this.#segment(hash)
    const { words } = segment
    const at = placeOf(segment, hash, high, low)
    const isNew = words[at + ROW] === 0
    words[at + LOW] = low
    words[at + HIGH] = high
    words[at + ROW] = row + 1
    words[at + NOTE] = note
    if (isNew) this.#added(segment, hash)
  }

  /** The id has no rows any more. */
  delete(high: number, low: number): void {
    const hash = this.#hash.of(high, low)
    const segment = this.#segment(hash)
    const hole = placeOf(segment, hash, high, low)
    if (segment.words[hole + ROW] === 0) return
    this.#size--
    segment.used--
    // What a lost link leaves empty takes no memory.
    if (segment.used === 0 && segment.slots > START_SLOTS) resize(segment, START_SLOTS)
    else this.#closeGap(segment, hole)
  }

  /** An entry may move into the hole unless its home lies behind the hole. */
  #closeGap({ words, slots }: Segment, start: number): void {
    const end = words.length
    let hole = start
    words[hole + ROW] = 0
    for (let at = hole; ; ) {
      at = at + WORDS === end ? 0 : at + WORDS
      if (words[at + ROW] === 0) return
      const home = homeOf(this.#hash.of(words[at + HIGH]!, words[at + LOW]!), slots)
      const fromHome = at >= home ? at - home : at - home + end
      const fromHole = at >= hole ? at - hole : at - hole + end
      if (fromHome < fromHole) continue
      move(words, at, words, hole)
      words[at + ROW] = 0
      hole = at
    }
  }

  #segment(hash: number): Segment {
    // A shift by 32 is a shift by 0 in this language, hence two steps.
    return this.#directory[(hash >>> 1) >>> (31 - this.#depth)]!
  }

  #added(segment: Segment, hash: number): void {
    this.#size++
    const { slots } = segment
    if (++segment.used * 4 <= slots * 3) return
    if (slots < SLOTS_MAX || segment.depth === DEPTH_MAX) this.#grow(segment)
    else this.#split(segment, hash)
  }

  /** By less than double once it is large: half-empty segments are what a large table pays for. */
  #grow(segment: Segment): void {
    const { words, slots } = segment
    const isSmall = slots < STEP_SLOTS * 2 || slots >= SLOTS_MAX
    resize(segment, isSmall ? slots * 2 : slots + STEP_SLOTS)
    this.#refill(words, () => segment)
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((one) => [one, one])
      this.#depth++
    }
    const { words } = segment
    const depth = segment.depth + 1
    const bit = 32 - depth
    const ofRight = this.#countSet(words, bit)
    const left = newSegment(slotsFor(segment.used - ofRight), depth)
    const right = newSegment(slotsFor(ofRight), depth)
    this.#refill(words, (one) => (((one >>> bit) & 1) === 0 ? left : right))
    const spread = 1 << (this.#depth - segment.depth)
    const first = ((hash >>> 1) >>> (31 - this.#depth)) & ~(spread - 1)
    for (let at = 0; at < spread; at++) {
      this.#directory[first + at] = at < spread / 2 ? left : right
    }
  }

  /** Ids whose hash has this bit. */
  #countSet(words: Uint32Array, bit: number): number {
    let count = 0
    for (let at = 0; at < words.length; at += WORDS) {
      if (words[at + ROW] === 0) continue
      count += (this.#hash.of(words[at + HIGH]!, words[at + LOW]!) >>> bit) & 1
    }
    return count
  }

  #refill(words: Uint32Array, segmentOf: (hash: number) => Segment): void {
    for (let from = 0; from < words.length; from += WORDS) {
      if (words[from + ROW] === 0) continue
      const hash = this.#hash.of(words[from + HIGH]!, words[from + LOW]!)
      const into = segmentOf(hash)
      const end = into.words.length
      let at = homeOf(hash, into.slots)
      while (into.words[at + ROW] !== 0) at = at + WORDS === end ? 0 : at + WORDS
      move(words, from, into.words, at)
      into.used++
    }
  }
}

/** The directory takes the top bits of the hash, the place within a segment the lower 16. */
function homeOf(hash: number, slots: number): number {
  return (((hash & 0xffff) * slots) >>> 16) * WORDS
}

/** Where the id is, or the empty slot where it would go. */
function placeOf({ words, slots }: Segment, hash: number, high: number, low: number): number {
  const end = words.length
  let at = homeOf(hash, slots)
  while (words[at + ROW] !== 0 && (words[at + LOW] !== low || words[at + HIGH] !== high)) {
    at = at + WORDS === end ? 0 : at + WORDS
  }
  return at
}

function move(from: Uint32Array, source: number, into: Uint32Array, target: number): void {
  for (let word = 0; word < WORDS; word++) into[target + word] = from[source + word]!
}

/** With room for half as many more. */
function slotsFor(ids: number): number {
  let slots = START_SLOTS
  while (slots < ids * 2 && slots < STEP_SLOTS * 2) slots *= 2
  while (slots < ids * 1.9) slots += STEP_SLOTS
  return slots
}

function newSegment(slots: number, depth: number): Segment {
  return { words: new Uint32Array(slots * WORDS), slots, used: 0, depth }
}

function resize(segment: Segment, slots: number): void {
  segment.words = new Uint32Array(slots * WORDS)
  segment.slots = slots
  segment.used = 0
}
