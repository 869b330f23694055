// Who is behind which link: the learned sets, and which record of an id counts.

import type { RouteRecord } from '../../wire/route-record.js'
import { IdHash } from './id-hash.js'
import { IdIndex } from './id-index.js'
import { CHILD_RANK, type Feeder, LearnedSet, PARENT_RANK } from './learned-set.js'
import { MARK, RowStore } from './row-store.js'

const HIDDEN = MARK.MOVED | MARK.BELOW_MOVED

/** The part of a row's place that names its set; a node has fewer links than that. */
export const SETS_MAX = 65_535

/** Who could see an id: nobody, the holder of one link only does not, or everybody does. */
export const SEEN = { BY_NOBODY: 0, BY_ALL: -1 } as const

/** Who could see an id: see `SEEN`. */
export interface Sight {
  readonly up: number
  readonly down: number
  /** Where it is not what `down` says: of the first of several changes that are told as one. */
  readonly wasKnown?: boolean
}

/** What the records of an id amount to, before a change. Scratch, overwritten by each call. */
export class Standing implements Sight {
  /** Number of the only link whose set shows it to parents and siblings; or one of `SEEN`. */
  up = 0
  /** The same for what children are shown. */
  down = 0

  /** Whoever saw it then saw it, too. */
  include(other: Standing): void {
    this.up = seenByBoth(this.up, other.up)
    this.down = seenByBoth(this.down, other.down)
  }
}

export class RouteTable {
  readonly rows = new RowStore()
  /** Notes the set of an id's only row, plus 1, while that row is not hidden; else 0. */
  readonly #index: IdIndex
  readonly #sets: (LearnedSet | undefined)[] = []
  readonly #freeSlots: number[] = []
  #sizeBelow = 0

  constructor(hash = new IdHash()) {
    this.#index = new IdIndex(hash)
  }

  /** Ids of which there is at least one record. */
  get size(): number {
    return this.#index.size
  }

  get bytes(): number {
    return this.rows.bytes + this.#index.bytes
  }

  /** Records that children have announced: what parents and siblings may be told, at most. */
  get sizeBelow(): number {
    return this.#sizeBelow
  }

