// The default strategy: any of them by chance, each as often as its weight says.

import type { Candidate } from './candidate.js'
import type { PickContext, Selector } from './selector.js'
import { PerView, type SelectorView } from './selector-view.js'

/**
 * Walker's alias table: one draw finds a place and, in its fraction, decides between that place and
 * its alias. A pick costs the same for any number of services.
 */
interface AliasTable {
  readonly keeps: Float64Array
  readonly aliases: Uint32Array
}

export class RandomSelector implements Selector {
  readonly #tables = new PerView(aliasTable)

  pick(candidates: readonly Candidate[], { chance, view }: PickContext): Candidate | undefined {
    const { keeps, aliases } = this.#tables.of(view)
    const drawn = chance() * candidates.length
    const place = Math.floor(drawn)
    const isKept = drawn - place < (keeps[place] ?? 0)
    return candidates[isKept ? place : (aliases[place] ?? 0)]
  }
}

/** Places below the average take what is over from those above it. */
function aliasTable({ weights }: SelectorView): AliasTable {
  const count = weights.length
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const keeps = Float64Array.from(weights, (weight) => (weight * count) / sum)
  const aliases = Uint32Array.from(weights, (_, place) => place)
  const small: number[] = []
  const large: number[] = []
  keeps.forEach((keep, place) => {
    if (keep < 1) small.push(place)
    else large.push(place)
  })
  for (let low = small.pop(); low !== undefined && large.length > 0; low = small.pop()) {
    const high = large[large.length - 1] as number
    aliases[low] = high
    keeps[high] = (keeps[high] as number) - (1 - (keeps[low] as number))
    if ((keeps[high] as number) < 1) small.push(large.pop() as number)
  }
  return { keeps, aliases }
}
