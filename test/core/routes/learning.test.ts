import test, { type ExecutionContext } from 'ava'
import { ChangeLog } from '../../../src/core/routes/change-log.js'
import type { LearnedSet } from '../../../src/core/routes/learned-set.js'
import { Learning, SWEEP_ROWS } from '../../../src/core/routes/learning.js'
import { RouteTable, SEEN } from '../../../src/core/routes/route-table.js'
import { REMOVE_REASON } from '../../../src/wire/route-messages.js'
import { Random, seedOfRun } from '../../wire/_random.js'
import { feeder, recordOf } from './_records.js'
import { type ModelSet, TableModel } from './_table-model.js'

const ROLES = ['child', 'child', 'child', 'sibling', 'parent', 'parent'] as const
const IDS = 12

interface Pair {
  readonly ours: LearnedSet
  readonly theirs: ModelSet
}

/** What each of the sets' neighbours is told of an id. */
type View = readonly string[]

interface Noted {
  readonly low: number
  readonly up: number
  readonly down: number
  readonly concernsUp: boolean
}

/** Notes what is appended, before later changes are joined with it. */
class NotingLog extends ChangeLog {
  noted: Noted[] = []

  override append(...args: Parameters<ChangeLog['append']>): void {
    const [, low, { up, down }, , concernsUp = true] = args
    this.noted.push({ low, up, down, concernsUp })
    super.append(...args)
  }
}

class Rig {
  readonly table = new RouteTable()
  readonly log = new NotingLog()
  readonly learning = new Learning(this.table, this.log)
  readonly model = new TableModel()
  readonly pairs: Pair[] = ROLES.map((_, at) => this.newPair(at, at + 1))

  newPair(at: number, number: number): Pair {
    const role = ROLES[at]!
    return {
      ours: this.table.newSet(feeder(number, role)),
      theirs: { number, role, dead: false },
    }
  }

  learn({ ours, theirs }: Pair, low: number, random: Random): void {
    const life = random.below(3)
    const attach = random.below(3)
    const hops = 1 + random.below(3)
    this.learning.learn(ours, recordOf({ low, life, attach, hops }))
    const held = this.model.chain(low).find(({ set }) => set === theirs)
    // Hops alone are no change: what was said first stays.
    const isSame = held?.life === life && held.attach === attach
    if (!isSame) this.model.learn({ set: theirs, low, life, attach, hops })
  }

  views(low: number): View {
    return this.pairs.map(({ ours }) => {
      const row = this.table.shownTo(ours, 0, low)
      if (row < 0) return ''
      const { rows } = this.table
      // Hops alone are no change, and which set says it is none of the viewer's business.
      return `${rows.attach(row)} ${rows.isMadeUp(row)} ${rows.isLife(row, recordOf({ low }).incarnation)}`
    })
  }
}

function check(t: ExecutionContext, rig: Rig, low: number, story: string): void {
  const { model, pairs, table } = rig
  const nameOf = (row: number): number => (row < 0 ? 0 : table.setOf(row).link.number)
  for (const down of [false, true]) {
    const wanted = model.best(low, down)?.set.number ?? 0
    if (nameOf(table.best(0, low, down)) !== wanted) t.fail(`${story}: best, down ${down}`)
  }
  for (const { ours, theirs } of pairs) {
    const wanted = model.shownTo(theirs, low)?.set.number ?? 0
    if (nameOf(table.shownTo(ours, 0, low)) !== wanted) t.fail(`${story}: to ${theirs.number}`)
  }
}

/** Whoever sees something else than before finds it in the log, and that it did see it. */
function checkLog(t: ExecutionContext, rig: Rig, low: number, was: View): void {
  const now = rig.views(low)
  for (const [at, { theirs }] of rig.pairs.entries()) {
    if (was[at] === now[at]) continue
    const up = theirs.role !== 'child'
    const isTold = rig.log.noted.some((change) => {
      const seen = up ? change.up : change.down
      const saw = seen !== SEEN.BY_NOBODY && seen !== theirs.number
      return change.low === low && (saw || was[at] === '') && (!up || change.concernsUp)
    })
    if (!isTold) t.fail(`id ${low}: ${theirs.number} saw ${was[at]}, sees ${now[at]}`)
  }
}

