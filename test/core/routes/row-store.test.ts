import test from 'ava'
import { MARK, RowStore } from '../../../src/core/routes/row-store.js'
import { RouteRecord } from '../../../src/wire/route-record.js'
import { Random, seedOfRun } from '../../wire/_random.js'
import { recordOf } from './_records.js'

test('a row gives back what was written, at the borders of every field', (t) => {
  const rows = new RowStore()
  const cases = [
    recordOf({ low: 1 }),
    recordOf({ high: 0xffff_ffff, low: 0xffff_ffff, attach: 0xffff_ffff, hops: 255 }),
    recordOf({ high: 0x8000_0000, low: 0, life: 0xffff_ffff, parent: 0x8000_0000, hops: 0 }),
  ]
  for (const record of cases) {
    const row = rows.take(65_534, MARK.EPOCH, record)
    const read = new RouteRecord()
    rows.read(row, read)
    t.deepEqual(read, record)
    t.is(rows.slot(row), 65_534)
    t.is(rows.marks(row), MARK.EPOCH)
    t.deepEqual([rows.nextOfId(row), rows.ranges(row)], [-1, 0])
  }
})

test('marks, hops and the slot share a word and leave each other alone', (t) => {
  const rows = new RowStore()
  const row = rows.take(0xfffe, 0, recordOf({ low: 5, hops: 9 }))
  for (const mark of Object.values(MARK)) {
    rows.mark(row, mark, true)
    t.deepEqual([rows.slot(row), rows.hops(row), rows.marks(row)], [0xfffe, 9, mark])
    rows.write(row, recordOf({ low: 5, hops: 200 }))
    t.deepEqual([rows.slot(row), rows.hops(row), rows.marks(row)], [0xfffe, 200, mark])
    rows.write(row, recordOf({ low: 5, hops: 9 }))
    rows.mark(row, mark, false)
    t.is(rows.marks(row), 0)
  }
})

test('a row says the same only for the same life, attach and parent, whatever the hops', (t) => {
  const rows = new RowStore()
  const row = rows.take(0, 0, recordOf({ low: 7, life: 3, attach: 2, parent: 9, hops: 4 }))
  const cases = [
    [recordOf({ low: 7, life: 3, attach: 2, parent: 9, hops: 5 }), true],
    [recordOf({ low: 7, life: 4, attach: 2, parent: 9 }), false],
    [recordOf({ low: 7, life: 3, attach: 3, parent: 9 }), false],
    [recordOf({ low: 7, life: 3, attach: 2, parent: 8 }), false],
  ] as const
  for (const [record, same] of cases) t.is(rows.says(row, record), same)
})

test('rows that were given back are used again, last first, and hold nothing of before', (t) => {
  const rows = new RowStore()
  const taken = [1, 2, 3].map((low) => rows.take(1, MARK.MOVED, recordOf({ low, attach: 7 })))
  for (const row of taken) {
    rows.setNextOfId(row, 2)
    rows.setRanges(row, 5)
    rows.give(row)
    t.false(rows.isUsed(row))
  }
  t.is(rows.size, 0)
  const again = [4, 5, 6].map((low) => rows.take(2, 0, recordOf({ low })))
  t.deepEqual(again, taken.toReversed())
  for (const row of again) {
    t.deepEqual([rows.marks(row), rows.attach(row), rows.nextOfId(row)], [0, 0, -1])
    t.deepEqual([rows.ranges(row), rows.slot(row)], [0, 2])
  }
  t.is(rows.top, 3)
})

test('rows keep their place and content through random takes and gives, over many pages', (t) => {
  const random = new Random(seedOfRun())
  const rows = new RowStore()
  const model = new Map<number, number>()
  for (let step = 1; step <= 60_000; step++) {
    if (random.once(4) && model.size > 0) {
      const row = random.below(rows.top)
      if (model.delete(row)) rows.give(row)
    } else {
      const row = rows.take(3, 0, recordOf({ low: step, attach: step }))
      if (model.has(row)) t.fail(`row ${row} is in use`)
      model.set(row, step)
    }
  }
  t.is(rows.size, model.size)
  t.true(rows.top > 16_384)
  for (let row = 0; row < rows.top; row++) {
    const low = model.get(row)
    if (rows.isUsed(row) !== (low !== undefined)) t.fail(`use of row ${row}`)
    if (low !== undefined && (rows.idLow(row) !== low || rows.attach(row) !== low)) {
      t.fail(`row ${row}`)
    }
  }
})

test('memory of pages that a sweep has emptied is given back, and taken again', (t) => {
  const rows = new RowStore()
  const taken: number[] = []
  const fill = (): void => {
    while (taken.length < 100_000) taken.push(rows.take(1, 0, recordOf({ low: taken.length + 1 })))
  }
  fill()
  const { bytes, top } = rows
  for (const row of taken.splice(1)) rows.give(row)
  // The first page, one to spare, and the last, which was never whole.
  t.true(rows.bytes * 2 <= bytes, `${rows.bytes} of ${bytes}`)
  t.is(rows.idLow(taken[0] ?? -1), 1)
  for (let row = 0; row < top; row++) t.is(rows.isUsed(row), row === taken[0])
  fill()
  t.deepEqual([rows.bytes, rows.top, new Set(taken).size], [bytes, top, 100_000])
  for (const [at, row] of taken.entries()) if (rows.idLow(row) !== at + 1) t.fail(`row ${row}`)
})

test('an id that comes and goes at the border of a page does not cost a page each time', (t) => {
  const rows = new RowStore()
  for (let low = 1; low <= 3 * 16_384; low++) rows.take(1, 0, recordOf({ low }))
  const first = 16_384
  for (let row = first; row < 2 * 16_384; row++) rows.give(row)
  const { bytes } = rows
  for (let round = 0; round < 3; round++) {
    const row = rows.take(1, 0, recordOf({ low: 5 }))
    t.is(rows.bytes, bytes)
    rows.give(row)
    t.is(rows.bytes, bytes)
  }
})
