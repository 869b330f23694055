// Axes and numbers of the pictures.

import test from 'ava'
import { axisOf, placeOn, shortNumber, written } from '../../benchmarks/publish/scale.js'

test('a linear axis starts at zero and holds the most', (t) => {
  const axis = axisOf('linear', [3, 41])
  t.is(axis.least, 0)
  t.true(axis.most >= 41)
  t.true(axis.ticks.length >= 3 && axis.ticks.length <= 8)
  t.is(placeOn(axis, 0), 0)
})

test('a logarithmic axis is made of whole powers of ten around all values', (t) => {
  const axis = axisOf('log', [30, 4_000])
  t.deepEqual(axis.ticks, [10, 100, 1_000, 10_000])
  t.is(placeOn(axis, 10), 0)
  t.true(Math.abs(placeOn(axis, 1_000) - 2 / 3) < 1e-9)
})

test('numbers have three digits and a unit', (t) => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0.514, '0.51'],
    [9.996, '10'],
    [12.34, '12.3'],
    [999.9, '1 k'],
    [1_234, '1.23 k'],
    [870_400, '870 k'],
    [2_400_000_000, '2.4 G'],
  ]
  t.deepEqual(
    cases.map(([value]) => shortNumber(value)),
    cases.map(([, words]) => words),
  )
})

test('durations are written out', (t) => {
  t.deepEqual(
    [written(12_216.4, 'duration'), written(34.52, 'duration'), written(1_000, 'count')],
    ['12,216', '34.5', '1 k'],
  )
})
