import test from 'ava'
import { CallDeadlines } from '../../src/node/call-deadlines.js'
import { seededChance } from '../services/_candidates.js'

for (const limits of [[30], [30, 5], [1, 500, 30_000]]) {
  test(`calls with limits of ${limits} ms come due at their time and in its order`, (t) => {
    const chance = seededChance(7)
    const open = new Map<number, number>()
    const deadlines = new CallDeadlines((session) => open.has(session))
    let nowMs = 0
    for (let session = 1; session <= 5000; session++) {
      const dueMs = nowMs + (limits[Math.floor(chance() * limits.length)] ?? 0)
      open.set(session, dueMs)
      deadlines.set(session, dueMs)
      // Most are answered, in no order; some never.
      for (const known of [...open.keys()].slice(0, 3)) {
        if (chance() < 0.4 && open.delete(known)) deadlines.clear(known)
      }
      nowMs += chance() < 0.2 ? Math.floor(chance() * 20) : 0
      const least = Math.min(...open.values())
      if (deadlines.nextMs() !== least) t.fail(`${deadlines.nextMs()} is next, not ${least}`)
      for (let due = deadlines.takeDue(nowMs); due !== 0; due = deadlines.takeDue(nowMs)) {
        t.is(open.get(due), Math.min(...open.values()))
        open.delete(due)
      }
      if (Math.min(...open.values()) <= nowMs) t.fail('one that is due was left')
    }
    t.true(open.size > 0)
  })
}

test('a call that waits long does not make room for those that ended behind it', (t) => {
  const open = new Set([1])
  const deadlines = new CallDeadlines((session) => open.has(session))
  deadlines.set(1, 1000)
  for (let session = 2; session < 1_000_000; session++) deadlines.set(session, 1000)
  t.is(deadlines.places, 1024)
  t.is(deadlines.takeDue(1000), 1)
  t.is(deadlines.nextMs(), Number.POSITIVE_INFINITY)
})
