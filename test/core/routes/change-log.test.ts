import test from 'ava'
import { ChangeLog, LOG_IDS_MAX, LogEntry } from '../../../src/core/routes/change-log.js'
import { SEEN, Standing } from '../../../src/core/routes/route-table.js'
import { Random, seedOfRun } from '../../wire/_random.js'

function before(up: number, down: number): Standing {
  const standing = new Standing()
  standing.up = up
  standing.down = down
  return standing
}

function read(log: ChangeLog, number: number): LogEntry {
  const entry = new LogEntry()
  log.read(number, entry)
  return entry
}

function isLast(log: ChangeLog, number: number): boolean {
  return log.isLast(number, read(log, number))
}

test('a change is read as it was written, at the borders of its fields', (t) => {
  const log = new ChangeLog()
  log.append(0xffff_ffff, 0x8000_0000, before(SEEN.BY_ALL, 7), 5)
  log.append(0, 1, before(SEEN.BY_NOBODY, SEEN.BY_ALL), 0)
  t.like(read(log, 1), { idHigh: 0xffff_ffff, idLow: 0x8000_0000, up: -1, down: 7, reason: 5 })
  t.like(read(log, 2), { idHigh: 0, idLow: 1, up: 0, down: -1, reason: 0 })
  t.deepEqual([log.head, log.tail], [2, 0])
})

for (const [story, first, second, merged] of [
  ['nobody saw it either time', 0, 0, 0],
  ['one saw it first', 7, 0, 7],
  ['one saw it later', 0, 7, 7],
  ['the same one saw it twice', 7, 7, 7],
  ['two different ones saw it', 7, 8, SEEN.BY_ALL],
  ['everybody saw it first', SEEN.BY_ALL, 7, SEEN.BY_ALL],
  ['everybody saw it later', 7, SEEN.BY_ALL, SEEN.BY_ALL],
] as const) {
  test(`the later change of an id stands for both: ${story}`, (t) => {
    for (const readsBetween of [false, true]) {
      const log = new ChangeLog()
      log.append(1, 1, before(first, 0), 1)
      if (readsBetween) t.true(isLast(log, 1))
      log.append(2, 2, before(5, 5), 1)
      log.append(1, 1, before(second, 0), 2)
      t.deepEqual(
        [1, 2, 3].map((number) => isLast(log, number)),
        [false, true, true],
      )
      t.like(read(log, 3), { up: merged, down: 0, reason: 2 })
    }
  })
}

test('a change that concerns children only moves no parent, unless it stands for another', (t) => {
  const log = new ChangeLog()
  log.append(0, 1, before(0, 0), 0, false)
  t.is(log.upHead, 0)
  t.false(log.concernsUp(1))
  log.append(0, 2, before(3, 3), 2, true)
  t.is(log.upHead, 2)
  log.append(0, 2, before(0, 0), 0, false)
  t.true(log.concernsUp(3))
  t.is(log.upHead, 3)
  log.append(0, 1, before(0, 4), 0, false)
  t.false(log.concernsUp(4))
  t.is(log.upHead, 3)
})

test('the log holds its bound of ids and forgets the oldest, whether it is read or not', (t) => {
  for (const readEvery of [1, 1_000, 100_000, Number.POSITIVE_INFINITY]) {
    const log = new ChangeLog()
    const count = LOG_IDS_MAX * 2 + 1_234
    for (let low = 1; low <= count; low++) {
      log.append(0, low, before(0, 0), 1)
      if (low % readEvery === 0) t.true(isLast(log, low))
    }
    t.deepEqual([log.head, log.tail], [count, count - LOG_IDS_MAX])
    t.true(log.bytes <= LOG_IDS_MAX * 28, `${log.bytes}`)
    for (const number of [log.tail + 1, log.tail + 2, log.head - 1, log.head]) {
      t.is(read(log, number).idLow, number)
      t.true(isLast(log, number))
    }
  }
})

interface Told {
  low: number
  up: number
}

/** What a reader behind `from` must learn of each id: who saw it at any time since. */
function truth(all: readonly Told[], from: number): Map<number, number> {
  const seen = new Map<number, number>()
  for (const { low, up } of all.slice(from)) {
    const old = seen.get(low) ?? SEEN.BY_NOBODY
    if (old === SEEN.BY_NOBODY || up === old) seen.set(low, up)
    else if (up !== SEEN.BY_NOBODY) seen.set(low, SEEN.BY_ALL)
  }
  return seen
}

test('a reader at any place learns of each id once, and who saw it since at the least', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 12; round++) {
    const log = new ChangeLog()
    const all: Told[] = []
    const range = 40 << (round % 12)
    const steps = round % 3 === 0 ? LOG_IDS_MAX + random.below(LOG_IDS_MAX) : random.below(3_000)
    const readOnceIn = 1 + random.below(2_000)
    for (let step = 0; step < steps; step++) {
      const told = { low: 1 + random.below(range), up: random.below(4) - 1 }
      all.push(told)
      log.append(0, told.low, before(told.up, 0), 0)
      if (random.once(readOnceIn)) isLast(log, log.head)
    }
    const from = log.tail + random.below(log.head - log.tail + 1)
    const found = new Map<number, number>()
    for (let number = from + 1; number <= log.head; number++) {
      const entry = read(log, number)
      if (!log.isLast(number, entry)) continue
      if (found.has(entry.idLow)) t.fail(`id ${entry.idLow} is told twice`)
      found.set(entry.idLow, entry.up)
    }
    const wanted = truth(all, from)
    t.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort())
    for (const [low, up] of wanted) {
      const told = found.get(low)
      // More may be told than this reader missed, never less.
      const covers = up === SEEN.BY_NOBODY || told === up || told === SEEN.BY_ALL
      if (!covers) t.fail(`id ${low}: ${told}, not ${up}`)
    }
  }
})
