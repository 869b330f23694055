// The confidence of a ratio of medians, by drawing again from what was measured.

import { summaryOf } from '../statistics.js'

const DRAWS = 2_000
/** Both ends together leave out one in a hundred. */
const OUTSIDE = 0.01

/** A fixed sequence (mulberry32): the same files give the same verdict. */
function drawer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function redrawn(values: readonly number[], chance: () => number): number {
  const drawn = values.map(() => values[Math.floor(chance() * values.length)] ?? Number.NaN)
  return summaryOf(drawn).median
}

/** Between what the median of `top` by that of `bottom` lies, at 99 %. */
export function confidenceOf(
  top: readonly number[],
  bottom: readonly number[],
): { readonly least: number; readonly most: number } {
  const chance = drawer(1)
  const ratios = Float64Array.from(
    { length: DRAWS },
    () => redrawn(top, chance) / redrawn(bottom, chance),
  ).sort()
  const cut = Math.floor((DRAWS * OUTSIDE) / 2)
  return { least: ratios[cut] ?? Number.NaN, most: ratios[DRAWS - 1 - cut] ?? Number.NaN }
}
