import test from 'ava'
import { compareStamps, HybridClock, wallMsOf } from '../../src/directory/hlc.js'

const HOUR_MS = 3_600_000
const NOW_MS = 1_700_000_000_000

test('X-30: times grow although the wall clock is set back by an hour', (t) => {
  const clock = new HybridClock(60_000)
  const first = clock.next(NOW_MS)
  const second = clock.next(NOW_MS - HOUR_MS)
  t.true(second > first)
  t.true(clock.next(NOW_MS + 1) > second)
})

test('X-31: a peer an hour ahead does not pull the clock along', (t) => {
  const clock = new HybridClock(60_000)
  const ahead = new HybridClock(60_000).next(NOW_MS + HOUR_MS)
  t.false(clock.observe(NOW_MS, ahead))
  t.is(wallMsOf(clock.next(NOW_MS)), NOW_MS)
})

test('a peer a little ahead is followed, so that what comes later is newer', (t) => {
  const clock = new HybridClock(60_000)
  const ahead = new HybridClock(60_000).next(NOW_MS + 30_000)
  t.true(clock.observe(NOW_MS, ahead))
  t.true(clock.next(NOW_MS) > ahead)
})

test('a version above a stamp from far ahead does not move the clock itself', (t) => {
  const clock = new HybridClock(60_000)
  const ahead = new HybridClock(60_000).next(NOW_MS + HOUR_MS)
  t.true(clock.nextAfter(NOW_MS, ahead) > ahead)
  t.is(wallMsOf(clock.next(NOW_MS + 1)), NOW_MS + 1)
})

test('70,000 times within one millisecond differ and stay in order', (t) => {
  const clock = new HybridClock(60_000)
  let last = 0n
  for (let count = 0; count < 70_000; count++) {
    const next = clock.next(NOW_MS)
    if (next <= last) t.fail(`at ${count}`)
    last = next
  }
  t.true(wallMsOf(last) >= NOW_MS)
})

test('stamps of one time are ordered by their makers', (t) => {
  t.true(compareStamps({ time: 5n, by: 1n }, { time: 5n, by: 2n }) < 0)
  t.true(compareStamps({ time: 6n, by: 1n }, { time: 5n, by: 2n }) > 0)
  t.is(compareStamps({ time: 5n, by: 2n }, { time: 5n, by: 2n }), 0)
})
