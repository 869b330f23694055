// Chooses one service of a list: filter, zones, strategy, and the health of the one picked (M8).

import type { Candidate } from './candidate.js'
import type { CandidateFilter } from './candidate-filter.js'
import { isFree, SCORE_MAX } from './health-score.js'
import { ListViews } from './list-views.js'
import type { SelectKey } from './select-key.js'
import type { PickContext } from './selector.js'
import { SELECTOR_DEFAULT, SelectorRegistry, type Strategy } from './selector-registry.js'
import type { LoadSource, SelectorView } from './selector-view.js'
import type { ZoneRow } from './zone-calibration.js'

export interface SelectOptions extends CandidateFilter {
  /** The name of a strategy. Default: `random`. */
  readonly selector?: string | undefined
  /** For strategies that give the same service for the same key. */
  readonly key?: SelectKey | undefined
}

/**
 * `no_service`: none matches. `unhealthy`: of those that match none takes calls, only probes.
 * `overloaded`: some take calls, but not this one. `bad_selector`: no such strategy, or it threw or
 * returned something it was not given.
 */
export type RefusalReason = 'no_service' | 'unhealthy' | 'overloaded' | 'bad_selector'

export interface Refusal {
  readonly kind: 'refused'
  readonly reason: RefusalReason
  readonly says: string
  /** What the strategy threw. */
  readonly cause?: unknown
}

export interface Chosen {
  readonly kind: 'chosen'
  readonly candidate: Candidate
}

export type Selection = Chosen | Refusal

/** Whether calls may go to a target, by how its earlier ones ended. */
export interface HealthGate {
  /** Nobody's health is below the best: then nobody needs to be asked. */
  readonly isSpotless: boolean
  /** From 0, only probes, to 100. */
  scoreOf(target: string): number
  /** Decides by chance where the score is between. */
  admits(target: string, chance: () => number): boolean
}

export interface PipelineSetup {
  readonly ownZone: string
  /** Evenly distributed in [0, 1). */
  readonly chance: () => number
  readonly selectors?: SelectorRegistry | undefined
  /** Default: everyone is healthy. */
  readonly health?: HealthGate | undefined
  /** Default: the first overload figure of each record. */
  readonly loads?: LoadSource | undefined
}

/** Picks for one choice, so that a healthy service is found among ailing ones (services.md 5.6). */
const ATTEMPTS_MAX = 10
const NO_OPTIONS: SelectOptions = {}
const ALL_HEALTHY: HealthGate = { isSpotless: true, scoreOf: () => SCORE_MAX, admits: () => true }

export class Pipeline {
  readonly selectors: SelectorRegistry
  readonly #chance: () => number
  readonly #health: HealthGate
  readonly #lists: ListViews

  constructor({ ownZone, chance, selectors, health, loads }: PipelineSetup) {
    this.selectors = selectors ?? new SelectorRegistry()
    this.#chance = chance
    this.#health = health ?? ALL_HEALTHY
    this.#lists = new ListViews(ownZone, loads ?? RECORDED_LOADS)
  }

  /** The rows by which traffic of this type is divided among zones; none: own zone first. */
  setSchedule(app: string, rows: readonly ZoneRow[]): void {
    this.#lists.setSchedule(app, rows)
  }

  /**
   * `candidates` are the reachable services of one type. The array is its version: pass the same
   * one as long as nothing has changed, and never change it; then a choice costs no more for a
   * thousand services than for one. Never throws.
   */
  select(candidates: readonly Candidate[], options: SelectOptions = NO_OPTIONS): Selection {
    const name = options.selector ?? SELECTOR_DEFAULT
    const strategy = this.selectors.find(name)
    if (strategy === undefined) return refusal('bad_selector', `there is no selector ${name}`)
    let refused: Refusal | undefined
    const views = this.#lists.viewsOf(candidates, options)
    for (let at = 0; at < views.length; at += 1) {
      const selection = this.#selectFrom(views[at] as SelectorView, strategy, options.key)
      if (selection.kind === 'chosen' || selection.reason === 'bad_selector') return selection
      refused ??= selection
    }
    return refused ?? refusal('no_service', 'no service is up and matches')
  }

  #selectFrom(view: SelectorView, strategy: Strategy, key: SelectKey | undefined): Selection {
    const { app, candidates } = view
    const context = { app, key, chance: this.#chance, attempt: 0, view }
    const isSticky = strategy.selector.isSticky === true
    // One that is alone is asked once: asked again and again it would refuse hardly any load.
    const attempts = isSticky || candidates.length === 1 ? 1 : ATTEMPTS_MAX
    for (; context.attempt < attempts; context.attempt += 1) {
      const picked = pickOf(strategy, context)
      if (picked.kind === 'refused' || this.#admits(view, picked.candidate)) return picked
    }
    return isSticky
      ? refusal('overloaded', 'the service of this key takes no more now')
      : this.#lastResort(view)
  }

  #admits(view: SelectorView, candidate: Candidate): boolean {
    if (this.#health.isSpotless) return true
    return this.#health.admits(view.keyAt(view.placeOf(candidate) ?? 0), this.#chance)
  }

  /** Chance has met ailing services only: a healthy one takes the call, wherever it stands. */
  #lastResort(view: SelectorView): Selection {
    const { candidates } = view
    const start = Math.floor(this.#chance() * candidates.length)
    let scoreMost = 0
    for (let step = 0; step < candidates.length; step += 1) {
      const place = (start + step) % candidates.length
      const score = this.#health.scoreOf(view.keyAt(place))
      if (isFree(score)) return { kind: 'chosen', candidate: candidates[place] as Candidate }
      scoreMost = Math.max(scoreMost, score)
    }
    return scoreMost === 0
      ? refusal('unhealthy', 'no service answers: only probes go to them now')
      : refusal('overloaded', 'the services take no more now')
  }
}

const RECORDED_LOADS: LoadSource = { version: 0, loadOf: ({ record }) => record.overload[0] }

function pickOf({ selector, isTrusted }: Strategy, context: PickContext): Selection {
  let candidate: Candidate | undefined
  try {
    candidate = selector.pick(context.view.candidates, context)
  } catch (cause) {
    return { ...refusal('bad_selector', 'the selector threw'), cause }
  }
  if (candidate === undefined) return refusal('no_service', 'the selector wanted none')
  return isTrusted || context.view.placeOf(candidate) !== undefined
    ? { kind: 'chosen', candidate }
    : refusal('bad_selector', 'the selector returned what it was not given')
}

function refusal(reason: RefusalReason, says: string): Refusal {
  return { kind: 'refused', reason, says }
}
