import test from 'ava'
import { DEFAULT_RETRY, ParentDialler } from '../../src/core/parent-dialler.js'

test('failures wait 500 ms, then twice as long each time, up to 3 s', (t) => {
  const dialler = new ParentDialler(['a'], DEFAULT_RETRY)
  const waits = Array.from({ length: 6 }, () => dialler.failed(0.5))
  t.deepEqual(waits, [500, 1_000, 2_000, 3_000, 3_000, 3_000])
})

test('a hundred failures in a row still wait the longest time', (t) => {
  const dialler = new ParentDialler(['a'], DEFAULT_RETRY)
  for (let failures = 0; failures < 100; failures++) dialler.failed(0.5)
  t.is(dialler.failed(0.5), 3_000)
})

for (const [chance, share] of [
  [0, 0.8],
  [0.25, 0.9],
  [0.5, 1],
  [0.999_999, 1.2],
] as const) {
  test(`chance ${chance} spreads a wait to ${share} of itself`, (t) => {
    const dialler = new ParentDialler(['a'], DEFAULT_RETRY)
    for (const base of [500, 1_000, 2_000, 3_000]) {
      t.true(Math.abs(dialler.failed(chance) - base * share) < 0.01)
    }
  })
}

test('one who was refused waits 5 to 15 seconds', (t) => {
  const dialler = new ParentDialler(['a'], DEFAULT_RETRY)
  t.is(dialler.refused(0), 5_000)
  t.is(dialler.refused(0.5), 10_000)
  t.true(dialler.refused(0.999_999) < 15_000)
})

test('every failure and every refusal turns to the next address, in a circle', (t) => {
  const dialler = new ParentDialler(['a', 'b', 'c'], DEFAULT_RETRY)
  const tried = [dialler.address]
  dialler.failed(0)
  tried.push(dialler.address)
  dialler.refused(0)
  tried.push(dialler.address)
  dialler.failed(0)
  tried.push(dialler.address)
  t.deepEqual(tried, ['a', 'b', 'c', 'a'])
})

test('a link that lasted is dialled again at once, at the same address', (t) => {
  const dialler = new ParentDialler(['a', 'b'], DEFAULT_RETRY)
  dialler.failed(0)
  t.is(dialler.lost(3_000, 0.5), 0)
  t.is(dialler.address, 'b')
})

test('a link that did not last counts as one more failure', (t) => {
  const dialler = new ParentDialler(['a', 'b'], DEFAULT_RETRY)
  t.is(dialler.lost(2_999, 0.5), 500)
  t.is(dialler.address, 'b')
  t.is(dialler.lost(0, 0.5), 1_000)
  t.is(dialler.failed(0.5), 2_000)
})

test('after a link that lasted the waits begin anew', (t) => {
  const dialler = new ParentDialler(['a'], DEFAULT_RETRY)
  for (let failures = 0; failures < 5; failures++) dialler.failed(0.5)
  dialler.lost(60_000, 0.5)
  t.is(dialler.failed(0.5), 500)
})

test('a root has nobody to dial', (t) => {
  t.is(new ParentDialler([], DEFAULT_RETRY).address, undefined)
})
