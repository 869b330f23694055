// One after the other in the order of their ids, with a cursor for each type.

import type { Candidate } from './candidate.js'
import type { PickContext, Selector } from './selector.js'

/** Types are named by callers: beyond this many the cursors start again. */
const CURSORS_MAX = 4096

interface Cursor {
  /** Picks made so far; whoever is at this place of the present list is next. */
  picks: number
}

export class RoundRobinSelector implements Selector {
  readonly #cursors = new Map<string, Cursor>()

  pick(candidates: readonly Candidate[], { app }: PickContext): Candidate | undefined {
    const cursor = this.#cursors.get(app) ?? this.#started(app)
    const place = cursor.picks % candidates.length
    cursor.picks += 1
    return candidates[place]
  }

  #started(app: string): Cursor {
    if (this.#cursors.size >= CURSORS_MAX) this.#cursors.clear()
    const cursor = { picks: 0 }
    this.#cursors.set(app, cursor)
    return cursor
  }
}
