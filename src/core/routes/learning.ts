// Every change of the routing table goes through here, so that none is left out of the log.

import type { RouteRecord } from '../../wire/route-record.js'
import { highHalf, lowHalf } from '../bus-id.js'
import { BelowMoved } from './below-moved.js'
import type { ChangeDamper } from './change-damper.js'
import type { Feeder, LearnedSet } from './learned-set.js'
import { CHILD_RANK } from './learned-set.js'
import { Ranges } from './ranges.js'
import { type RouteTable, SEEN, Standing, seenMore } from './route-table.js'
import { MARK } from './row-store.js'

const HIDDEN = MARK.MOVED | MARK.BELOW_MOVED

const NOBODY = new Standing()

/** Rows that one call sweeps: a few milliseconds. */
export const SWEEP_ROWS = 4_096

export class Learning {
  readonly #table: RouteTable
  readonly #log: Pick<ChangeDamper, 'append'>
  readonly #before = new Standing()
  readonly #present = new Standing()
  readonly ranges = new Ranges()
  /** Sets with a row whose place below a moved id has changed. */
  readonly #unsettled = new Set<LearnedSet>()
  readonly #below: BelowMoved

  constructor(table: RouteTable, log: Pick<ChangeDamper, 'append'>) {
    this.#table = table
    this.#log = log
    this.#below = new BelowMoved(table, (row) => this.#touchRow(row, 0))
  }

