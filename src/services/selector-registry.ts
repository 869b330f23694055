// The strategies by name: the built-in ones and those a program adds.

import { ConsistentHashSelector } from './consistent-hash-selector.js'
import { HashSelector } from './hash-selector.js'
import { LeastLoadSelector } from './least-load-selector.js'
import { RandomSelector } from './random-selector.js'
import { RoundRobinSelector } from './round-robin-selector.js'
import type { Selector } from './selector.js'
import { SmoothSelector } from './smooth-selector.js'

export const SELECTOR_DEFAULT = 'random'

export interface Strategy {
  readonly selector: Selector
  /** What it returns needs no look: built in, it returns what it was given. */
  readonly isTrusted: boolean
}

export class SelectorRegistry {
  readonly #strategies = new Map<string, Strategy>(
    Object.entries({
      [SELECTOR_DEFAULT]: new RandomSelector(),
      roundRobin: new RoundRobinSelector(),
      smooth: new SmoothSelector(),
      leastLoad: new LeastLoadSelector(),
      hash: new HashSelector(),
      consistentHash: new ConsistentHashSelector(),
    }).map(([name, selector]) => [name, { selector, isTrusted: true }]),
  )
  /** Callers ask for the same name again and again. */
  #lastName = ''
  #last: Strategy | undefined

  get names(): string[] {
    return [...this.#strategies.keys()]
  }

  find(name: string): Strategy | undefined {
    if (name !== this.#lastName) {
      this.#last = this.#strategies.get(name)
      this.#lastName = name
    }
    return this.#last
  }

  /** `false`, and nothing changes, where the name is taken or empty. */
  add(name: string, selector: Selector): boolean {
    if (name === '' || this.#strategies.has(name)) return false
    this.#strategies.set(name, { selector, isTrusted: false })
    this.#lastName = ''
    this.#last = undefined
    return true
  }
}
