// Row 39 of the robustness catalogue: leases to the tick, and when protection begins and ends.

import test from 'ava'
import { Leases } from '../../src/directory/leases.js'
import { REGISTRY_TIMES } from '../../src/directory/registry-config.js'

const MINUTE_MS = 60_000
const LEASE_MS = 90_000

function leasesOf(count: number): Leases {
  const leases = new Leases(REGISTRY_TIMES, () => 0, 0)
  for (let id = 0; id < count; id++) leases.begin(BigInt(id), 0)
  return leases
}

/** Ten nodes, of whom the last is silent from `renewedMs` on; who is evicted `afterMs` later. */
function evictedAfter(renewedMs: number, afterMs: number): bigint[] {
  const leases = leasesOf(10)
  leases.renew(9n, renewedMs)
  for (const sinceMs of [LEASE_MS - 31_000, LEASE_MS - 1_000]) {
    for (let id = 0n; id < 9n; id++) leases.renew(id, renewedMs + sinceMs)
  }
  return leases.sweep(renewedMs + afterMs)
}

for (const renewedMs of [1, 12_345, 59_999]) {
  test(`robustness 39: renewed at ${renewedMs} ms, a lease ends behind 90 s, no tick before`, (t) => {
    t.deepEqual(evictedAfter(renewedMs, LEASE_MS), [])
    t.deepEqual(evictedAfter(renewedMs, LEASE_MS + 1), [9n])
  })
}

/** One minute in which `count` nodes renew twice. */
function minute(leases: Leases, number: number, count: number): bigint[] {
  for (const halfMs of [29_000, 59_000]) {
    for (let id = 0; id < count; id++) {
      leases.renew(BigInt(id), number * MINUTE_MS + halfMs)
    }
  }
  return leases.sweep((number + 1) * MINUTE_MS)
}

test('robustness 39: protection begins where more than 15 % are silent, not at 15 %', (t) => {
  const [few, many] = [leasesOf(100), leasesOf(100)]
  minute(few, 0, 85)
  minute(many, 0, 84)
  t.false(few.guard.isProtecting)
  t.true(many.guard.isProtecting)
})

test('robustness 39: protection ends with the first minute in which all renew again', (t) => {
  const leases = leasesOf(100)
  for (let number = 0; number < 10; number++) t.deepEqual(minute(leases, number, 50), [])
  t.true(leases.guard.isProtecting)
  t.deepEqual(minute(leases, 10, 100), [])
  t.false(leases.guard.isProtecting)
  t.is(leases.size, 100)
})
