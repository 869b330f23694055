// What a seed stands for: the size of the tree, which rules its nodes follow, and what goes wrong.

import { FAULT_KINDS, type FaultKind, ROUTE_FAULT_KINDS } from './faults.js'
import { Prng } from './prng.js'

export interface PlaceRules {
  readonly id: bigint
  /** Places of its parents, in the order of their addresses; none for the root. Always lower. */
  readonly parents: readonly number[]
  /** Speaks as a plain libatbus node. */
  readonly plain: boolean
}

export interface Scenario {
  readonly seed: number
  readonly places: readonly PlaceRules[]
  readonly tokens: boolean
  readonly encrypted: boolean
  /** X25519 itself; else a cheap stand-in, which changes nothing but the time it takes. */
  readonly realCurve: boolean
  /** Renewal of keys; short, so that it happens within a run. */
  readonly keyRefreshMs: number
  /** Every node is told the whole tree, or each only what is below it. */
  readonly knows: 'tree' | 'subtree'
  readonly latencyMs: number
  /** Share of the arrivals that are cut at a random byte. */
  readonly cutShare: number
  /** Faults come about so often, up to `faultsEndMs`. */
  readonly faultEveryMs: number
  readonly faultsEndMs: number
  /** Quiet time after the last fault, at whose end everything must stand. */
  readonly settleMs: number
  readonly faultKinds: readonly FaultKind[]
  /** Links between siblings that somebody asks for. */
  readonly siblingDials: number
  /** Nodes with several parents attach to all of them at once. */
  readonly severalParents: boolean
  /** Pairs that talk all the time. */
  readonly flows: number
}

/** Silence takes 24 s to be noticed, a refused node waits up to 15 s, a dial that hangs 5 s. */
const SETTLE_MS = 100_000

export function scenarioOf(seed: number, nodesMax: number): Scenario {
  return withRouteFaults(plainScenarioOf(seed, nodesMax), new Prng(seed + 0x7ab1e))
}

/** What goes wrong with routes alone is drawn apart, so that it shifts nothing else of a seed. */
function withRouteFaults(scenario: Scenario, prng: Prng): Scenario {
  const kinds = ROUTE_FAULT_KINDS.filter(() => prng.chance(0.3))
  const severalParents = prng.chance(0.2) && scenario.places.every(({ plain }) => !plain)
  const faultKinds = [...scenario.faultKinds, ...kinds]
  if (!severalParents) return { ...scenario, faultKinds }
  const places = scenario.places.map((rules, index) => withSecondParent(rules, index, prng))
  return { ...scenario, places, faultKinds, severalParents }
}

function withSecondParent(rules: PlaceRules, index: number, prng: Prng): PlaceRules {
  const second = prng.below(index)
  const isNew = rules.parents.length === 1 && !rules.parents.includes(second)
  return isNew && prng.chance(0.5) ? { ...rules, parents: [...rules.parents, second] } : rules
}

function plainScenarioOf(seed: number, nodesMax: number): Scenario {
  const prng = new Prng(seed)
  // Small trees are searched more thoroughly for the same time, so most trees are small.
  const nodes = 2 + Math.floor((nodesMax - 1) * prng.real() ** 2.5)
  const encrypted = prng.chance(0.06)
  const faultKinds = FAULT_KINDS.filter(() => prng.chance(0.5))
  return {
    seed,
    places: placesOf(prng, nodes),
    tokens: prng.chance(0.25),
    encrypted,
    realCurve: prng.chance(0.02),
    keyRefreshMs: encrypted && prng.chance(0.7) ? prng.between(3_000, 12_000) : 10_800_000,
    knows: prng.chance(0.5) ? 'tree' : 'subtree',
    latencyMs: prng.pick([0.1, 1, 1, 20, 150]) ?? 1,
    cutShare: prng.pick([0, 0.05, 0.05, 0.5]) ?? 0,
    faultEveryMs: prng.between(400, 6_000),
    faultsEndMs: prng.between(15_000, 45_000),
    settleMs: SETTLE_MS,
    faultKinds: faultKinds.length === 0 ? ['cut'] : faultKinds,
    siblingDials: prng.chance(0.4) ? 1 + prng.below(4) : 0,
    severalParents: false,
    flows: 1 + prng.below(6),
  }
}

function placesOf(prng: Prng, nodes: number): PlaceRules[] {
  const high = prng.chance(0.3) ? BigInt(prng.word()) << 32n : 0n
  const plainShare = prng.chance(0.3) ? prng.between(0.1, 0.6) : 0
  const secondShare = prng.chance(0.4) ? 0.4 : 0
  // How far back a parent lies: chains, bushes, and what is between them.
  const reach = prng.pick([1, 3, 8, nodes]) ?? 3
  const places: PlaceRules[] = []
  for (let index = 0; index < nodes; index++) {
    const parents: number[] = []
    if (index > 0) {
      const first = Math.max(0, index - 1 - prng.below(reach))
      parents.push(first)
      const second = prng.below(index)
      if (second !== first && prng.chance(secondShare)) parents.push(second)
    }
    const id = high + BigInt(0x100 + index * 16 + prng.below(16))
    places.push({ id, parents, plain: prng.chance(plainShare) })
  }
  return places
}
