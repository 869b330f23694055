import test from 'ava'
import {
  calibrate,
  reducedWeights,
  type WeightedPlace,
  weightOf,
  type ZoneRow,
  zoneFactors,
  zoneTotals,
} from '../../src/services/zone-calibration.js'

const DATA: readonly WeightedPlace[] = [
  { zone: 'sh001', weight: 10 },
  { zone: 'sh001', weight: 10 },
  { zone: 'sh002', weight: 5 },
  { zone: 'sh002', weight: 2 },
  { zone: 'sh003', weight: 5 },
  { zone: 'sh003', weight: 3 },
]
const ROWS: readonly ZoneRow[] = [
  { src: 'sh001', dst: { sh001: 2, sh002: 1 } },
  { src: 'sh002', dst: { sh001: 1, sh002: 2 } },
]
const THREE: readonly WeightedPlace[] = [
  { zone: 'z1', weight: 10 },
  { zone: 'z1', weight: 10 },
  { zone: 'z1', weight: 20 },
  { zone: 'z2' },
  { zone: 'z2', weight: 30 },
  { zone: 'z3', weight: 5 },
]
const THREE_ROWS: readonly ZoneRow[] = [{ src: 'z1', dst: { z1: 3, z2: 1, z3: 1 } }]

function finals(places: readonly WeightedPlace[], zone: string, rows: readonly ZoneRow[]) {
  return calibrate(places, zone, rows).map(Number)
}

test('002-15a: calibrating changes nothing of what it is given', (t) => {
  const places = structuredClone(DATA)
  const rows = structuredClone(ROWS)
  const first = calibrate(places, 'sh001', rows)
  t.deepEqual(places, [...DATA])
  t.deepEqual(rows, [...ROWS])
  t.deepEqual(calibrate(places, 'sh001', rows), first)
})

test('002-15b: each zone has the total weight of its services', (t) => {
  const totals = zoneTotals(DATA)
  t.deepEqual(
    [...totals],
    [
      ['sh001', 20n],
      ['sh002', 7n],
      ['sh003', 8n],
    ],
  )
})

for (const weight of [undefined, 0, -1, 2.5, Number.NaN, Infinity, '7', null, 2 ** 53]) {
  test(`002-15b: a weight of ${String(weight)} (${typeof weight}) counts as 10`, (t) => {
    t.is(weightOf({ zone: 'z', weight }), 10n)
  })
}

test('002-15c: the products of the worked cases are 140 and 8000', (t) => {
  const factors = (places: readonly WeightedPlace[], row: ZoneRow) =>
    zoneFactors(zoneTotals(places), row.dst) ?? new Map()
  t.is(factors(DATA, ROWS[0] as ZoneRow).get('sh002') * 7n, 140n)
  t.is(factors(THREE, THREE_ROWS[0] as ZoneRow).get('z2') * 40n, 8000n)
})

test('002-15c: twelve zones of total 1000 stay exact', (t) => {
  const zones = Array.from({ length: 12 }, (_, zone) => `z${zone}`)
  const places = zones.flatMap((zone) => [
    { zone, weight: 999 },
    { zone, weight: 1 },
  ])
  const dst = Object.fromEntries(zones.map((zone) => [zone, 1]))
  const weights = calibrate(places, 'z0', [{ src: 'z0', dst }])
  t.is(weights[0], 999n * 10n ** 33n)
  t.is(weights[1], 10n ** 33n)
  t.deepEqual(reducedWeights(weights).slice(0, 2), [999, 1])
})

test('002-15d: the row of the own zone decides', (t) => {
  t.deepEqual(finals(DATA, 'sh001', ROWS), [140, 140, 100, 40, 0, 0])
  t.deepEqual(finals(DATA, 'sh002', ROWS), [70, 70, 200, 80, 0, 0])
})

test('002-15d, X-44: without a row the own zone has its raw weights, and nobody else any', (t) => {
  t.deepEqual(finals(DATA, 'sh003', ROWS), [0, 0, 0, 0, 5, 3])
})

test('002-15d, X-44: without a row and without own services everyone has raw weights', (t) => {
  t.deepEqual(finals(DATA, 'sh004', ROWS), [10, 10, 5, 2, 5, 3])
})

test('002-15e: the factor of a zone is ratio times product by total', (t) => {
  const factors = (places: readonly WeightedPlace[], row: ZoneRow) =>
    [...(zoneFactors(zoneTotals(places), row.dst) ?? [])].map(([, factor]) => Number(factor))
  t.deepEqual(factors(DATA, ROWS[0] as ZoneRow), [14, 20])
  t.deepEqual(factors(DATA, ROWS[1] as ZoneRow), [7, 40])
  t.deepEqual(factors(THREE, THREE_ROWS[0] as ZoneRow), [600, 200, 1600])
})

test('002-15f: the final weight is the own weight times the factor of the zone', (t) => {
  t.deepEqual(finals(THREE, 'z1', THREE_ROWS), [6000, 6000, 12000, 2000, 6000, 8000])
})

test('002-15f: in the smallest whole numbers they are 7:7:5:2 and 3:3:6:1:3:4', (t) => {
  t.deepEqual(reducedWeights(calibrate(DATA.slice(0, 4), 'sh001', ROWS)), [7, 7, 5, 2])
  t.deepEqual(reducedWeights(calibrate(THREE, 'z1', THREE_ROWS)), [3, 3, 6, 1, 3, 4])
})

test('002-15: a zone of the row without services is skipped', (t) => {
  const places = THREE.slice(0, 3)
  t.deepEqual(finals(places, 'z1', [{ src: 'z1', dst: { z1: 3, z2: 1 } }]), [30, 30, 60])
})

test('a row none of whose zones has services is as none', (t) => {
  const rows = [{ src: 'sh003', dst: { elsewhere: 1 } }]
  t.deepEqual(finals(DATA, 'sh003', rows), [0, 0, 0, 0, 5, 3])
})

test('a ratio that is no share gives nothing', (t) => {
  const dst = { sh001: 1, sh002: -1, sh003: Number.NaN }
  t.deepEqual(finals(DATA, 'sh001', [{ src: 'sh001', dst }]), [10, 10, 0, 0, 0, 0])
})

test('a zone named like a property of every object has no ratio', (t) => {
  const places = [
    { zone: 'constructor', weight: 1 },
    { zone: 'z1', weight: 1 },
  ]
  t.deepEqual(finals(places, 'z1', [{ src: 'z1', dst: { z1: 1 } }]), [0, 1])
})

test('sums no one could count keep their proportions, and nobody loses the last share', (t) => {
  const weights = reducedWeights([10n ** 40n, 2n * 10n ** 40n + 1n, 1n])
  t.is(weights[2], 1)
  t.true(Math.abs((weights[1] as number) / (weights[0] as number) - 2) < 1e-6)
  t.deepEqual(reducedWeights([0n, 0n]), [0, 0])
  t.deepEqual(reducedWeights([]), [])
})
