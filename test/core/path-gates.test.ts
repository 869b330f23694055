import test from 'ava'
import type { Connection } from '../../src/core/connection.js'
import type { Link } from '../../src/core/link.js'
import { PathGates } from '../../src/core/path-gates.js'
import { RouteTable } from '../../src/core/routes/route-table.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { join, stateOf } from './_links.js'

const SIBLING = 0x20
/** Marks of one link that are remembered (path-gates.ts). */
const MARKS_MAX = 64

class Bench {
  readonly state = stateOf(0x10n)
  readonly link: Link = join(this.state, BigInt(SIBLING), 'sibling')
  readonly #gates = new PathGates(this.state, new RouteTable())
  readonly #data = new DataCursor()

  announced(...marks: bigint[]): this {
    for (const mark of marks) this.#gates.announced(this.link, mark)
    return this
  }

  marked(...marks: bigint[]): this {
    for (const mark of marks) this.#gates.marked(0, SIBLING, mark)
    return this
  }

  /** `opening`: a link comes up beside an older path; `closing`: it goes back to that. */
  shut(gate: 'opening' | 'closing' = 'opening'): this {
    this.#gates.shut(this.link, gate)
    return this
  }

  expired(): this {
    this.#gates.expired(this.link)
    return this
  }

  get waits(): boolean {
    return this.#gates.holds(this.link.path as Connection, this.link, this.#data)
  }

  get isActive(): boolean {
    return this.#gates.isActive
  }
}

test('what comes by a link waits for each mark that was announced on it', (t) => {
  const bench = new Bench()
  t.false(bench.waits)
  t.true(bench.announced(1n, 2n).waits)
  t.true(bench.marked(2n).waits)
  t.false(bench.marked(1n).waits)
  t.false(bench.isActive)
})

test('a mark that came before the link announced it is not waited for', (t) => {
  t.false(new Bench().marked(1n).announced(1n).waits)
  t.true(new Bench().marked(1n).announced(1n, 1n).waits)
})

test('the first mark of a link does not stand for one that was announced', (t) => {
  const bench = new Bench().shut().announced(1n)
  t.true(bench.marked(0n).waits)
  t.false(bench.marked(1n).waits)
  t.true(new Bench().shut().announced(1n).marked(1n).waits)
})

test('of marks that nobody announced the last 64 are remembered, and the first of a link never', (t) => {
  const many = Array.from({ length: MARKS_MAX + 1 }, (_, at) => BigInt(at + 1))
  t.true(new Bench().marked(...many).announced(1n).waits)
  t.false(new Bench().marked(...many).announced(2n, BigInt(MARKS_MAX + 1)).waits)
  t.true(new Bench().marked(0n).shut().waits)
})

test('a sibling that announces marks without end waits for as many as are remembered', (t) => {
  const many = Array.from({ length: MARKS_MAX * 2 }, (_, at) => BigInt(at + 1))
  const bench = new Bench().announced(...many)
  t.true(bench.waits)
  t.false(bench.marked(...many.slice(0, MARKS_MAX)).waits)
})

test('a link that goes back to the old path waits for no mark any more', (t) => {
  t.false(new Bench().shut('closing').announced(1n).waits)
})

test('after a mark that did not come in time none is waited for until one comes', (t) => {
  const bench = new Bench().announced(1n).expired()
  t.false(bench.waits)
  t.false(bench.announced(2n).waits)
  t.true(bench.marked(2n).announced(3n).waits)
})
