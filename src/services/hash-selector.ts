// The key's remainder names the place: nearly all keys move when a service comes or goes.

import type { Candidate } from './candidate.js'
import { keyModulo } from './select-key.js'
import type { PickContext, Selector } from './selector.js'

export class HashSelector implements Selector {
  readonly isSticky = true

  pick(candidates: readonly Candidate[], { key }: PickContext): Candidate | undefined {
    return candidates[keyModulo(key, candidates.length)]
  }
}
