import test from 'ava'
import { ReplayGuard } from '../../src/core/replay-guard.js'

test('a statement is first once within ten minutes and again after them', (t) => {
  const guard = new ReplayGuard()
  t.true(guard.isFirst(0, 'a'))
  t.false(guard.isFirst(0, 'a'))
  t.true(guard.isFirst(1, 'b'))
  t.false(guard.isFirst(600_000, 'a'))
  t.true(guard.isFirst(600_001, 'a'))
  t.is(guard.size, 2)
})

test('a refused replay does not prolong its time', (t) => {
  const guard = new ReplayGuard()
  guard.isFirst(0, 'a')
  guard.isFirst(599_999, 'a')
  t.true(guard.isFirst(600_001, 'a'))
})

test('past 65,536 statements the oldest go first', (t) => {
  const guard = new ReplayGuard()
  for (let number = 0; number < 65_537; number++) guard.isFirst(number / 1_000, `s${number}`)
  t.is(guard.size, 65_536)
  t.false(guard.isFirst(70, 's65536'))
  t.false(guard.isFirst(70, 's2'))
})
