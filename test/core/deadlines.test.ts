import test from 'ava'
import { Deadlines } from '../../src/core/deadlines.js'
import { Random, seedOfRun } from '../wire/_random.js'

interface Listed {
  readonly key: string
  readonly dueMs: number
  readonly order: number
}

/** The same thing as a sorted list. */
class ListedDeadlines {
  #list: Listed[] = []
  #order = 0

  set(key: string, dueMs: number): void {
    this.clear(key)
    this.#list.push({ key, dueMs, order: this.#order++ })
    this.#list.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
  }

  clear(key: string): void {
    this.#list = this.#list.filter((entry) => entry.key !== key)
  }

  nextMs(): number {
    return this.#list[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  takeDue(nowMs: number): string | undefined {
    const [first] = this.#list
    if (first === undefined || first.dueMs > nowMs) return undefined
    this.#list.shift()
    return first.key
  }

  get size(): number {
    return this.#list.length
  }
}

test('deadlines agree with a sorted list through random sets, clears and takes', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 10; round++) {
    const ours = new Deadlines<string>()
    const listed = new ListedDeadlines()
    let nowMs = 0
    for (let step = 0; step < 2_000; step++) {
      const key = `k${random.below(5 << round)}`
      const choice = random.below(10)
      if (choice < 6) {
        const dueMs = nowMs + random.below(50)
        ours.set(key, dueMs)
        listed.set(key, dueMs)
      } else if (choice < 8) {
        ours.clear(key)
        listed.clear(key)
      } else {
        nowMs += random.below(10)
        const taken = ours.takeDue(nowMs)?.key
        if (taken !== listed.takeDue(nowMs)) t.fail(`took ${taken} in step ${step}`)
      }
      if (ours.nextMs() !== listed.nextMs()) t.fail(`next differs in step ${step}`)
      if (ours.size !== listed.size) t.fail(`size differs in step ${step}`)
    }
    t.is(ours.size, listed.size)
  }
})

test('equal deadlines come due in the order they were set', (t) => {
  const deadlines = new Deadlines<number>()
  for (let key = 0; key < 100; key++) deadlines.set(key, 5)
  const taken = []
  for (let due = deadlines.takeDue(5); due; due = deadlines.takeDue(5)) taken.push(due.key)
  t.deepEqual(
    taken,
    Array.from({ length: 100 }, (_, key) => key),
  )
})

test('a deadline set again counts once, at its new time', (t) => {
  const deadlines = new Deadlines<string>()
  deadlines.set('a', 10)
  deadlines.set('a', 30)
  t.is(deadlines.dueMs('a'), 30)
  t.is(deadlines.nextMs(), 30)
  t.is(deadlines.takeDue(20), undefined)
  t.deepEqual(deadlines.takeDue(99)?.dueMs, 30)
  t.is(deadlines.takeDue(99), undefined)
  t.is(deadlines.nextMs(), Number.POSITIVE_INFINITY)
})

test('a key that is taken may be set anew while others are taken', (t) => {
  const deadlines = new Deadlines<string>()
  deadlines.set('a', 1)
  t.is(deadlines.takeDue(1)?.key, 'a')
  deadlines.set('a', 1)
  t.is(deadlines.takeDue(1)?.key, 'a')
  t.is(deadlines.size, 0)
})
