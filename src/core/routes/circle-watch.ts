// A node that is told to be above itself: somebody in the circle has to let go.

import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'

/** The others of a circle give the lowest id this long to end it (routing-table.md, "Loop"). */
const CIRCLE_MS = 5_000

export class CircleWatch {
  readonly #state: CoreState
  readonly #links: Links

  constructor(state: CoreState, links: Links) {
    this.#state = state
    this.#links = links
  }

  /** A parent named those above it. */
  told(link: Link): void {
    const ancestors = link.routes?.subscription.ancestors ?? []
    const { config, deadlines, nowMs } = this.#state
    const at = ancestors.indexOf(config.id)
    const timer = `circle:${link.number}` as const
    if (at < 0) deadlines.clear(timer)
    else if (isLowest(config.id, [link.peer.id, ...ancestors.slice(0, at)])) this.due(link)
    else if (deadlines.dueMs(timer) === undefined) deadlines.set(timer, nowMs + CIRCLE_MS)
  }

  due(link: Link): void {
    this.#links.end(link, 'fault', 'LOOP')
  }

  down(link: Link): void {
    this.#state.deadlines.clear(`circle:${link.number}`)
  }
}

function isLowest(id: bigint, others: readonly bigint[]): boolean {
  return others.every((other) => id < other)
}