test('learning agrees with the page through random words of many links', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 20; round++) {
    const rig = new Rig()
    let number = ROLES.length
    for (let step = 0; step < 1_000; step++) {
      const low = 1 + random.below(IDS)
      const at = random.below(ROLES.length)
      const pair = rig.pairs[at]!
      rig.log.noted = []
      const was = rig.views(low)
      const story = `seed ${random.seed}, round ${round}, step ${step}, id ${low}`
      if (random.once(100)) {
        lose(t, rig, pair, story)
        rig.pairs[at] = rig.newPair(at, ++number)
      } else if (random.once(3)) {
        rig.learning.unlearn(pair.ours, 0, low, REMOVE_REASON.left)
        rig.model.unlearn(pair.theirs, low)
        checkLog(t, rig, low, was)
      } else {
        rig.learn(pair, low, random)
        checkLog(t, rig, low, was)
      }
      check(t, rig, low, story)
      if (rig.table.size !== rig.model.size) t.fail(`${story}: size`)
    }
    t.is(rig.table.size, rig.model.size)
  }
})

/** The link ends: its ids count for nothing at once, and are swept. */
function lose(t: ExecutionContext, rig: Rig, { ours, theirs }: Pair, story: string): void {
  const was = Array.from({ length: IDS }, (_, at) => rig.views(at + 1))
  ours.state = 'dead'
  theirs.dead = true
  for (let done = false; !done; ) done = rig.learning.sweep(ours, REMOVE_REASON.link_lost)
  rig.model.forget(theirs)
  rig.table.dropSet(ours)
  for (const [at, view] of was.entries()) {
    checkLog(t, rig, at + 1, view)
    check(t, rig, at + 1, `${story}, lost`)
  }
}

test('a sweep stops after its share and goes on where it was', (t) => {
  const table = new RouteTable()
  const learning = new Learning(table, new ChangeLog())
  const set = table.newSet(feeder(1, 'child'))
  const count = SWEEP_ROWS * 2 + 10
  for (let low = 1; low <= count; low++) learning.learn(set, recordOf({ low }))
  set.state = 'dead'
  t.false(learning.sweep(set, REMOVE_REASON.link_lost))
  t.is(table.size, count - SWEEP_ROWS)
  t.false(learning.sweep(set, REMOVE_REASON.link_lost))
  t.true(learning.sweep(set, REMOVE_REASON.link_lost))
  t.deepEqual([table.size, table.rows.size, set.size], [0, 0, 0])
})

test('a sweep after a snapshot takes what it has not confirmed, and nothing else', (t) => {
  const table = new RouteTable()
  const learning = new Learning(table, new ChangeLog())
  const set = table.newSet(feeder(1, 'parent'))
  for (let low = 1; low <= 100; low++) learning.learn(set, recordOf({ low }))
  set.state = 'arriving'
  set.epoch = 1
  for (let low = 1; low <= 100; low += 3) learning.learn(set, recordOf({ low }))
  set.sweepAt = set.first
  t.true(learning.sweep(set, REMOVE_REASON.swept))
  const left: number[] = []
  for (let low = 1; low <= 100; low++) if (table.find(0, low) >= 0) left.push(low)
  t.deepEqual(
    left,
    Array.from({ length: 34 }, (_, at) => 1 + at * 3),
  )
})

test('what moved away takes along all that its link has below it, and gives it back', (t) => {
  const table = new RouteTable()
  const learning = new Learning(table, new ChangeLog())
  const old = table.newSet(feeder(1, 'child'))
  const other = table.newSet(feeder(2, 'child'))
  learning.learn(old, recordOf({ low: 5, attach: 1 }))
  learning.learn(old, recordOf({ low: 6, parent: 5 }))
  learning.learn(old, recordOf({ low: 7, parent: 6 }))
  learning.learn(old, recordOf({ low: 8 }))
  const used = (): boolean[] => [5, 6, 7, 8].map((low) => table.best(0, low, false) >= 0)
  learning.learn(other, recordOf({ low: 5, attach: 2 }))
  learning.settle()
  t.deepEqual(used(), [true, false, false, true])
  t.is(table.setOf(table.best(0, 5, false)), other)
  learning.unlearn(other, 0, 5, REMOVE_REASON.withdrawn)
  learning.settle()
  t.deepEqual(used(), [true, true, true, true])
  t.is(table.setOf(table.best(0, 5, false)), old)
})

test('what is said again changes nothing and is not noted', (t) => {
  const table = new RouteTable()
  const log = new ChangeLog()
  const learning = new Learning(table, log)
  const set = table.newSet(feeder(1, 'child'))
  t.true(learning.learn(set, recordOf({ low: 5, attach: 1, hops: 2 })))
  t.false(learning.learn(set, recordOf({ low: 5, attach: 1, hops: 3 })))
  t.is(log.head, 1)
  t.true(learning.learn(set, recordOf({ low: 5, attach: 2, hops: 3 })))
  t.true(learning.unlearn(set, 0, 5, REMOVE_REASON.left))
  t.false(learning.unlearn(set, 0, 5, REMOVE_REASON.left))
  t.is(log.head, 3)
})
