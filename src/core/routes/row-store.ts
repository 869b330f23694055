// The rows of the routing table: what one neighbour said of one id, in 56 bytes of typed arrays.
//
// Objects would cost 200 bytes a record and a pause of the collector for each million of them
// (docs/decisions/0020). A row is a number; it keeps its place for as long as it lives.

import type { RouteRecord } from '../../wire/route-record.js'

const WORDS = 14
/** Large pages: few enough that the way to each stays in the cache. */
const PAGE_BITS = 14
const PAGE_ROWS = 1 << PAGE_BITS
const PAGE_MASK = PAGE_ROWS - 1
const START_ROWS = 16
/** In place of a page that was given back. */
const NO_ROWS = new Uint32Array(0)

/** Words of a row. Links between rows hold row + 1, so that 0 is none. */
const ID_HIGH = 0
const ID_LOW = 1
const INCARNATION = 2
const ATTACH = 6
const PARENT_HIGH = 7
const PARENT_LOW = 8
/** Slot of its learned set in the upper half, then hops, then the marks. */
const PLACE = 9
const NEXT_OF_ID = 10
const NEXT_IN_SET = 11
const BEFORE_IN_SET = 12
const RANGES = 13

/** Marks of a row. */
export const MARK = {
  /** Flips with every snapshot: whether this one has confirmed it. */
  EPOCH: 1,
  /** Another link has the same life of this id with a higher attach. */
  MOVED: 2,
  /** It is below a record of its set that has moved. */
  BELOW_MOVED: 4,
  /** Turned down by a parent, or by us: not announced upwards for a while. */
  REFUSED: 8,
  /** Another row of the same id comes before it. */
  FOLLOWS: 16,
  /** Scratch of a walk over its set. */
  SETTLED: 32,
} as const

export class RowStore {
  readonly #pages: Uint32Array[] = [new Uint32Array(START_ROWS * WORDS)]
  /** Of each page: rows in use, and where the chain of its free rows begins, plus 1. */
  readonly #used: number[] = [0]
  readonly #free: number[] = [0]
  /** Pages with free rows, and such as have been given back since. */
  readonly #open: number[] = []
  /** Pages whose memory was given back. */
  readonly #absent: number[] = []
  /** One page that is empty keeps its memory: an id that comes and goes must not cost a page. */
  #spare = -1
  /** Rows that were ever used, the free ones among them. */
  #top = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** One more than the highest row that was ever used: where a walk over all rows ends. */
  get top(): number {
    return this.#top
  }

  get bytes(): number {
    return this.#pages.reduce((bytes, page) => bytes + page.byteLength, 0)
  }

  /** A row of a set, with some marks, that is chained to nothing. */
  take(slot: number, marks: number, record: RouteRecord): number {
    const row = this.#freeRow()
    const number = row >>> PAGE_BITS
    const page = this.#pages[number]!
    const at = (row & PAGE_MASK) * WORDS
    this.#used[number]!++
    if (number === this.#spare) this.#spare = -1
    this.#size++
    page[at + ID_HIGH] = record.idHigh
    page[at + ID_LOW] = record.idLow
    page[at + PLACE] = (slot << 16) | marks
    page[at + NEXT_OF_ID] = 0
    this.write(row, record)
    return row
  }

  #freeRow(): number {
    for (let page = this.#open.at(-1); page !== undefined; page = this.#open.at(-1)) {
      const first = this.#free[page]!
      if (first > 0) {
        const next = this.#word(first - 1, NEXT_OF_ID)
        this.#free[page] = next
        if (next === 0) this.#open.pop()
        return first - 1
      }
      this.#open.pop()
    }
    const absent = this.#absent.pop()
    if (absent === undefined) return this.#newRow()
    this.#fetch(absent)
    return this.#freeRow()
  }

