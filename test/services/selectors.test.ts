import test from 'ava'
import type { Candidate } from '../../src/services/candidate.js'
import { Pipeline, type SelectOptions } from '../../src/services/pipeline.js'
import { candidate, countsOf, seededChance } from './_candidates.js'

function pipeline(seed = 1): Pipeline {
  return new Pipeline({ ownZone: 'z1', chance: seededChance(seed) })
}

function idOf(
  made: Pipeline,
  services: readonly Candidate[],
  options?: SelectOptions,
): number | undefined {
  const selection = made.select(services, options)
  return selection.kind === 'chosen' ? selection.candidate.record.serviceId : undefined
}

function picks(
  services: readonly Candidate[],
  count: number,
  options?: SelectOptions,
  made = pipeline(),
): Array<number | undefined> {
  return Array.from({ length: count }, () => idOf(made, services, options))
}

function weighted(...weights: number[]): Candidate[] {
  return weights.map((weight, place) => candidate(place + 1, { weight }))
}

const THREE = [candidate(40003), candidate(40001), candidate(40002)]

test('001-12: 30,000 picks over 3 equal services give each 10,000 ± 300 by default', (t) => {
  const counts = countsOf(picks(THREE, 30_000))
  t.is(counts.size, 3)
  for (const count of counts.values()) t.true(Math.abs(count - 10_000) <= 300, String(count))
})

test('001-12: the same chance makes the same picks', (t) => {
  t.deepEqual(picks(THREE, 100, {}, pipeline(3)), picks(THREE, 100, {}, pipeline(3)))
  t.notDeepEqual(picks(THREE, 100, {}, pipeline(3)), picks(THREE, 100, {}, pipeline(4)))
})

test('001-12: of a type without services nothing is picked', (t) => {
  t.is(idOf(pipeline(), []), undefined)
})

test('random picks follow the weights within 2 %', (t) => {
  const counts = countsOf(picks(weighted(1, 2, 30, 7), 400_000))
  for (const [place, weight] of [1, 2, 30, 7].entries()) {
    const expected = (400_000 * weight) / 40
    const error = Math.abs((counts.get(place + 1) ?? 0) / expected - 1)
    t.true(error < (weight < 7 ? 0.04 : 0.02), `${place}: ${error}`)
  }
})

test('roundRobin goes through the ids in ascending order and starts again', (t) => {
  const expected = [40001, 40002, 40003, 40001, 40002]
  t.deepEqual(picks(THREE, 5, { selector: 'roundRobin' }), expected)
})

test('a loss shifts the positions of roundRobin: the count of picks modulo who is left', (t) => {
  const made = pipeline()
  const before = [candidate(30001), candidate(30002), candidate(30003)]
  const after = [candidate(30001), candidate(30003)]
  const options = { selector: 'roundRobin' }
  t.deepEqual(picks(before, 4, options, made), [30001, 30002, 30003, 30001])
  t.deepEqual(picks(after, 2, options, made), [30001, 30003])
})

test('the cursor of section 8: 0, 1, 2, 0 of three, then 0, 1 of the two that are left', (t) => {
  const made = pipeline()
  const options = { selector: 'roundRobin' }
  t.deepEqual(picks(weighted(1, 1, 1), 4, options, made), [1, 2, 3, 1])
  t.deepEqual(picks([candidate(1), candidate(3)], 2, options, made), [1, 3])
})

test('001-12b: each type has a cursor: interleaved picks of two types alternate in each', (t) => {
  const made = pipeline()
  const types = ['x', 'y'].map((app) => [candidate(1, { app }), candidate(2, { app })])
  const picked = Array.from({ length: 4 }, () =>
    types.map((services) => idOf(made, services, { selector: 'roundRobin' })),
  )
  t.deepEqual(picked, [
    [1, 1],
    [2, 2],
    [1, 1],
    [2, 2],
  ])
})

for (const weights of [[7, 7, 5, 2], [3, 3, 6, 1, 3, 4], [1], [5, 1, 1], [10, 10, 10]]) {
  const divisor = weights[0] === 10 ? 10 : 1
  const period = weights.reduce((sum, weight) => sum + weight, 0) / divisor
  test(`002-15f: smooth picks are ${weights.join(':')} in any ${period} after another`, (t) => {
    const picked = picks(weighted(...weights), period * 4, { selector: 'smooth' })
    for (let start = 0; start <= period * 3; start += 1) {
      const counts = countsOf(picked.slice(start, start + period))
      const found = weights.map((_, place) => (counts.get(place + 1) ?? 0) * divisor)
      t.deepEqual(found, weights)
    }
  })
}

test('smooth picks of the heaviest are never more than its share in a row', (t) => {
  const picked = picks(weighted(5, 1, 1), 14, { selector: 'smooth' }).join('')
  t.notRegex(picked, /1111111/)
  t.deepEqual(countsOf(picks(weighted(3, 3, 3), 3, { selector: 'smooth' })).size, 3)
})

test('smooth picks of 2:1 put the lighter one between', (t) => {
  const picked = picks(weighted(2, 1), 6, { selector: 'smooth' })
  t.deepEqual(picked, [1, 2, 1, 1, 2, 1])
})

