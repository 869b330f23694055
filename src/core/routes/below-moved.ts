// What hangs below an id that has moved elsewhere is out of use with it, however many levels down.

import type { LearnedSet } from './learned-set.js'
import type { RouteTable } from './route-table.js'
import { MARK } from './row-store.js'

const HIDDEN = MARK.MOVED | MARK.BELOW_MOVED

/**
 * Marks the rows of a set anew by the way up from each: once over the set, whatever its depth, as a
 * neighbour chooses both.
 */
export class BelowMoved {
  readonly #table: RouteTable
  /** Before a row is marked, or its mark taken. */
  readonly #changes: (row: number) => void
  readonly #path: number[] = []

  constructor(table: RouteTable, changes: (row: number) => void) {
    this.#table = table
    this.#changes = changes
  }

  settle(set: LearnedSet): void {
    const { rows } = this.#table
    for (let row = set.first; row >= 0; row = rows.nextInSet(row)) {
      rows.mark(row, MARK.SETTLED, false)
    }
    for (let row = set.first; row >= 0; row = rows.nextInSet(row)) this.#settleFrom(set, row)
  }

  #settleFrom(set: LearnedSet, from: number): void {
    const { rows } = this.#table
    const path = this.#path
    path.length = 0
    let row = from
    // A row of its own way up is settled as well: a circle ends where it began.
    for (; row >= 0 && (rows.marks(row) & MARK.SETTLED) === 0; row = this.#above(set, row)) {
      rows.mark(row, MARK.SETTLED, true)
      path.push(row)
    }
    for (let at = path.length - 1; at >= 0; at--) {
      const hidden = row >= 0 && (rows.marks(row) & HIDDEN) !== 0
      row = path[at]!
      if (hidden === ((rows.marks(row) & MARK.BELOW_MOVED) !== 0)) continue
      this.#changes(row)
      this.#table.hide(row, MARK.BELOW_MOVED, hidden)
    }
  }

  #above(set: LearnedSet, row: number): number {
    const { rows } = this.#table
    return this.#table.rowIn(set, rows.parentHigh(row), rows.parentLow(row))
  }
}
