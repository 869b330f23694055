// Each in turn as often as its weight says, spread evenly: in every sum of weights exactly so.

import type { Candidate } from './candidate.js'
import type { PickContext, Selector } from './selector.js'
import { PerView, type SelectorView } from './selector-view.js'

/** 64 KiB for each list that is picked from in turn: 1,600 services of the default weight. */
const KEPT_PICKS_MAX = 1 << 14

/**
 * Of weight w the picks fall due at 1/2w, 3/2w, 5/2w … of a turn. The earliest is next, of equal
 * ones the first. A turn has as many picks as the weights add up to. A heap finds the next in the
 * logarithm of the number of services; counting by weights would visit each of them.
 */
class Turn {
  readonly #weights: readonly number[]
  readonly #turnPicks: number
  /** Picks each place has had in this turn. */
  readonly #picked: Float64Array
  readonly #dueAt: Float64Array
  /** Places, the next one first. */
  readonly #heap: Uint32Array
  #picks = 0
  /** The places of a whole turn: the turns after the first only read them. */
  readonly #kept: Uint32Array
  #isKept = false

  constructor(
    weights: readonly number[],
    /** The same text for the same places and weights. */
    readonly print: string,
  ) {
    this.#weights = weights
    this.#turnPicks = weights.reduce((sum, weight) => sum + weight, 0)
    this.#picked = new Float64Array(weights.length)
    this.#dueAt = new Float64Array(weights.length)
    this.#heap = new Uint32Array(weights.length)
    this.#kept = new Uint32Array(this.#turnPicks <= KEPT_PICKS_MAX ? this.#turnPicks : 0)
    this.#start()
  }

  next(): number {
    if (this.#picks === this.#turnPicks) this.#again()
    const at = this.#picks
    this.#picks += 1
    if (this.#isKept) return this.#kept[at] as number
    const place = this.#nextOfHeap()
    if (at < this.#kept.length) this.#kept[at] = place
    return place
  }

  #again(): void {
    if (this.#kept.length > 0) this.#isKept = true
    if (this.#isKept) this.#picks = 0
    else this.#start()
  }

  #nextOfHeap(): number {
    const place = this.#heap[0] as number
    const picked = (this.#picked[place] as number) + 1
    this.#picked[place] = picked
    this.#dueAt[place] = (2 * picked + 1) / (2 * (this.#weights[place] as number))
    this.#sink(0)
    return place
  }

  /** All of a turn are picked: none of their counts grows over all turns. */
  #start(): void {
    this.#picks = 0
    this.#picked.fill(0)
    this.#weights.forEach((weight, place) => {
      this.#dueAt[place] = 1 / (2 * weight)
      this.#heap[place] = place
    })
    for (let at = this.#heap.length >> 1; at >= 0; at -= 1) this.#sink(at)
  }

  #sink(from: number): void {
    const heap = this.#heap
    const place = heap[from] as number
    let at = from
    for (let below = 2 * at + 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && this.#isEarlier(heap[below + 1], heap[below])) below += 1
      const lower = heap[below] as number
      if (!this.#isEarlier(lower, place)) break
      heap[at] = lower
      at = below
    }
    heap[at] = place
  }

  #isEarlier(a: number | undefined, b: number | undefined): boolean {
    const dueA = this.#dueAt[a as number] as number
    const dueB = this.#dueAt[b as number] as number
    return dueA === dueB ? (a as number) < (b as number) : dueA < dueB
  }
}

export class SmoothSelector implements Selector {
  readonly #turns = new PerView(turnOf)

  pick(candidates: readonly Candidate[], { view }: PickContext): Candidate | undefined {
    return candidates[this.#turns.of(view).next()]
  }
}

/** A new version of the list with the same weights goes on where the last one was. */
function turnOf(view: SelectorView, previous: Turn | undefined): Turn {
  const { print } = view
  return previous?.print === print ? previous : new Turn(view.weights, print)
}