test('smooth goes on where it was while a new version of the list has the same weights', (t) => {
  const made = pipeline()
  const picked = Array.from({ length: 21 }, () =>
    idOf(made, weighted(7, 7, 5, 2), { selector: 'smooth' }),
  )
  const counts = countsOf(picked)
  t.deepEqual(
    [1, 2, 3, 4].map((id) => counts.get(id)),
    [7, 7, 5, 2],
  )
})

test('X-15: leastLoad picks the smallest count, of equal ones the smallest id', (t) => {
  const loads = [12, 7, 7].map((load, place) => candidate(place + 1, { overload: [load] }))
  t.is(idOf(pipeline(), loads, { selector: 'leastLoad' }), 2)
})

test('001-10: leastLoad follows the overload figures of a new list', (t) => {
  const made = pipeline()
  const loaded = (...loads: number[]) =>
    loads.map((load, place) => candidate(place + 1, { overload: [load] }))
  t.is(idOf(made, loaded(1, 2), { selector: 'leastLoad' }), 1)
  t.is(idOf(made, loaded(3, 2), { selector: 'leastLoad' }), 2)
})

test('leastLoad takes those that say nothing last', (t) => {
  const services = [candidate(1), candidate(2, { overload: [1000] })]
  t.is(idOf(pipeline(), services, { selector: 'leastLoad' }), 2)
  t.is(idOf(pipeline(), [candidate(2), candidate(1)], { selector: 'leastLoad' }), 1)
})

for (const [key, id] of [
  [7, 40002],
  [7n, 40002],
  [1659614224, 40002],
  ['alice', 40002],
  [0, 40001],
  [-1, 40003],
  [-1n, 40003],
  [2n ** 64n - 1n, 40001],
] as const) {
  test(`X-10: the hash selector gives ${id} for the key ${String(key)} (${typeof key})`, (t) => {
    t.is(idOf(pipeline(), THREE, { selector: 'hash', key }), id)
  })
}

function keysMoved(before: readonly Candidate[], after: readonly Candidate[]) {
  const made = pipeline()
  const options = (key: number) => ({ selector: 'consistentHash', key: `player_${key}` })
  const first = Array.from({ length: 100_000 }, (_, key) => idOf(made, before, options(key)))
  const left = new Set(after.map(({ record }) => record.serviceId))
  let moved = 0
  let needless = 0
  first.forEach((id, key) => {
    if (idOf(made, after, options(key)) === id) return
    moved += 1
    if (left.has(id as number) && before.length > after.length) needless += 1
  })
  return { moved, needless }
}

for (const count of [3, 10]) {
  test(`X-10: consistentHash moves a 1/${count} of 100,000 keys, ± 20 %, where one is lost`, (t) => {
    const before = Array.from({ length: count }, (_, place) => candidate(place + 1))
    const { moved, needless } = keysMoved(before, before.slice(1))
    t.true(Math.abs(moved / (100_000 / count) - 1) < 0.2, String(moved))
    t.is(needless, 0)
  })
}

test('consistentHash moves only to the new one where one comes', (t) => {
  const after = Array.from({ length: 10 }, (_, place) => candidate(place + 1))
  const { moved } = keysMoved(after.slice(1), after)
  t.true(Math.abs(moved / 10_000 - 1) < 0.2, String(moved))
})

test('consistentHash gives a service of three times the weight three times the keys, ± 20 %', (t) => {
  const services = weighted(10, 30, 10, 10)
  const made = pipeline()
  const ids = Array.from({ length: 100_000 }, (_, key) =>
    idOf(made, services, { selector: 'consistentHash', key }),
  )
  t.true(Math.abs((countsOf(ids).get(2) ?? 0) / 50_000 - 1) < 0.2)
})

test('consistentHash has a service for every key, those behind the last point too', (t) => {
  const services = weighted(1)
  const made = pipeline()
  for (let key = 0; key < 1000; key += 1) {
    t.is(idOf(made, services, { selector: 'consistentHash', key }), 1)
  }
})

test('consistentHash takes a number and the bigint of it for the same key', (t) => {
  const services = Array.from({ length: 50 }, (_, place) => candidate(place + 1))
  const of = (key: number | bigint) =>
    idOf(pipeline(), services, { selector: 'consistentHash', key })
  for (const key of [0, 1, -1, 2 ** 31, 2 ** 32, -(2 ** 40) + 3, Number.MAX_SAFE_INTEGER]) {
    t.is(of(key), of(BigInt(key)), String(key))
  }
})

test('consistentHash spreads keys over a thousand services and heavy weights', (t) => {
  const services = Array.from({ length: 1000 }, (_, place) => candidate(place + 1, { weight: 4e9 }))
  const made = pipeline()
  const ids = Array.from({ length: 100_000 }, (_, key) =>
    idOf(made, services, { selector: 'consistentHash', key }),
  )
  const counts = [...countsOf(ids).values()]
  t.is(counts.length, 1000)
  t.true(Math.max(...counts) < 200, String(Math.max(...counts)))
})

for (const selector of ['hash', 'consistentHash']) {
  for (const key of [undefined, 1.5, Number.NaN, 2 ** 53]) {
    test(`${selector} refuses a key of ${key} as a bad selector`, (t) => {
      const selection = pipeline().select(THREE, { selector, key })
      t.like(selection, { kind: 'refused', reason: 'bad_selector' })
    })
  }
}
