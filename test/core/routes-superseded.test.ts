import test from 'ava'
import { ChangeLog } from '../../src/core/routes/change-log.js'
import type { LearnedSet } from '../../src/core/routes/learned-set.js'
import { Learning } from '../../src/core/routes/learning.js'
import { RouteTable } from '../../src/core/routes/route-table.js'
import { NO_RANGES, RouteRecord } from '../../src/wire/route-record.js'

const MOVED = 0x10
const BELOW = 0x11
const LOWER = 0x12
const LOWEST = 0x13
const APART = 0x20

const LIFE = 7
const OTHER_LIFE = 8

/**
 * The first parent still has `MOVED`, which the second knows with a higher attach; the third knows
 * another life of it.
 */
class Bench {
  readonly #table = new RouteTable()
  readonly #learning = new Learning(this.#table, new ChangeLog())
  readonly #old: LearnedSet
  readonly #other: LearnedSet
  readonly #third: LearnedSet

  constructor() {
    this.#old = this.#table.newSet({ number: 1, idHigh: 0, idLow: 1, role: 'parent' })
    this.#other = this.#table.newSet({ number: 2, idHigh: 0, idLow: 2, role: 'parent' })
    this.#third = this.#table.newSet({ number: 3, idHigh: 0, idLow: 3, role: 'parent' })
  }

  /** The first parent says where an id hangs. */
  says(id: number, parent: number): this {
    return this.#learn(this.#old, id, parent, 0)
  }

  moves(): this {
    return this.#learn(this.#other, MOVED, 2, 1)
  }

  hasTwin(): this {
    return this.#learn(this.#third, MOVED, 3, 0, OTHER_LIFE)
  }

  /** The second parent knows it as another life now. */
  restarts(): this {
    return this.#learn(this.#other, MOVED, 2, 1, OTHER_LIFE)
  }

  #learn(set: LearnedSet, id: number, parent: number, attach: number, life = LIFE): this {
    const record = new RouteRecord()
    record.idLow = id
    record.incarnation.set([id, life, life, life])
    record.parentLow = parent
    record.attach = attach
    record.ranges = NO_RANGES
    this.#learning.learn(set, record)
    this.#learning.settle()
    return this
  }

  forgets(id: number): this {
    this.#learning.unlearn(this.#old, 0, id, 4)
    this.#learning.settle()
    return this
  }

  used(...ids: number[]): boolean[] {
    return ids.map((id) => this.#table.best(0, id, false) >= 0)
  }
}

test('what hangs below an id that has moved is out of use, however deep', (t) => {
  const bench = new Bench().says(MOVED, 1).says(BELOW, MOVED).says(LOWER, BELOW).moves()
  t.deepEqual(bench.used(MOVED, BELOW, LOWER), [true, false, false])
})

test('an id that goes below one that has moved takes along what hangs below it', (t) => {
  const bench = new Bench().says(MOVED, 1).moves()
  bench.says(BELOW, APART).says(LOWER, BELOW).says(LOWEST, LOWER)
  t.deepEqual(bench.used(BELOW, LOWER, LOWEST), [true, true, true])
  bench.says(BELOW, MOVED)
  t.deepEqual(bench.used(BELOW, LOWER, LOWEST), [false, false, false])
  bench.says(BELOW, APART)
  t.deepEqual(bench.used(BELOW, LOWER, LOWEST), [true, true, true])
})

test('records that come before the one above them are out of use as soon as it comes', (t) => {
  const bench = new Bench().says(MOVED, 1).moves()
  bench.says(LOWEST, LOWER).says(LOWER, BELOW)
  t.deepEqual(bench.used(LOWER, LOWEST), [true, true])
  bench.says(BELOW, MOVED)
  t.deepEqual(bench.used(BELOW, LOWER, LOWEST), [false, false, false])
})

test('when a record that has moved is withdrawn, what hung below it is used again', (t) => {
  const bench = new Bench().says(MOVED, 1).moves().says(BELOW, MOVED).says(LOWER, BELOW)
  t.deepEqual(bench.used(MOVED, BELOW, LOWER), [true, false, false])
  bench.forgets(MOVED)
  t.deepEqual(bench.used(MOVED, BELOW, LOWER), [true, true, true])
})

test('what has moved is out of use, whichever life of its id counts', (t) => {
  const bench = new Bench().hasTwin().says(MOVED, 1).says(BELOW, MOVED).moves()
  t.deepEqual(bench.used(MOVED, BELOW), [true, false])
})

test('what had moved counts again when nobody knows its life with a higher attach', (t) => {
  const bench = new Bench().hasTwin().says(MOVED, 1).says(BELOW, MOVED).moves().restarts()
  t.deepEqual(bench.used(MOVED, BELOW), [true, true])
})
