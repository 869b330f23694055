import test from 'ava'
import { IdHash } from '../../../src/core/routes/id-hash.js'
import { IdIndex } from '../../../src/core/routes/id-index.js'
import { Random, seedOfRun } from '../../wire/_random.js'

/** All ids to a few hashes: as bad as a neighbour could ever make it. */
class PoorHash extends IdHash {
  override of(_high: number, low: number): number {
    return low % 3
  }
}

function differ(index: IdIndex, model: Map<bigint, number>): string[] {
  const wrong: string[] = []
  for (const [id, row] of model) {
    const found = index.find(Number(id >> 32n), Number(id & 0xffff_ffffn))
    if (found !== row || index.note !== row + 7) wrong.push(`${id}: ${found}, note ${index.note}`)
  }
  return wrong
}

function idOf(random: Random, range: number): { high: number; low: number; id: bigint } {
  const high = random.below(3) * (random.once(2) ? 1 : 0x4000_0000)
  const low = (random.below(range) * (random.once(2) ? 1 : 0x0101_0101)) >>> 0
  return { high, low, id: (BigInt(high) << 32n) | BigInt(low) }
}

for (const [name, hash, ranges] of [
  ['a fresh hash', new IdHash(), [4, 64, 4_096, 200_000]],
  ['a keyed hash', new IdHash(0x1234_5678, -5), [4, 64, 4_096, 200_000]],
  ['ids that all collide', new PoorHash(), [4, 64, 500]],
] as const) {
  test(`the index agrees with Map through random sets and deletes: ${name}`, (t) => {
    const random = new Random(seedOfRun())
    for (const range of ranges) {
      const index = new IdIndex(hash)
      const model = new Map<bigint, number>()
      const steps = range > 4_096 ? 150_000 : 5_000
      for (let step = 0; step < steps; step++) {
        const { high, low, id } = idOf(random, range)
        if (random.once(3)) {
          index.delete(high, low)
          model.delete(id)
        } else {
          index.set(high, low, step, step + 7)
          model.set(id, step)
        }
        if (index.find(high, low) !== (model.get(id) ?? -1)) t.fail(`step ${step}, id ${id}`)
      }
      t.is(index.size, model.size)
      t.deepEqual(differ(index, model), [])
    }
  })
}

test('every id is found while segments grow and split, and none that was never set', (t) => {
  const index = new IdIndex()
  const ids = 40_000
  let wrong = 0
  for (let low = 1; low <= ids; low++) {
    index.set(low & 3, low, low, low)
    // The present one, and one of long ago that a split has moved.
    const old = (low >>> 1) + 1
    if (index.find(low & 3, low) !== low || index.find(old & 3, old) !== old) wrong++
    if (index.find((low & 3) + 4, low) >= 0) wrong++
  }
  t.is(wrong, 0)
  t.is(index.size, ids)
})

test('an id takes at most 36 bytes once there are many, and nothing is kept for lost ones', (t) => {
  const index = new IdIndex()
  for (let low = 1; low <= 100_000; low++) {
    index.set(7, low, low, 0)
    if (low % 10_000 === 0) t.true(index.bytes / low <= 36, `${low} ids: ${index.bytes}`)
  }
  for (let low = 1; low <= 100_000; low++) index.delete(7, low)
  t.is(index.size, 0)
  t.true(index.bytes <= 64 * 256, `${index.bytes}`)
  t.is(index.find(7, 1), -1)
})

test('ids that all collide make the index slow, but not large', (t) => {
  const index = new IdIndex(new PoorHash())
  const ids = 8_000
  for (let low = 1; low <= ids; low++) index.set(0, low, low, low + 7)
  t.is(index.size, ids)
  t.deepEqual([index.find(0, 1), index.find(0, ids), index.find(1, 1)], [1, ids, -1])
  t.true(index.bytes <= 2 ** 21, `${index.bytes}`)
})

test('two secrets place the same ids apart', (t) => {
  const one = new IdHash(1, 2)
  const other = new IdHash(1, 3)
  let same = 0
  for (let low = 0; low < 10_000; low++)
    if ((one.of(0, low) ^ other.of(0, low)) >>> 24 === 0) same++
  // One in 256 by chance.
  t.true(same < 200, `${same}`)
})

test('ids that differ in their top bits only do not share places', (t) => {
  const hash = new IdHash()
  const places = new Set<number>()
  for (let high = 0; high < 64; high++) {
    for (let low = 0; low < 64; low++) places.add(hash.of((high << 26) >>> 0, (low << 26) >>> 0))
  }
  t.true(places.size > 4_090, `${places.size}`)
})
