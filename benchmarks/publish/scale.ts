// Numbers onto an axis: from zero, or by powers of ten.

export interface Axis {
  readonly kind: 'linear' | 'log'
  readonly least: number
  readonly most: number
  readonly ticks: readonly number[]
}

function linearAxis(most: number): Axis {
  const magnitude = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.5, 1, 2].map((part) => part * magnitude).find((part) => most / part <= 6)
  const size = step ?? magnitude * 5
  const count = Math.ceil(most / size)
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * size)
  return { kind: 'linear', least: 0, most: count * size, ticks }
}

/** Whole powers of ten around all values. */
function logAxis(values: readonly number[]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  return { kind: 'log', least: 10 ** low, most: 10 ** high, ticks }
}

/** Of values above zero. */
export function axisOf(kind: Axis['kind'], values: readonly number[]): Axis {
  return kind === 'log' ? logAxis(values) : linearAxis(Math.max(...values))
}

/** From 0 at the least to 1 at the most. */
export function placeOn({ kind, least, most }: Axis, value: number): number {
  if (kind === 'linear') return (value - least) / (most - least)
  return Math.log(value / least) / Math.log(most / least)
}

const UNITS: ReadonlyArray<readonly [number, string]> = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
]

/** Three digits and a unit: 1.24 M, 870 k, 0.52. */
export function shortNumber(value: number): string {
  const [size, name] = UNITS.find(([least]) => value >= least * 0.9995) ?? [1, '']
  const part = value / size
  const digits = part >= 99.95 ? 0 : part >= 9.995 ? 1 : 2
  return `${Number(part.toFixed(digits))}${name}`
}

/** Counts get a unit; what has a unit already is written out. */
export function written(value: number, unit: 'count' | 'duration'): string {
  if (unit === 'count') return shortNumber(value)
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return Number(value.toFixed(digits)).toLocaleString('en-US')
}