  *sets(): IterableIterator<LearnedSet> {
    for (const set of this.#sets) if (set !== undefined) yield set
  }

  setOf(row: number): LearnedSet {
    return this.#sets[this.rows.slot(row)]!
  }

  newSet(link: Feeder): LearnedSet {
    const slot = this.#freeSlots.pop() ?? this.#sets.length
    const set = new LearnedSet(slot, link)
    this.#sets[slot] = set
    return set
  }

  /** The set has no row left and nobody feeds it. */
  dropSet(set: LearnedSet): void {
    this.#sets[set.slot] = undefined
    this.#freeSlots.push(set.slot)
  }

  /** The first record of an id; -1 for none. Others follow by `rows.nextOfId`. */
  find(high: number, low: number): number {
    return this.#index.find(high, low)
  }

  /** Whether any neighbour that counts has said something of the id, if only once. */
  isListed(high: number, low: number): boolean {
    return this.incumbent(this.#index.find(high, low)) >= 0
  }

  rowIn(set: LearnedSet, high: number, low: number): number {
    return this.rowFrom(this.#index.find(high, low), set)
  }

  /** The row of a set in the chain that begins at `head`; -1 for none. */
  rowFrom(head: number, set: LearnedSet): number {
    let row = head
    while (row >= 0 && this.rows.slot(row) !== set.slot) row = this.rows.nextOfId(row)
    return row
  }

  /** `head`: the first record of the id so far, or -1. */
  insert(set: LearnedSet, record: RouteRecord, head: number): number {
    const { rows } = this
    const row = rows.take(set.slot, set.epoch === 0 ? 0 : MARK.EPOCH, record)
    if (head < 0) this.#index.set(record.idHigh, record.idLow, row, set.slot + 1)
    else this.#append(head, row)
    rows.setNextInSet(row, set.first)
    rows.setBeforeInSet(row, -1)
    if (set.first >= 0) rows.setBeforeInSet(set.first, row)
    set.first = row
    set.size++
    if (set.rank === CHILD_RANK) this.#sizeBelow++
    return row
  }

  #append(head: number, row: number): void {
    const { rows } = this
    let last = head
    for (let next = head; next >= 0; next = rows.nextOfId(next)) last = next
    rows.setNextOfId(last, row)
    rows.mark(row, MARK.FOLLOWS, true)
    if (last === head) this.#begin(head)
  }

  /** Makes a row the first of its chain, or notes that its chain or its marks have changed. */
  #begin(head: number): void {
    const { rows } = this
    rows.mark(head, MARK.FOLLOWS, false)
    const isPlain = rows.nextOfId(head) < 0 && (rows.marks(head) & HIDDEN) === 0
    const note = isPlain ? rows.slot(head) + 1 : 0
    this.#index.set(rows.idHigh(head), rows.idLow(head), head, note)
  }

  /** Sets or takes a mark that hides a row from use. */
  hide(row: number, mark: number, on: boolean): void {
    const { rows } = this
    if (((rows.marks(row) & mark) !== 0) === on) return
    rows.mark(row, mark, on)
    if (rows.isFirst(row)) this.#begin(row)
  }

  remove(row: number): void {
    const { rows } = this
    const set = this.setOf(row)
    if ((rows.marks(row) & MARK.MOVED) !== 0) set.moved--
    this.#unchain(row)
    const before = rows.beforeInSet(row)
    const next = rows.nextInSet(row)
    if (before >= 0) rows.setNextInSet(before, next)
    else set.first = next
    if (next >= 0) rows.setBeforeInSet(next, before)
    if (set.sweepAt === row) set.sweepAt = next
    set.size--
    if (set.rank === CHILD_RANK) this.#sizeBelow--
    rows.give(row)
  }

  #unchain(row: number): void {
    const { rows } = this
    const next = rows.nextOfId(row)
    if (rows.isFirst(row)) {
      if (next >= 0) this.#begin(next)
      else this.#index.delete(rows.idHigh(row), rows.idLow(row))
      return
    }
    const head = this.#index.find(rows.idHigh(row), rows.idLow(row))
    let before = head
    while (rows.nextOfId(before) !== row) before = rows.nextOfId(before)
    rows.setNextOfId(before, next)
    if (before === head && next < 0) this.#begin(head)
  }

  /** Another life than before: whoever had the id first goes on to count. */
  toLast(row: number): void {
    const { rows } = this
    if (rows.isFirst(row) && rows.nextOfId(row) < 0) return
    this.#unchain(row)
    rows.setNextOfId(row, -1)
    this.#append(this.#index.find(rows.idHigh(row), rows.idLow(row)), row)
  }

  /** The life of this record counts from now on. */
  toFirst(row: number): void {
    const { rows } = this
    if (rows.isFirst(row)) return
    this.#unchain(row)
    const head = this.#index.find(rows.idHigh(row), rows.idLow(row))
    rows.setNextOfId(row, head)
    rows.mark(head, MARK.FOLLOWS, true)
    this.#begin(row)
  }

  /** A message may be handed to the link of this record. */
  isUsable(row: number): boolean {
    const set = this.setOf(row)
    const marks = this.rows.marks(row)
    if ((marks & HIDDEN) !== 0) return false
    if (set.state === 'live') return true
    return set.state === 'arriving' && (marks & MARK.EPOCH) === set.epoch
  }

  /** It counts as what is known, if only as stale. */
  isShown(row: number): boolean {
    if (!this.setOf(row).counts) return false
    return (this.rows.marks(row) & HIDDEN) === 0
  }

  /**
   * The first record whose set is not dead: its life is the one that counts, unless it is made up
   * and somebody knows better. -1 for none.
   */
  incumbent(head: number): number {
    let madeUp = -1
    for (let row = head; row >= 0; row = this.rows.nextOfId(row)) {
      if (!this.setOf(row).counts) continue
      if (!this.rows.isMadeUp(row)) return row
      if (madeUp < 0) madeUp = row
    }
    return madeUp
  }

  /** The best record by which a message may go; `down` for what came from above or the side. */
  best(high: number, low: number, down: boolean): number {
    const head = this.#index.find(high, low)
    if (head < 0) return -1
    const { note } = this.#index
    if (note === 0) return this.#bestOf(head, down)
    const set = this.#sets[note - 1]!
    if (down && set.rank !== CHILD_RANK) return -1
    return set.state === 'live' || this.isUsable(head) ? head : -1
  }

