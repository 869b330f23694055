// What a node says of itself beside its records: attach, warming, opaque, and who is above it.

import type { IdRange } from '../../wire/control.js'
import { DETAIL } from '../../wire/route-messages.js'
import { NO_RANGES } from '../../wire/route-record.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { SelfFacts } from './publisher.js'

/** Ids above a node that are told (routing-table.md, "Loop"). */
export const ANCESTORS_MAX = 64

export class OwnFacts implements SelfFacts {
  readonly #state: CoreState
  version = 0
  versionForChildren = 0
  warming = true
  opaque = false
  ancestors: readonly bigint[] = []
  parent = 0n
  ranges: readonly IdRange[] = NO_RANGES

  get attach(): number {
    return this.#state.attach
  }

  constructor(state: CoreState) {
    this.#state = state
  }

  /** Looks at the parent links again; true where something changed. */
  refresh(parents: Iterable<Link>): boolean {
    const above = new Set<bigint>()
    let opaque = false
    let parent = 0n
    for (const link of parents) {
      parent ||= link.peer.id
      above.add(link.peer.id)
      const { routes } = link
      if (link.plain || routes === undefined) opaque = true
      else opaque ||= routes.subscription.opaque || routes.subscription.detail !== DETAIL.nodes
      for (const id of routes?.subscription.ancestors ?? []) above.add(id)
    }
    above.delete(this.#state.config.id)
    const ancestors = [...above].slice(0, ANCESTORS_MAX)
    this.parent = parent
    if (opaque === this.opaque && isSame(ancestors, this.ancestors)) return false
    this.opaque = opaque
    this.ancestors = ancestors
    this.versionForChildren++
    return true
  }

  /** Children may be back by now (routing-table.md: 15 s after the start). */
  warmedUp(): void {
    if (!this.warming) return
    this.warming = false
    this.version++
    this.versionForChildren++
  }
}

function isSame(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at])
}
