// From a 64-bit id to the first row of its chain: the look-up under every routing decision.
//
// Extendible hashing: segments of at most 4,096 slots that grow and split one at a time, so that a
// table of a million ids never stops the loop to rehash itself (docs/decisions/0020).

import { hashOfId } from '../id-map.js'
import type { RowStore } from './row-store.js'

const START_SLOTS = 16
const SLOTS_MAX = 4_096

/** Slots hold row + 1; 0 is empty. At most three quarters are used. */
interface Segment {
  slots: Uint32Array
  used: number
  /** How many top bits of the hash its ids share. */
  depth: number
}

export class IdIndex {
  readonly #rows: RowStore
  #directory: Segment[] = [newSegment(START_SLOTS, 0)]
  /** Bits of the hash that name an entry of the directory. */
  #depth = 0
  #size = 0

  constructor(rows: RowStore) {
    this.#rows = rows
  }

  /** Ids that have a row. */
  get size(): number {
    return this.#size
  }

  /** Bytes that the slots take. */
  get bytes(): number {
    let bytes = 0
    for (const segment of new Set(this.#directory)) bytes += segment.slots.byteLength
    return bytes
  }

  /** The first row of the id's chain; -1 where there is none. */
  find(high: number, low: number): number {
    const hash = hashOfId(high, low)
    const { slots } = this.#segment(hash)
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1
      if (row < 0 || this.#rows.isOf(row, high, low)) return row
    }
  }

  /** Makes `row` the first of the chain of its id. */
  set(high: number, low: number, row: number): void {
    const hash = hashOfId(high, low)
    const segment = this.#segment(hash)
    const { slots } = segment
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot]! - 1
      if (held >= 0 && !this.#rows.isOf(held, high, low)) continue
      slots[slot] = row + 1
      if (held < 0) this.#added(segment, hash)
      return
    }
  }

  /** The id has no rows any more. To be called while the last one can still be read. */
  delete(high: number, low: number): void {
    const hash = hashOfId(high, low)
    const segment = this.#segment(hash)
    const { slots } = segment
    const mask = slots.length - 1
    let hole = hash & mask
    while (slots[hole] !== 0 && !this.#rows.isOf(slots[hole]! - 1, high, low)) {
      hole = (hole + 1) & mask
    }
    if (slots[hole] === 0) return
    this.#size--
    segment.used--
    slots[hole] = 0
    // Close the gap: an entry may move into the hole unless its home lies behind the hole.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#rows.hashOf(slots[slot]! - 1) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      slots[slot] = 0
      hole = slot
    }
  }

  #segment(hash: number): Segment {
    // A shift by 32 is a shift by 0 in this language, hence two steps.
    return this.#directory[(hash >>> 1) >>> (31 - this.#depth)]!
  }

  #added(segment: Segment, hash: number): void {
    this.#size++
    if (++segment.used * 4 <= segment.slots.length * 3) return
    if (segment.slots.length < SLOTS_MAX) this.#grow(segment)
    else this.#split(segment, hash)
  }

  #grow(segment: Segment): void {
    const grown = newSegment(segment.slots.length * 2, segment.depth)
    this.#refill(segment.slots, () => grown)
    segment.slots = grown.slots
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((one) => [one, one])
      this.#depth++
    }
    const depth = segment.depth + 1
    const left = newSegment(SLOTS_MAX, depth)
    const right = newSegment(SLOTS_MAX, depth)
    const bit = 32 - depth
    this.#refill(segment.slots, (one) => (((one >>> bit) & 1) === 0 ? left : right))
    const spread = 1 << (this.#depth - segment.depth)
    const first = ((hash >>> 1) >>> (31 - this.#depth)) & ~(spread - 1)
    for (let at = 0; at < spread; at++) {
      this.#directory[first + at] = at < spread / 2 ? left : right
    }
  }

  #refill(slots: Uint32Array, segmentOf: (hash: number) => Segment): void {
    for (const held of slots) {
      if (held === 0) continue
      const hash = this.#rows.hashOf(held - 1)
      const into = segmentOf(hash)
      const mask = into.slots.length - 1
      let slot = hash & mask
      while (into.slots[slot] !== 0) slot = (slot + 1) & mask
      into.slots[slot] = held
      into.used++
    }
  }
}

function newSegment(slots: number, depth: number): Segment {
  return { slots: new Uint32Array(slots), used: 0, depth }
}