  #bestOf(head: number, down: boolean): number {
    const first = this.incumbent(head)
    let best = -1
    for (let row = head; first >= 0 && row >= 0; row = this.rows.nextOfId(row)) {
      if (!this.isUsable(row) || (down && this.setOf(row).rank !== CHILD_RANK)) continue
      if (this.rows.isSameLife(first, row)) best = this.#better(best, row)
    }
    return best
  }

  /** The best of what is known, stale or not; -1 for nothing. */
  bestShown(high: number, low: number): number {
    const head = this.#index.find(high, low)
    const first = this.incumbent(head)
    let best = -1
    for (let row = head; first >= 0 && row >= 0; row = this.rows.nextOfId(row)) {
      if (this.isShown(row) && this.rows.isSameLife(first, row)) best = this.#better(best, row)
    }
    return best
  }

  /**
   * A record of the same life that says what its id is attached to: a link to a sibling or a parent
   * says that it is there, not where it hangs. The row itself where nobody says.
   */
  attached(row: number): number {
    const { rows } = this
    const isTold = (other: number) => rows.parentLow(other) !== 0 || rows.parentHigh(other) !== 0
    if (isTold(row)) return row
    let other = this.#index.find(rows.idHigh(row), rows.idLow(row))
    for (; other >= 0; other = rows.nextOfId(other)) {
      if (isTold(other) && this.isShown(other) && rows.isSameLife(row, other)) return other
    }
    return row
  }

  /** What a neighbour with this set is told of an id: a row, or -1 where it may not see any. */
  shownTo(viewer: LearnedSet, high: number, low: number): number {
    return this.shownFrom(this.#index.find(high, low), viewer)
  }

  /** The same for the id whose chain begins at `head`, if any. */
  shownFrom(head: number, viewer: LearnedSet): number {
    const childrenOnly = viewer.rank !== CHILD_RANK
    const isParent = viewer.rank === PARENT_RANK
    const first = this.incumbent(head)
    let best = -1
    for (let row = head; first >= 0 && row >= 0; row = this.rows.nextOfId(row)) {
      const set = this.setOf(row)
      if (set === viewer || (childrenOnly && set.rank !== CHILD_RANK)) continue
      if (isParent && (this.rows.marks(row) & MARK.REFUSED) !== 0) continue
      if (!this.isShown(row)) continue
      if (row === first || this.rows.isSameLife(first, row)) best = this.#better(best, row)
    }
    return best
  }

  /** One to come is last; child before sibling before parent; fewer hops; the lower neighbour. */
  #better(a: number, b: number): number {
    if (a < 0) return b
    const { rows } = this
    const left = this.setOf(a)
    const right = this.setOf(b)
    const order =
      Number(left.isComing) - Number(right.isComing) ||
      left.rank - right.rank ||
      rows.hops(a) - rows.hops(b) ||
      left.link.idHigh - right.link.idHigh ||
      left.link.idLow - right.link.idLow
    return order <= 0 ? a : b
  }

  /** What the records of an id amount to now; `head` is the first of them, or -1. */
  standing(head: number, into: Standing): void {
    into.up = SEEN.BY_NOBODY
    into.down = SEEN.BY_NOBODY
    const first = this.incumbent(head)
    for (let row = head; first >= 0 && row >= 0; row = this.rows.nextOfId(row)) {
      if (!this.isShown(row) || (row !== first && !this.rows.isSameLife(first, row))) continue
      const set = this.setOf(row)
      into.down = seenMore(into.down, set.link.number)
      if (set.rank === CHILD_RANK) into.up = seenMore(into.up, set.link.number)
    }
  }
}

/** Who could see an id at one time or the other. */
export function seenByBoth(a: number, b: number): number {
  if (b === SEEN.BY_NOBODY || a === SEEN.BY_ALL) return a
  return b === SEEN.BY_ALL ? b : seenMore(a, b)
}

/** One more link shows it. */
export function seenMore(seen: number, link: number): number {
  if (seen === SEEN.BY_NOBODY || seen === link) return link
  return SEEN.BY_ALL
}
