// The views of each list of candidates: made when a list is first seen, found again afterwards.

import { type Candidate, compareCandidates } from './candidate.js'
import { type CandidateFilter, filterCandidates, isSameFilter } from './candidate-filter.js'
import { type LoadSource, SelectorView } from './selector-view.js'
import { calibrate, reducedWeights, type ZoneRow } from './zone-calibration.js'

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
    let known = this.#lists.get(list)
    if (known === undefined) this.#lists.set(list, (known = []))
    const found = known.find((one) => isSameFilter(one.filter, filter))
    if (found !== undefined) return found
    const made = { filter: { ...filter }, views: this.#make(list, filter) }
    known.unshift(made)
    if (known.length > FILTERS_MAX) known.pop()
    return made
  }

  #make(list: readonly Candidate[], filter: CandidateFilter): SelectorView[] {
    const open = filterCandidates(list, filter).sort(compareCandidates)
    const app = list[0]?.record.app ?? ''
    const rows = this.#rows.get(app) ?? []
    const places = open.map(({ record }) => record)
    const weights = calibrate(places, filter.zone ?? this.#ownZone, rows)
    const chosen = open.filter((_, place) => weights[place] !== 0n)
    const views = [
      this.#view(
        chosen,
        weights.filter((weight) => weight !== 0n),
        [app, filter, 0],
      ),
    ]
    const isShared = rows.some(({ src }) => src === (filter.zone ?? this.#ownZone))
    if (!isShared) views.push(this.#others(open, weights, [app, filter, 1]))
    return views.filter(({ candidates }) => candidates.length > 0)
  }

  /** Without a row the other zones stand in where the own one has no healthy service. */
  #others(open: readonly Candidate[], taken: readonly bigint[], lineage: unknown): SelectorView {
    const others = open.filter((_, place) => taken[place] === 0n)
    const places = others.map(({ record }) => record)
    return this.#view(others, calibrate(places, '', []), lineage)
  }

  #view(candidates: Candidate[], weights: bigint[], lineage: unknown): SelectorView {
    const token = this.#lineage(JSON.stringify(lineage))
    return new SelectorView(candidates, reducedWeights(weights), token, this.#loads)
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
