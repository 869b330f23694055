import test from 'ava'
import { RouteTable, SEEN, Standing } from '../../../src/core/routes/route-table.js'
import { MARK } from '../../../src/core/routes/row-store.js'
import { feeder, recordOf } from './_records.js'

function tableOf(roles: readonly ('child' | 'sibling' | 'parent')[]) {
  const table = new RouteTable()
  const sets = roles.map((role, at) => table.newSet(feeder(at + 1, role)))
  const add = (set: number, wish: Parameters<typeof recordOf>[0]): number =>
    table.insert(sets[set]!, recordOf(wish), table.find(wish.high ?? 0, wish.low))
  return { table, sets, add }
}

for (const [story, roles, hops, down, winner] of [
  ['a child before a sibling and a parent', ['parent', 'sibling', 'child'], [1, 1, 9], false, 2],
  ['a sibling before a parent', ['parent', 'sibling'], [1, 9], false, 1],
  ['fewer hops among equals', ['child', 'child'], [4, 3], false, 1],
  ['the lower neighbour where all is equal', ['child', 'child'], [3, 3], false, 0],
  ['only children for what came from above', ['sibling', 'child'], [1, 9], true, 1],
  ['nobody for what came from above, without a child', ['parent', 'sibling'], [1, 1], true, -1],
  ['nobody at all where only a parent could and it came from above', ['parent'], [1], true, -1],
] as const) {
  test(`the best record is ${story}`, (t) => {
    const { add, table } = tableOf(roles)
    const rows = hops.map((count, set) => add(set, { low: 5, hops: count }))
    t.is(table.best(0, 5, down), rows[winner] ?? -1)
  })
}

for (const [story, state, marks, usable, shown] of [
  ['a live record', 'live', 0, true, true],
  ['a record of a stale set', 'stale', 0, false, true],
  ['a record of a set that waits for its successor', 'waiting', 0, false, true],
  ['a record of a dead set', 'dead', 0, false, false],
  ['a record that a snapshot has confirmed', 'arriving', MARK.EPOCH, true, true],
  ['a record that a snapshot has not confirmed yet', 'arriving', 0, false, true],
  ['a record that has moved', 'live', MARK.MOVED, false, false],
  ['a record below one that has moved', 'live', MARK.BELOW_MOVED, false, false],
] as const) {
  test(`${story} is ${usable ? '' : 'not '}used, and ${shown ? '' : 'not '}shown`, (t) => {
    const { add, sets, table } = tableOf(['child', 'child'])
    const row = add(0, { low: 5 })
    sets[0]!.state = state
    sets[0]!.epoch = 1
    table.rows.mark(row, MARK.EPOCH, (marks & MARK.EPOCH) !== 0)
    if ((marks & ~MARK.EPOCH) !== 0) table.hide(row, marks, true)
    for (const down of [false, true]) t.is(table.best(0, 5, down), usable ? row : -1)
    t.is(table.bestShown(0, 5), shown ? row : -1)
    t.is(table.shownTo(sets[1]!, 0, 5), shown ? row : -1)
    t.is(table.shownTo(sets[0]!, 0, 5), -1)
  })
}

test('a record that is hidden no more is used again', (t) => {
  const { add, table } = tableOf(['child'])
  const row = add(0, { low: 5 })
  for (const mark of [MARK.MOVED, MARK.BELOW_MOVED]) {
    table.hide(row, mark, true)
    t.is(table.best(0, 5, false), -1)
    table.hide(row, mark, false)
    t.is(table.best(0, 5, false), row)
  }
})

