// How the traffic of one zone is divided among zones and their services, in exact whole numbers.
//
// With T the total weight of a destination zone, M the product of all totals and r its ratio, the
// final weight of a service is w * r * M / T (service-systems.md 3.3). Products of many zones
// pass 2^63, so all of it is bigint; nothing that comes in is changed.

import { WEIGHT_DEFAULT } from '../directory/record.js'

export interface WeightedPlace {
  readonly zone: string
  /** A weight that is missing, below one or no whole number counts as 10. */
  readonly weight?: unknown
}

/** What callers in `src` give to each zone: shares of any size, 0 for none. */
export interface ZoneRow {
  readonly src: string
  readonly dst: Readonly<Record<string, number>>
}

export function weightOf({ weight }: WeightedPlace): bigint {
  const isCounted = Number.isSafeInteger(weight) && (weight as number) > 0
  return BigInt(isCounted ? (weight as number) : WEIGHT_DEFAULT)
}

/** Total weight of each zone that has a service. */
export function zoneTotals(places: readonly WeightedPlace[]): Map<string, bigint> {
  const totals = new Map<string, bigint>()
  for (const place of places) {
    totals.set(place.zone, (totals.get(place.zone) ?? 0n) + weightOf(place))
  }
  return totals
}

/**
 * The final weight of each place, in the order given: 0n for one that gets nothing. The first row
 * of `ownZone` decides. Without one, or where none of its zones has a service: the own zone's
 * services with the weights they have; where it has none, all services.
 */
export function calibrate(
  places: readonly WeightedPlace[],
  ownZone: string,
  rows: readonly ZoneRow[],
): bigint[] {
  const totals = zoneTotals(places)
  const factors = zoneFactors(totals, dstOf(ownZone, rows))
  if (factors !== undefined) {
    return places.map((place) => weightOf(place) * (factors.get(place.zone) ?? 0n))
  }
  const isOwnOnly = totals.has(ownZone)
  return places.map((place) => (isOwnOnly && place.zone !== ownZone ? 0n : weightOf(place)))
}

/** Whether a row divides the traffic of `ownZone` among these places. */
export function isShared(
  places: readonly WeightedPlace[],
  ownZone: string,
  rows: readonly ZoneRow[],
): boolean {
  return zoneFactors(zoneTotals(places), dstOf(ownZone, rows)) !== undefined
}

function dstOf(ownZone: string, rows: readonly ZoneRow[]): ZoneRow['dst'] | undefined {
  return rows.find(({ src }) => src === ownZone)?.dst
}

/** `r * M / T` of each zone that has services and a share. */
export function zoneFactors(
  totals: ReadonlyMap<string, bigint>,
  dst: ZoneRow['dst'] | undefined,
): Map<string, bigint> | undefined {
  if (dst === undefined) return undefined
  const shared = [...totals].filter(([zone]) => ratioOf(dst, zone) > 0n)
  if (shared.length === 0) return undefined
  const product = shared.reduce((sum, [, total]) => sum * total, 1n)
  return new Map(
    shared.map(([zone, total]) => [zone, (ratioOf(dst, zone) * product) / total] as const),
  )
}

/** Rows come from outside: what is no whole number, or is of every object, is no share. */
function ratioOf(dst: ZoneRow['dst'], zone: string): bigint {
  const ratio = dst[zone]
  return Number.isSafeInteger(ratio) && (ratio as number) > 0 ? BigInt(ratio as number) : 0n
}

/** Weights that add up to more are rounded: no one could watch so long a period anyway. */
const SUM_MAX = 1n << 26n

/**
 * The same proportions in the smallest whole numbers. Sums over 2^26 are scaled down to about that,
 * where a place keeps at least 1 of them.
 */
export function reducedWeights(weights: readonly bigint[]): number[] {
  const divisor = weights.reduce(greatestDivisor, 0n)
  if (divisor === 0n) return weights.map(() => 0)
  const smallest = weights.map((weight) => weight / divisor)
  const sum = smallest.reduce((total, weight) => total + weight, 0n)
  if (sum <= SUM_MAX) return smallest.map(Number)
  return smallest.map((weight) => {
    const scaled = Number((weight * SUM_MAX + sum / 2n) / sum)
    return weight > 0n && scaled === 0 ? 1 : scaled
  })
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b]
  while (right !== 0n) [left, right] = [right, left % right]
  return left
}
