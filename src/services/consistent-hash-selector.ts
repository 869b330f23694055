// The key names a point of a ring and the next service on it: few keys move when services change.

import { WEIGHT_DEFAULT } from '../directory/record.js'
import type { Candidate } from './candidate.js'
import { nameHash } from './name-hash.js'
import { keyPoint, scattered } from './select-key.js'
import type { PickContext, Selector } from './selector.js'
import { PerView, type SelectorView } from './selector-view.js'

/**
 * A service of the default weight has 160 points, which keeps the shares within about 8 % of each
 * other. The weight is the record's own: shares of zones would move keys whenever others change.
 */
const POINTS_PER_WEIGHT = 16
const POINTS_MAX = 1600
/** All of them together: sorting them is what the first pick of a new list waits for. */
const RING_POINTS_MAX = 1 << 16
/** More services than anyone has; a place and a point of 32 bits together are exact below 2^53. */
const PLACES_MAX = 2 ** 20

class Ring {
  /** Points in ascending order, and the place of the service each belongs to. */
  readonly #points: Uint32Array
  readonly #places: Uint32Array
  /** Where the points of each equal part of the ring begin: one part has about one point. */
  readonly #starts: Uint32Array
  readonly #partShift: number

  constructor(
    view: SelectorView,
    /** The same text for the same services with the same weights. */
    readonly print: string,
  ) {
    const counts = pointCounts(view.candidates)
    const total = counts.reduce((sum, count) => sum + count, 0)
    const drawn = new Float64Array(total)
    let at = 0
    counts.forEach((count, place) => {
      const seed = scattered(nameHash(view.keyAt(place)))
      for (let n = 0; n < count; n += 1) {
        drawn[at] = scattered(seed + Math.imul(n, 0x9e3779b9)) * PLACES_MAX + place
        at += 1
      }
    })
    drawn.sort()
    this.#points = Uint32Array.from(drawn, (mark) => Math.floor(mark / PLACES_MAX))
    this.#places = Uint32Array.from(drawn, (mark) => mark % PLACES_MAX)
    const partBits = Math.max(1, Math.ceil(Math.log2(total)))
    this.#partShift = 32 - partBits
    this.#starts = startsOf(this.#points, partBits)
  }

  placeOf(point: number): number {
    let at = this.#starts[point >>> this.#partShift] as number
    while (at < this.#points.length && (this.#points[at] as number) < point) at += 1
    return this.#places[at === this.#points.length ? 0 : at] as number
  }
}

function pointCounts(candidates: readonly Candidate[]): number[] {
  const wanted = candidates.map(({ record: { weight } }) =>
    Math.min(POINTS_MAX, POINTS_PER_WEIGHT * (weight > 0 ? weight : WEIGHT_DEFAULT)),
  )
  // Halved as often as needed, so that one more service seldom changes the points of the others.
  let divisor = 1
  const total = wanted.reduce((sum, count) => sum + count, 0)
  while (total / divisor > RING_POINTS_MAX) divisor *= 2
  return wanted.map((count) => Math.max(1, Math.floor(count / divisor)))
}

function startsOf(points: Uint32Array, partBits: number): Uint32Array {
  const starts = new Uint32Array(2 ** partBits)
  let at = 0
  for (let part = 0; part < starts.length; part += 1) {
    while (at < points.length && (points[at] as number) >>> (32 - partBits) < part) at += 1
    starts[part] = at
  }
  return starts
}

export class ConsistentHashSelector implements Selector {
  readonly isSticky = true
  readonly #rings = new PerView(ringOf)

  pick(candidates: readonly Candidate[], { key, view }: PickContext): Candidate | undefined {
    return candidates[this.#rings.of(view).placeOf(keyPoint(key))]
  }
}

/** A new version of the list with the same services and weights keeps its ring. */
function ringOf(view: SelectorView, previous: Ring | undefined): Ring {
  const texts = view.candidates.map(({ record }, place) => `${view.keyAt(place)}*${record.weight}`)
  const print = texts.join()
  return previous?.print === print ? previous : new Ring(view, print)
}
