import test from 'ava'
import { evictionCap, Guard } from '../../src/directory/guard.js'
import { Leases } from '../../src/directory/leases.js'
import { REGISTRY_TIMES } from '../../src/directory/registry-config.js'
import { Prng } from '../sim/prng.js'

const MINUTE_MS = 60_000

function leasesOf(count: number, chance: () => number = () => 0): Leases {
  const leases = new Leases(REGISTRY_TIMES, chance, 0)
  for (let id = 0; id < count; id++) leases.begin(BigInt(id), 0)
  return leases
}

/** Renews those below `count` every 30 s and sweeps every minute; those that were evicted. */
function pass(leases: Leases, fromMs: number, minutes: number, count: number): bigint[][] {
  const evicted: bigint[][] = []
  for (let minute = 1; minute <= minutes; minute++) {
    for (const halfMs of [30_000, 60_000]) {
      const nowMs = fromMs + (minute - 1) * MINUTE_MS + halfMs
      for (let id = 0; id < count; id++) leases.renew(BigInt(id), nowMs - 1)
    }
    const victims = leases.sweep(fromMs + minute * MINUTE_MS)
    for (const id of victims) leases.end(id, 'evicted')
    evicted.push(victims)
  }
  return evicted
}

const oracles: ReadonlyArray<readonly [number, number, number]> = [
  [1, 1, 1],
  [5, 8, 1],
  [10, 17, 2],
  [20, 34, 3],
  [100, 170, 15],
]

for (const [count, threshold, cap] of oracles) {
  test(`X-22: ${count} nodes are protected below ${threshold} renewals a minute`, (t) => {
    const guard = new Guard(0.85)
    for (let id = 0; id < count; id++) guard.joined()
    t.is(guard.threshold, threshold)
    t.is(evictionCap(count, 0.85), cap)
    for (let renewal = 0; renewal < threshold - 1; renewal++) guard.renewed()
    guard.endMinute()
    t.true(guard.isProtecting)
    for (let renewal = 0; renewal < threshold; renewal++) guard.renewed()
    guard.endMinute()
    t.false(guard.isProtecting)
  })
}

test('X-21: a lease that is not renewed ends at the first sweep behind 90 s, not before', (t) => {
  for (const atMs of [0, 15_000, 29_000, 31_000, 45_000, 59_000]) {
    const leases = leasesOf(10)
    leases.renew(9n, atMs)
    const endsMs = atMs < 30_000 ? 2 * MINUTE_MS : 3 * MINUTE_MS
    const evicted = pass(leases, 0, 4, 9)
    const minute = evicted.findIndex((victims) => victims.includes(9n)) + 1
    t.is(minute * MINUTE_MS, endsMs)
    t.true(endsMs - atMs > 90_000 && endsMs - atMs <= 150_000)
  }
})

test('X-22: of ten nodes one that is silent is evicted, two are not', (t) => {
  t.deepEqual(pass(leasesOf(10), 0, 3, 9).flat(), [9n])
  t.deepEqual(pass(leasesOf(10), 0, 58, 8).flat(), [])
})

test('X-23: while twenty of a hundred are silent nobody is evicted for 3,600 s', (t) => {
  const leases = leasesOf(100)
  t.deepEqual(pass(leases, 0, 60, 80).flat(), [])
  t.true(leases.guard.isProtecting)
})

test('X-24: forty of a hundred silent beyond 3,600 s go 15, 13, 11 and 1 a minute', (t) => {
  const counts = pass(leasesOf(100), 0, 65, 60).map((victims) => victims.length)
  t.deepEqual(counts.slice(0, 60), Array(60).fill(0))
  t.deepEqual(counts.slice(60, 64), [15, 13, 11, 1])
})

test('X-25: an eviction is spread: each sweep takes 15 of 100, three of each app on average', (t) => {
  const chance = new Prng(25)
  const perApp = [0, 0, 0, 0, 0]
  for (let sweep = 0; sweep < 1_000; sweep++) {
    const leases = leasesOf(100, () => chance.real())
    const victims = leases.sweep(2 * 3_600_000)
    t.is(new Set(victims).size, 15)
    // One app registered behind the other: who evicts in that order wipes out the first.
    for (const id of victims) perApp[Math.floor(Number(id) / 20)]! += 1
  }
  for (const count of perApp) t.true(Math.abs(count / 1_000 - 3) < 0.2, `${count}`)
})

test('X-26: an eviction leaves what is expected, the recount takes it over, a cancel lowers it', (t) => {
  const leases = leasesOf(10)
  t.is(leases.guard.expected, 20)
  pass(leases, 0, 3, 9)
  t.is(leases.size, 9)
  t.is(leases.guard.expected, 20)
  pass(leases, 3 * MINUTE_MS, 12, 9)
  t.is(leases.guard.expected, 18)
  t.is(leases.guard.threshold, 15)
  leases.end(8n, 'left')
  t.is(leases.guard.expected, 16)
})

test('a renewal that comes twice, on two ways, counts once', (t) => {
  const leases = leasesOf(1)
  leases.renew(0n, 30_000)
  leases.renew(0n, 30_020)
  leases.sweep(MINUTE_MS)
  t.is(leases.guard.lastMinute, 1)
})

test('a stopped process sweeps once when it goes on, not once for each sweep it missed', (t) => {
  const leases = leasesOf(100)
  t.is(leases.sweep(10 * 3_600_000).length, 15)
  t.is(leases.sweep(10 * 3_600_000 + 1).length, 0)
})
