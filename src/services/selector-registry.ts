// The strategies by name: the built-in ones and those a program adds.

import { ConsistentHashSelector } from './consistent-hash-selector.js'
import { HashSelector } from './hash-selector.js'
import { LeastLoadSelector } from './least-load-selector.js'
import { RandomSelector } from './random-selector.js'
import { RoundRobinSelector } from './round-robin-selector.js'
import type { Selector } from './selector.js'
import { SmoothSelector } from './smooth-selector.js'

export const SELECTOR_DEFAULT = 'random'

export class SelectorRegistry {
  readonly #selectors = new Map<string, Selector>([
    [SELECTOR_DEFAULT, new RandomSelector()],
    ['roundRobin', new RoundRobinSelector()],
    ['smooth', new SmoothSelector()],
    ['leastLoad', new LeastLoadSelector()],
    ['hash', new HashSelector()],
    ['consistentHash', new ConsistentHashSelector()],
  ])

  get names(): string[] {
    return [...this.#selectors.keys()]
  }

  find(name: string): Selector | undefined {
    return this.#selectors.get(name)
  }

  /** `false`, and nothing changes, where the name is taken or empty. */
  add(name: string, selector: Selector): boolean {
    if (name === '' || this.#selectors.has(name)) return false
    this.#selectors.set(name, selector)
    return true
  }
}