test('the last record of an id is found whichever of the others goes first', (t) => {
  for (const order of [
    [0, 1],
    [1, 0],
    [0, 2],
    [2, 0],
    [1, 2],
    [2, 1],
  ] as const) {
    const { add, sets, table } = tableOf(['child', 'child', 'child'])
    const rows = [0, 1, 2].map((set) => add(set, { low: 5, hops: set }))
    for (const gone of order) table.remove(rows[gone]!)
    const left = rows[3 - order[0] - order[1]]!
    t.is(table.find(0, 5), left)
    t.is(table.best(0, 5, true), left)
    t.true(table.rows.isFirst(left))
    t.deepEqual(
      sets.map(({ size }) => size).reduce((a, b) => a + b),
      1,
    )
    table.remove(left)
    t.deepEqual([table.find(0, 5), table.best(0, 5, false), table.size], [-1, -1, 0])
  }
})

test('the life that had the id first counts until another is put first', (t) => {
  const { add, table } = tableOf(['child', 'child'])
  const old = add(0, { low: 5, life: 1, hops: 9 })
  const young = add(1, { low: 5, life: 2, hops: 1 })
  t.is(table.best(0, 5, false), old)
  table.toFirst(young)
  t.is(table.best(0, 5, false), young)
  t.deepEqual(
    [old, young].map((row) => table.rows.isFirst(row)),
    [false, true],
  )
  table.toLast(young)
  t.is(table.best(0, 5, false), old)
  t.deepEqual(
    [old, young].map((row) => table.rows.isFirst(row)),
    [true, false],
  )
})

test('a life that nobody knows gives way to one that somebody does', (t) => {
  const { add, table } = tableOf(['child', 'parent'])
  add(0, { low: 5, life: 0 })
  const known = add(1, { low: 5, life: 2 })
  t.is(table.best(0, 5, false), known)
})

for (const [story, roles, up, down] of [
  ['nobody', [], SEEN.BY_NOBODY, SEEN.BY_NOBODY],
  ['all but the one child that has it', ['child'], 1, 1],
  ['children only, if it came from a parent', ['parent'], SEEN.BY_NOBODY, 1],
  ['children only, if it came from the side', ['sibling', 'parent'], SEEN.BY_NOBODY, SEEN.BY_ALL],
  ['all, if two children have it', ['child', 'child'], SEEN.BY_ALL, SEEN.BY_ALL],
  ['all below, if a child and a parent have it', ['child', 'parent'], 1, SEEN.BY_ALL],
] as const) {
  test(`an id is seen by ${story}`, (t) => {
    const { add, table } = tableOf(roles)
    for (const set of roles.keys()) add(set, { low: 5 })
    const standing = new Standing()
    table.standing(table.find(0, 5), standing)
    t.deepEqual([standing.up, standing.down], [up, down])
  })
}

test('the rows of a set stay chained whichever go', (t) => {
  const { add, sets, table } = tableOf(['child'])
  const rows = new Map([1, 2, 3, 4, 5].map((low) => [low, add(0, { low })]))
  for (const [gone, left] of [
    [3, [5, 4, 2, 1]],
    [5, [4, 2, 1]],
    [1, [4, 2]],
    [4, [2]],
    [2, []],
  ] as const) {
    table.remove(rows.get(gone)!)
    const found: number[] = []
    for (let row = sets[0]!.first; row >= 0; row = table.rows.nextInSet(row)) {
      found.push(table.rows.idLow(row))
    }
    t.deepEqual(found, [...left])
  }
})

test('a sweep under way goes on behind a row that is removed', (t) => {
  const { add, sets, table } = tableOf(['child'])
  const [first, second] = [1, 2].map((low) => add(0, { low }))
  sets[0]!.sweepAt = second!
  table.remove(second!)
  t.is(sets[0]!.sweepAt, first!)
})

test('a million ids on one link take at most 88 bytes each, by their share of a smaller table', (t) => {
  const { add, table } = tableOf(['parent'])
  // Full pages, and segments in the middle of their growth, as a million has them.
  const count = 62_500
  for (let low = 1; low <= count; low++) add(0, { low })
  t.true(table.bytes / count <= 88, `${table.bytes / count}`)
})
