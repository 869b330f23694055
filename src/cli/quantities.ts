// Sizes, durations and counts as people write them.

const MILLISECONDS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_024 ** 2,
  gib: 1_024 ** 3,
}

/** Milliseconds; `8s`, `500ms`, `1.5m`, `3h`, and a plain number is milliseconds. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, MILLISECONDS)
}

/** Bytes; `2MiB`, `64KiB`, `1MB`, and a plain number is bytes. */
export function parseSize(text: string): number | undefined {
  const bytes = parseQuantity(text, BYTES)
  return Number.isInteger(bytes) ? bytes : undefined
}

/** A whole number with an optional sign. */
export function parseCount(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?) ?([a-z]*)$/i.exec(text) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor
}
