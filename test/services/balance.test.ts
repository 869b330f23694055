// Row 40 of the robustness catalogue: what is balanced by weight and zone, measured by chi-square.

import test from 'ava'
import { type Candidate, targetKey } from '../../src/services/candidate.js'
import { HealthTable } from '../../src/services/health-table.js'
import { Pipeline } from '../../src/services/pipeline.js'
import type { ZoneRow } from '../../src/services/zone-calibration.js'
import { candidate, countsOf, seededChance } from './_candidates.js'

const PICKS = 100_000
const SEEDS = [11, 12, 13]

interface Case {
  readonly name: string
  readonly services: readonly Candidate[]
  readonly rows: readonly ZoneRow[]
  readonly shares: readonly number[]
  /** Of chi-square at p = 0.01 with one degree less than there are shares. */
  readonly chiSquareMost: number
}

function services(...places: ReadonlyArray<readonly [string, number]>): Candidate[] {
  return places.map(([zone, weight], place) => candidate(place + 1, { zone, weight }))
}

const CASES: readonly Case[] = [
  {
    name: 'three alike',
    services: services(['z1', 10], ['z1', 10], ['z1', 10]),
    rows: [],
    shares: [1, 1, 1],
    chiSquareMost: 9.21,
  },
  {
    name: 'weights from 1 to 40',
    services: services(['z1', 1], ['z1', 9], ['z1', 40], ['z1', 20], ['z1', 30]),
    rows: [],
    shares: [1, 9, 40, 20, 30],
    chiSquareMost: 13.277,
  },
  {
    name: 'zones of 3:1:1',
    services: services(['z1', 10], ['z1', 10], ['z1', 20], ['z2', 0], ['z2', 30], ['z3', 5]),
    rows: [{ src: 'z1', dst: { z1: 3, z2: 1, z3: 1 } }],
    shares: [3, 3, 6, 1, 3, 4],
    chiSquareMost: 15.086,
  },
]

function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  return shares.reduce((total, share, place) => {
    const expected = (PICKS * share) / sum
    return total + ((counts[place] ?? 0) - expected) ** 2 / expected
  }, 0)
}

function pickedIds(made: Pipeline, list: readonly Candidate[], picks: number) {
  return Array.from({ length: picks }, () => {
    const selection = made.select(list)
    return selection.kind === 'chosen' ? selection.candidate.record.serviceId : undefined
  })
}

for (const { name, services: list, rows, shares, chiSquareMost } of CASES) {
  for (const seed of SEEDS) {
    test(`robustness 40: ${name}, seed ${seed}: 100,000 picks have p > 0.01`, (t) => {
      const made = new Pipeline({ ownZone: 'z1', chance: seededChance(seed) })
      made.setSchedule('lobby', rows)
      const counts = countsOf(pickedIds(made, list, PICKS))
      const found = chiSquare(
        list.map((_, place) => counts.get(place + 1) ?? 0),
        shares,
      )
      t.true(found < chiSquareMost, String(found))
    })
  }
}

test('robustness 40: the own zone is left only once none of its services takes a call', (t) => {
  const list = services(['z1', 10], ['z1', 10], ['z2', 10])
  const health = new HealthTable()
  const made = new Pipeline({ ownZone: 'z1', chance: seededChance(3), health })
  const fall = (place: number, timeouts: number) => {
    for (let at = 0; at < timeouts; at += 1) health.timedOut(0, targetKey(list[place] as Candidate))
  }
  fall(0, 50)
  t.deepEqual([...countsOf(pickedIds(made, list, 10_000)).keys()], [2])
  fall(1, 50)
  t.deepEqual([...countsOf(pickedIds(made, list, 10_000)).keys()], [3])
  for (let answers = 0; answers < 80; answers += 1) {
    health.answered(0, targetKey(list[0] as Candidate))
  }
  t.deepEqual([...countsOf(pickedIds(made, list, 10_000)).keys()], [1])
})
