// One after the other in the order of their ids, with a cursor for each type.

import type { Candidate } from './candidate.js'
import type { PickContext, Selector } from './selector.js'

/** Types are named by callers: beyond this many the cursors start again. */
const CURSORS_MAX = 4096

export class RoundRobinSelector implements Selector {
  /** Picks made so far; whoever is at this place of the present list is next. */
  readonly #cursors = new Map<string, number>()

  pick(candidates: readonly Candidate[], { app }: PickContext): Candidate | undefined {
    const cursor = this.#cursors.get(app) ?? 0
    if (cursor === 0 && this.#cursors.size >= CURSORS_MAX) this.#cursors.clear()
    this.#cursors.set(app, cursor + 1)
    return candidates[cursor % candidates.length]
  }
}
