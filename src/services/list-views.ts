// The views of each list of candidates: made when a list is first seen, found again afterwards.

import { type Candidate, compareCandidates } from './candidate.js'
import {
  type CandidateFilter,
  copyOfFilter,
  filterCandidates,
  isSameFilter,
} from './candidate-filter.js'
import { type LoadSource, SelectorView } from './selector-view.js'
import { calibrate, isShared, reducedWeights, weightOf, type ZoneRow } from './zone-calibration.js'

interface FilteredViews {
  readonly filter: CandidateFilter
  readonly views: readonly SelectorView[]
}

/** Filters kept for one list, the latest first. More of them in turn only cost time. */
const FILTERS_MAX = 16
/** Lists whose strategies carry something over to the next version. */
const LINEAGES_MAX = 1024
const NO_VIEWS: readonly SelectorView[] = []

export class ListViews {
  readonly #ownZone: string
  readonly #loads: LoadSource
  readonly #rows = new Map<string, readonly ZoneRow[]>()
  readonly #lineages = new Map<string, object>()
  #lists = new WeakMap<readonly Candidate[], FilteredViews[]>()
  #last: { list: readonly Candidate[]; filtered: FilteredViews } | undefined

  constructor(ownZone: string, loads: LoadSource) {
    this.#ownZone = ownZone
    this.#loads = loads
  }

  setSchedule(app: string, rows: readonly ZoneRow[]): void {
    if (rows.length === 0) this.#rows.delete(app)
    else this.#rows.set(app, structuredClone(rows))
    this.#lists = new WeakMap()
    this.#last = undefined
  }

  /** To be tried one after the other; none where no candidate matches. */
  viewsOf(list: readonly Candidate[], filter: CandidateFilter): readonly SelectorView[] {
    if (list.length === 0) return NO_VIEWS
    const last = this.#last
    if (last?.list === list && isSameFilter(last.filtered.filter, filter)) {
      return last.filtered.views
    }
    const filtered = this.#filtered(list, filter)
    this.#last = { list, filtered }
    return filtered.views
  }

  #filtered(list: readonly Candidate[], filter: CandidateFilter): FilteredViews {
    const known = this.#lists.get(list) ?? []
    const found = known.find((one) => isSameFilter(one.filter, filter))
    if (found !== undefined) return found
    const own = copyOfFilter(filter)
    const made = { filter: own, views: this.#make(list, own) }
    this.#lists.set(list, [made, ...known.slice(0, FILTERS_MAX - 1)])
    return made
  }

  #make(list: readonly Candidate[], filter: CandidateFilter): SelectorView[] {
    const open = filterCandidates(list, filter).sort(compareCandidates)
    const app = list[0]?.record.app ?? ''
    const name = [app, ...Object.values(filter).map(String)]
    const zone = filter.zone ?? this.#ownZone
    const rows = this.#rows.get(app) ?? []
    const places = open.map(({ record }) => record)
    const weights = calibrate(places, zone, rows)
    const views = [this.#view(open, weights, ['first', ...name])]
    if (!isShared(places, zone, rows)) {
      const spare = places.map((place, at) => (weights[at] === 0n ? weightOf(place) : 0n))
      views.push(this.#view(open, spare, ['spare', ...name]))
    }
    return views.filter(({ candidates }) => candidates.length > 0)
  }

  /** Of those that have a weight. */
  #view(open: readonly Candidate[], weights: readonly bigint[], name: string[]): SelectorView {
    const candidates = Object.freeze(open.filter((_, place) => weights[place] !== 0n))
    const reduced = reducedWeights(weights.filter((weight) => weight !== 0n))
    return new SelectorView(candidates, reduced, this.#lineage(JSON.stringify(name)), this.#loads)
  }

  #lineage(text: string): object {
    const known = this.#lineages.get(text)
    if (known !== undefined) return known
    if (this.#lineages.size >= LINEAGES_MAX) this.#lineages.clear()
    const token = {}
    this.#lineages.set(text, token)
    return token
  }
}
