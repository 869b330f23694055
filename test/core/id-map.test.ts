import test from 'ava'
import { IdMap } from '../../src/core/id-map.js'
import { Random, seedOfRun } from '../wire/_random.js'

test('a map of ids agrees with Map through random sets and deletes', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 20; round++) {
    const ours = new IdMap<number>()
    const theirs = new Map<string, number>()
    // Few different ids: deletes and collisions hit often.
    const range = 4 << (round % 8)
    for (let step = 0; step < 3_000; step++) {
      const high = random.below(3) * (random.once(2) ? 1 : 0x4000_0000)
      const low = (random.below(range) * (random.once(2) ? 1 : 0x0101_0101)) >>> 0
      const key = `${high}/${low}`
      if (random.once(3)) {
        t.is(ours.delete(high, low), theirs.delete(key), `delete ${key}`)
      } else {
        ours.set(high, low, step)
        theirs.set(key, step)
      }
      if (ours.get(high, low) !== theirs.get(key)) t.fail(`get ${key} in step ${step}`)
    }
    t.is(ours.size, theirs.size)
    for (const [key, value] of theirs) {
      const [high, low] = key.split('/').map(Number)
      if (ours.get(high ?? 0, low ?? 0) !== value) t.fail(`lost ${key}`)
    }
    t.deepEqual([...ours.values()].sort(), [...theirs.values()].sort())
  }
})

test('deleting one id of a crowded run leaves every other one to be found', (t) => {
  for (let victim = 0; victim < 200; victim++) {
    const map = new IdMap<number>()
    for (let low = 0; low < 200; low++) map.set(0, low, low + 1)
    t.true(map.delete(0, victim))
    const lost = []
    for (let low = 0; low < 200; low++) if (map.get(0, low) !== low + 1) lost.push(low)
    t.deepEqual(lost, [victim])
    t.is(map.size, 199)
  }
})

test('an id with equal low half and another high half is another id', (t) => {
  const map = new IdMap<string>()
  map.set(1, 7, 'a')
  map.set(2, 7, 'b')
  map.set(7, 1, 'c')
  t.deepEqual(
    [map.get(1, 7), map.get(2, 7), map.get(7, 1), map.get(0, 7)],
    ['a', 'b', 'c', undefined],
  )
  t.false(map.delete(3, 7))
  t.is(map.size, 3)
})
