// One version of a list of candidates, and what strategies prepare for it once instead of per pick.

import { type Candidate, targetKey } from './candidate.js'

/** What each service is loaded with now. */
export interface LoadSource {
  /** Grows whenever a load has changed while the candidates have not. */
  readonly version: number
  /** `undefined` where the service says nothing. */
  loadOf(candidate: Candidate): number | undefined
}

export class SelectorView {
  /** The type of the services. */
  readonly app: string
  #places: Map<Candidate, number> | undefined
  #keys: string[] | undefined

  constructor(
    /** In ascending order of service id; never empty, never changed. */
    readonly candidates: readonly Candidate[],
    /** How much traffic each shall get, in whole numbers without a common divisor. */
    readonly weights: readonly number[],
    /** The same object for all versions of one list: what is carried over hangs on it. */
    readonly lineage: object,
    readonly loads: LoadSource,
  ) {
    this.app = candidates[0]?.record.app ?? ''
  }

  /** Where it stands in `candidates`; `undefined` for what is none of them. */
  placeOf(candidate: Candidate): number | undefined {
    this.#places ??= new Map(this.candidates.map((one, place) => [one, place]))
    return this.#places.get(candidate)
  }

  /** Under which its health and load are kept. */
  keyAt(place: number): string {
    this.#keys ??= this.candidates.map(targetKey)
    return this.#keys[place] as string
  }

  /** One text for candidates and weights: the same text, the same order of picks. */
  get print(): string {
    return this.candidates.map((_, place) => `${this.keyAt(place)}*${this.weights[place]}`).join()
  }
}

/** What a strategy has prepared, one per lineage: it follows the list from version to version. */
export class PerView<T> {
  readonly #made = new WeakMap<object, { view: SelectorView; value: T }>()
  readonly #make: (view: SelectorView, previous: T | undefined) => T
  #last: { view: SelectorView; value: T } | undefined

  constructor(make: (view: SelectorView, previous: T | undefined) => T) {
    this.#make = make
  }

  of(view: SelectorView): T {
    if (this.#last?.view === view) return this.#last.value
    let made = this.#made.get(view.lineage)
    if (made?.view !== view) {
      made = { view, value: this.#make(view, made?.value) }
      this.#made.set(view.lineage, made)
    }
    this.#last = made
    return made.value
  }
}
