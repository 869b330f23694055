// The one with the least load; of equal ones the one with the smallest id.

import type { Candidate } from './candidate.js'
import type { PickContext, Selector } from './selector.js'
import { PerView, type SelectorView } from './selector-view.js'

interface Order {
  readonly loadVersion: number
  /** The least loaded first. */
  readonly candidates: readonly Candidate[]
}

/**
 * Loads are reported every few seconds: until then all picks fall on the same service. One that
 * reports nothing comes after all that do, for nobody knows how much it carries.
 */
export class LeastLoadSelector implements Selector {
  readonly #slots = new PerView(() => ({ order: NO_ORDER }))

  pick(_candidates: readonly Candidate[], { view, attempt }: PickContext): Candidate | undefined {
    const slot = this.#slots.of(view)
    if (slot.order.loadVersion !== view.loads.version) slot.order = orderOf(view)
    const { candidates } = slot.order
    return candidates[attempt % candidates.length]
  }
}

const NO_ORDER: Order = { loadVersion: Number.NaN, candidates: [] }

function orderOf({ candidates, loads }: SelectorView): Order {
  const loadOf = (candidate: Candidate) => loads.loadOf(candidate) ?? Number.POSITIVE_INFINITY
  const loaded = candidates.map((candidate) => ({ candidate, load: loadOf(candidate) }))
  // They come in ascending order of ids, and sorting leaves equal ones as they are.
  loaded.sort((a, b) => (a.load === b.load ? 0 : a.load - b.load))
  return { loadVersion: loads.version, candidates: loaded.map(({ candidate }) => candidate) }
}