  /** Notes how things stand with an id that is about to change; `head` begins its chain. */
  #touch(head: number, high: number, low: number, reason: number): void {
    this.#table.standing(head, this.#before)
    this.#log.append(high, low, this.#before, reason)
  }

  #touchRow(row: number, reason: number): void {
    const { rows } = this.#table
    const high = rows.idHigh(row)
    const low = rows.idLow(row)
    this.#table.standing(rows.isFirst(row) ? row : this.#table.find(high, low), this.#before)
    this.#log.append(high, low, this.#before, reason, this.#concernsUp(row))
  }

  /** True where the set says something of the id that it did not say before. */
  learn(set: LearnedSet, record: RouteRecord): boolean {
    const { rows } = this.#table
    const { idHigh, idLow } = record
    const head = this.#table.find(idHigh, idLow)
    const row = this.#table.rowFrom(head, set)
    if (row < 0) {
      // Most of what is learned is new: then nobody could see it.
      if (head < 0) this.#log.append(idHigh, idLow, NOBODY, 0, set.rank === CHILD_RANK)
      else this.#touch(head, idHigh, idLow, 0)
      const fresh = this.#table.insert(set, record, head)
      rows.setRanges(fresh, this.ranges.add(record.ranges))
      this.#placeBelow(set, fresh)
      if (head >= 0) this.#remark(fresh)
      return true
    }
    const isConfirmed = (rows.marks(row) & MARK.EPOCH) === set.epoch || set.state !== 'arriving'
    const isSame = rows.says(row, record) && this.ranges.are(rows.ranges(row), record.ranges)
    if (isSame && isConfirmed) {
      rows.mark(row, MARK.EPOCH, set.epoch !== 0)
      return false
    }
    this.#touch(head, idHigh, idLow, 0)
    this.#replace(set, row, record)
    return !isSame
  }

  #replace(set: LearnedSet, row: number, record: RouteRecord): void {
    const { rows } = this.#table
    rows.mark(row, MARK.EPOCH, set.epoch !== 0)
    const isOtherLife = !rows.isLife(row, record.incarnation)
    const left = isOtherLife ? this.#another(row) : -1
    const parentStays =
      rows.parentLow(row) === record.parentLow && rows.parentHigh(row) === record.parentHigh
    rows.write(row, record)
    this.ranges.drop(rows.ranges(row))
    rows.setRanges(row, this.ranges.add(record.ranges))
    if (isOtherLife) this.#table.toLast(row)
    if (!parentStays) this.#placeBelow(set, row)
    this.#remark(left)
    this.#remark(row)
  }

  /** The link takes its word back; false where the set does not have the id. */
  unlearn(set: LearnedSet, high: number, low: number, reason: number): boolean {
    const row = this.#table.rowIn(set, high, low)
    if (row < 0) return false
    this.#touchRow(row, reason)
    this.#drop(row)
    return true
  }

  #drop(row: number): void {
    const { rows } = this.#table
    const set = this.#table.setOf(row)
    const wasHidden = (rows.marks(row) & HIDDEN) !== 0
    const left = this.#another(row)
    this.ranges.drop(rows.ranges(row))
    this.#table.remove(row)
    if (wasHidden) this.#unsettled.add(set)
    this.#remark(left)
  }

  /** The life of this record counts from now on, whoever had the id before. */
  promote(row: number, reason: number): void {
    this.#touchRow(row, reason)
    this.#table.toFirst(row)
  }

  /** The record counts as before, but not for everybody. */
  mark(row: number, mark: number, on: boolean): void {
    const { rows } = this.#table
    this.#touchRow(row, 0)
    rows.mark(row, mark, on)
  }

  /** All that the set shows is about to change its worth. */
  touchSet(set: LearnedSet): void {
    const { rows } = this.#table
    for (let row = set.first; row >= 0; row = rows.nextInSet(row)) this.#touchRow(row, 0)
  }

  /** What the neighbour itself is known by has changed, though no record of it came. */
  touchNeighbour(set: LearnedSet): void {
    const row = this.#table.rowIn(set, set.link.idHigh, set.link.idLow)
    if (row >= 0) this.#touchRow(row, 0)
  }

  /** Notes an id whose record is not in the table: our own. */
  touchAlone(id: bigint): void {
    this.#before.up = SEEN.BY_ALL
    this.#before.down = SEEN.BY_ALL
    this.#log.append(highHalf(id), lowHalf(id), this.#before, 0)
  }

  /**
   * Sweeps some rows of a set, all or only those that the last snapshot did not confirm, but never
   * that of the neighbour itself while its link stands. True when it is done.
   */
  sweep(set: LearnedSet, reason: number): boolean {
    const { rows } = this.#table
    const all = set.state === 'dead'
    let row = all ? set.first : set.sweepAt
    for (let count = 0; row >= 0 && count < SWEEP_ROWS; count++) {
      const next = rows.nextInSet(row)
      if (all) this.#sweepDead(set, row, reason)
      else if ((rows.marks(row) & MARK.EPOCH) !== set.epoch) this.#sweepOne(row, reason)
      row = next
    }
    set.sweepAt = row
    return row < 0
  }

  #sweepOne(row: number, reason: number): void {
    this.#touchRow(row, reason)
    this.#drop(row)
  }

  /** The set counts for nothing any more, but until now its ids were seen, or hid others. */
  #sweepDead(set: LearnedSet, row: number, reason: number): void {
    const { rows } = this.#table
    const high = rows.idHigh(row)
    const low = rows.idLow(row)
    const head = rows.isFirst(row) ? row : this.#table.find(high, low)
    const { state } = set
    // Its life may have been the one that counted: then the others' records of it go as well.
    set.state = 'live'
    this.#table.standing(head, this.#before)
    set.state = state
    if (rows.nextOfId(head) >= 0) {
      this.#table.standing(head, this.#present)
      this.#before.include(this.#present)
    }
    if ((rows.marks(row) & HIDDEN) === 0) {
      include(this.#before, set.link, set.rank === CHILD_RANK)
    }
    this.#log.append(high, low, this.#before, reason, this.#concernsUp(row))
    this.#drop(row)
  }

  /** A child has the id, too. */
  #concernsUp(row: number): boolean {
    const { rows } = this.#table
    const isAlone = rows.isFirst(row) && rows.nextOfId(row) < 0
    return !isAlone || this.#table.setOf(row).rank === CHILD_RANK
  }

  /** Another record of the same life of the id; -1 for none. */
  #another(row: number): number {
    const { rows } = this.#table
    if (rows.isFirst(row) && rows.nextOfId(row) < 0) return -1
    let other = this.#table.find(rows.idHigh(row), rows.idLow(row))
    while (other >= 0 && (other === row || !rows.isSameLife(other, row))) {
      other = rows.nextOfId(other)
    }
    return other
  }

  /**
   * Of several records of one life the highest attach counts; the others, and what their links
   * have below them, are out of use until those links withdraw them. That holds for a life that is
   * not the one in use as well: what is below it would be sent to where it no longer is.
   */
  #remark(one: number): void {
    const { rows } = this.#table
    if (one < 0) return
    const head = this.#table.find(rows.idHigh(one), rows.idLow(one))
    if (rows.nextOfId(head) < 0 && (rows.marks(head) & MARK.MOVED) === 0) return
    let attach = 0
    for (let row = head; row >= 0; row = rows.nextOfId(row)) {
      if (this.#counts(one, row)) attach = Math.max(attach, rows.attach(row))
    }
    for (let row = head; row >= 0; row = rows.nextOfId(row)) {
      const isMoved = this.#counts(one, row) && rows.attach(row) < attach
      const was = (rows.marks(row) & MARK.MOVED) !== 0
      if (isMoved !== was && rows.isSameLife(one, row)) this.#markMoved(row, isMoved)
    }
  }

  #counts(one: number, row: number): boolean {
    return this.#table.setOf(row).counts && this.#table.rows.isSameLife(one, row)
  }

  #markMoved(row: number, isMoved: boolean): void {
    const set = this.#table.setOf(row)
    this.#table.hide(row, MARK.MOVED, isMoved)
    set.moved += isMoved ? 1 : -1
    this.#unsettled.add(set)
  }

  /** Marks a row by what is above it. What is below it may be there already: see `settle`. */
  #placeBelow(set: LearnedSet, row: number): void {
    const hidden = set.moved > 0 && this.#isBelowMoved(set, row)
    if (hidden === ((this.#table.rows.marks(row) & MARK.BELOW_MOVED) !== 0)) return
    this.#table.hide(row, MARK.BELOW_MOVED, hidden)
    this.#unsettled.add(set)
  }

  /**
   * To be called behind what came together, before a message is sent: records come in any order,
   * and one that went below a moved id takes along what is below it.
   */
  settle(): void {
    for (const set of this.#unsettled) if (set.state !== 'dead') this.#below.settle(set)
    this.#unsettled.clear()
  }

  #isBelowMoved(set: LearnedSet, row: number): boolean {
    const { rows } = this.#table
    const above = this.#table.rowIn(set, rows.parentHigh(row), rows.parentLow(row))
    return above >= 0 && (rows.marks(above) & HIDDEN) !== 0
  }
}

function include(standing: Standing, link: Feeder, isChild: boolean): void {
  standing.down = seenMore(standing.down, link.number)
  if (isChild) standing.up = seenMore(standing.up, link.number)
}