  /** A page that was given back has memory again, all of its rows free. */
  #fetch(page: number): void {
    this.#pages[page] = new Uint32Array(PAGE_ROWS * WORDS)
    const first = page << PAGE_BITS
    for (let at = 1; at < PAGE_ROWS; at++) this.#set(first + at - 1, NEXT_OF_ID, first + at + 1)
    this.#free[page] = first + 1
    this.#open.push(page)
  }

  #newRow(): number {
    const row = this.#top++
    const page = row >>> PAGE_BITS
    const last = this.#pages[page]
    if (last === undefined) {
      this.#pages.push(new Uint32Array(PAGE_ROWS * WORDS))
      this.#used.push(0)
      this.#free.push(0)
    } else if ((row & PAGE_MASK) * WORDS >= last.length) {
      // Only the first page starts small: most nodes know a few others.
      const grown = new Uint32Array(last.length * 2)
      grown.set(last)
      this.#pages[page] = grown
    }
    return row
  }

  give(row: number): void {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS
    page.fill(0, at, at + WORDS)
    const number = row >>> PAGE_BITS
    if (this.#free[number] === 0) this.#open.push(number)
    page[at + NEXT_OF_ID] = this.#free[number]!
    this.#free[number] = row + 1
    this.#size--
    if (--this.#used[number]! === 0 && number > 0) this.#emptied(number)
  }

  #emptied(page: number): void {
    // The last page may have rows that were never used: it is not whole yet.
    if (page === this.#top >>> PAGE_BITS) return
    if (this.#spare < 0) {
      this.#spare = page
      return
    }
    this.#pages[page] = NO_ROWS
    this.#free[page] = 0
    this.#absent.push(page)
  }

  /** Id 0 names no node: only a row that is not used has it. */
  isUsed(row: number): boolean {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS
    return page !== NO_ROWS && (page[at]! | page[at + 1]!) !== 0
  }

  /** What is said of the id now; its place stays. */
  write(row: number, record: RouteRecord): void {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS
    for (let word = 0; word < 4; word++) page[at + INCARNATION + word] = record.incarnation[word]!
    page[at + ATTACH] = record.attach
    page[at + PARENT_HIGH] = record.parentHigh
    page[at + PARENT_LOW] = record.parentLow
    page[at + PLACE] = (page[at + PLACE]! & 0xffff_00ff) | (record.hops << 8)
  }

  /** Everything but the ranges, which are kept beside the rows. */
  read(row: number, into: RouteRecord): void {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS
    into.idHigh = page[at + ID_HIGH]!
    into.idLow = page[at + ID_LOW]!
    for (let word = 0; word < 4; word++) into.incarnation[word] = page[at + INCARNATION + word]!
    into.attach = page[at + ATTACH]!
    into.parentHigh = page[at + PARENT_HIGH]!
    into.parentLow = page[at + PARENT_LOW]!
    into.hops = (page[at + PLACE]! >>> 8) & 0xff
  }

  /** Whether the row says the same already; `hops` alone is no change. */
  says(row: number, record: RouteRecord): boolean {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS
    return (
      page[at + ATTACH] === record.attach &&
      page[at + PARENT_LOW] === record.parentLow &&
      page[at + PARENT_HIGH] === record.parentHigh &&
      this.isLife(row, record.incarnation)
    )
  }

  isLife(row: number, incarnation: Uint32Array): boolean {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS + INCARNATION
    return (
      page[at + 3] === incarnation[3] &&
      page[at + 2] === incarnation[2] &&
      page[at + 1] === incarnation[1] &&
      page[at] === incarnation[0]
    )
  }

  /** One word of the four that name the life. */
  lifeMixed(row: number): number {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS + INCARNATION
    return page[at]! ^ page[at + 1]! ^ page[at + 2]! ^ page[at + 3]!
  }

  /** The 16 bytes that name the life: a copy. */
  life(row: number): Uint8Array {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    for (let word = 0; word < 4; word++)
      view.setUint32(word * 4, this.#word(row, INCARNATION + word))
    return bytes
  }

  isSameLife(a: number, b: number): boolean {
    const page = this.#page(b)
    const at = (b & PAGE_MASK) * WORDS + INCARNATION
    const other = this.#page(a)
    const from = (a & PAGE_MASK) * WORDS + INCARNATION
    for (let word = 0; word < 4; word++) if (page[at + word] !== other[from + word]) return false
    return true
  }

  /** Behind a plain node: nobody knows its life, so the id stands for it (behind-plain.ts). */
  isMadeUp(row: number): boolean {
    return (this.#word(row, INCARNATION) | this.#word(row, INCARNATION + 1)) === 0
  }

  idHigh(row: number): number {
    return this.#word(row, ID_HIGH)
  }

  idLow(row: number): number {
    return this.#word(row, ID_LOW)
  }

  attach(row: number): number {
    return this.#word(row, ATTACH)
  }

  parentHigh(row: number): number {
    return this.#word(row, PARENT_HIGH)
  }

  parentLow(row: number): number {
    return this.#word(row, PARENT_LOW)
  }

  slot(row: number): number {
    return this.#word(row, PLACE) >>> 16
  }

  hops(row: number): number {
    return (this.#word(row, PLACE) >>> 8) & 0xff
  }

  marks(row: number): number {
    return this.#word(row, PLACE) & 0xff
  }

  mark(row: number, mark: number, on: boolean): void {
    const page = this.#page(row)
    const at = (row & PAGE_MASK) * WORDS + PLACE
    page[at] = on ? page[at]! | mark : page[at]! & ~mark
  }

  /** The first row of the chain of its id: where the id counts once. */
  isFirst(row: number): boolean {
    return (this.#word(row, PLACE) & MARK.FOLLOWS) === 0
  }

  /** The next row of the same id; -1 after the last. */
  nextOfId(row: number): number {
    return this.#word(row, NEXT_OF_ID) - 1
  }

  setNextOfId(row: number, next: number): void {
    this.#set(row, NEXT_OF_ID, next + 1)
  }

  nextInSet(row: number): number {
    return this.#word(row, NEXT_IN_SET) - 1
  }

  setNextInSet(row: number, next: number): void {
    this.#set(row, NEXT_IN_SET, next + 1)
  }

  beforeInSet(row: number): number {
    return this.#word(row, BEFORE_IN_SET) - 1
  }

  setBeforeInSet(row: number, before: number): void {
    this.#set(row, BEFORE_IN_SET, before + 1)
  }

  /** A number for what is kept beside the row; 0 is nothing. */
  ranges(row: number): number {
    return this.#word(row, RANGES)
  }

  setRanges(row: number, number: number): void {
    this.#set(row, RANGES, number)
  }

  #word(row: number, word: number): number {
    return this.#pages[row >>> PAGE_BITS]![(row & PAGE_MASK) * WORDS + word]!
  }

  #set(row: number, word: number, value: number): void {
    this.#pages[row >>> PAGE_BITS]![(row & PAGE_MASK) * WORDS + word] = value
  }

  #page(row: number): Uint32Array {
    return this.#pages[row >>> PAGE_BITS]!
  }
}
