// What a strategy is: it picks one of the candidates that are left.

import type { Candidate } from './candidate.js'
import type { SelectKey } from './select-key.js'
import type { SelectorView } from './selector-view.js'

export interface PickContext {
  /** The type of the services. */
  readonly app: string
  readonly key: SelectKey | undefined
  /** Evenly distributed in [0, 1). */
  readonly chance: () => number
  /** 0 for the first pick of a choice; one more each time the pick's health refused it. */
  readonly attempt: number
  /** The same candidates with what is prepared once for their version. */
  readonly view: SelectorView
}

export interface Selector {
  /**
   * Must return one of `candidates`, or `undefined` where it wants none. They are in ascending
   * order of service id, never empty and must not be changed; as long as they are the same array,
   * nothing about them has changed.
   */
  pick(candidates: readonly Candidate[], context: PickContext): Candidate | undefined
  /** The key alone decides: if that service refuses, no other is tried. Default false. */
  readonly isSticky?: boolean
}
