// One seed from its first event to its verdict.

import { endFaults, strike } from './faults.js'
import type { CoreKit } from './kit.js'
import type { Fates } from './ledger.js'
import { Prng } from './prng.js'
import { RouteTruth } from './route-truth.js'
import { scenarioOf } from './scenario.js'
import { Violation } from './violation.js'
import { Workload } from './workload.js'
import { World } from './world.js'

export interface Totals {
  readonly nodes: number
  readonly events: number
  readonly links: number
  readonly full: number
  readonly virtualMs: number
  readonly faults: ReadonlyMap<string, number>
  readonly fates: Fates
}

export interface Failure {
  readonly seed: number
  readonly rule: string
  readonly atMs: number
  /** What happened last, oldest first. */
  readonly lastEvents: readonly string[]
}

export type Verdict =
  | { readonly kind: 'held'; readonly totals: Totals }
  | { readonly kind: 'broken'; readonly failure: Failure }

/** A message and its answer cross the deepest tree on the slowest cables. */
const SAMPLE_MS = 20_000
const SAMPLES = 30

export function runSeed(kit: CoreKit, seed: number, nodesMax: number): Verdict {
  const world = new World(scenarioOf(seed, nodesMax), kit)
  try {
    return { kind: 'held', totals: play(world) }
  } catch (error) {
    return { kind: 'broken', failure: failureOf(world, error) }
  }
}

function play(world: World): Totals {
  const { scenario, schedule } = world
  const chance = new Prng(scenario.seed + 0xfa17)
  for (const place of world.places) {
    schedule.at(chance.between(0, 1_000), () => world.start(place))
  }
  new Workload(world, chance.fork()).start()
  planFaults(world, chance.fork())
  schedule.runUntil(scenario.faultsEndMs)
  endFaults(world, chance)
  const quietMs = scenario.faultsEndMs + longestStopMs(world)
  planGone(world, Math.max(quietMs, lastStallMs(world)))
  schedule.runUntil(quietMs + scenario.settleMs)
  world.convergence.check()
  new RouteTruth(world).check()
  world.convergence.sample(SAMPLES)
  schedule.runUntil(schedule.nowMs + SAMPLE_MS)
  world.convergence.checkSamples()
  world.convergence.check()
  const fates = world.ledger.settle()
  stopAll(world)
  return totalsOf(world, fates)
}

function planFaults(world: World, chance: Prng): void {
  const { faultEveryMs, faultKinds, faultsEndMs } = world.scenario
  for (let atMs = 1_000; ; ) {
    atMs += -Math.log(1 - chance.real()) * faultEveryMs
    if (atMs >= faultsEndMs) return
    const kind = chance.pick(faultKinds)
    if (kind !== undefined) world.schedule.at(atMs, () => strike(world, chance, kind))
  }
}

/** Who is stopped when the faults end goes on later. */
function longestStopMs(world: World): number {
  let longestMs = 0
  for (const life of world.lives()) {
    const untilMs = life.pauses.at(-1)?.untilMs ?? 0
    longestMs = Math.max(longestMs, untilMs - world.nowMs)
  }
  return longestMs
}

/** When the last of the cables that stand still moves again. */
function lastStallMs(world: World): number {
  let lastMs = 0
  for (const life of world.lives()) {
    for (const { out } of life.ends.values()) lastMs = Math.max(lastMs, out?.stalledUntilMs ?? 0)
  }
  return lastMs
}

/** Routes to what is gone are gone when they must have been noticed, not only at the end. */
function planGone(world: World, quietMs: number): void {
  const { routeSafety, schedule } = world
  schedule.at(quietMs + routeSafety.detectionMs, () => routeSafety.checkGone())
}

/** The last demand: whoever is told to stop leaves nothing behind. */
function stopAll(world: World): void {
  for (const life of [...world.lives()]) life.give({ kind: 'stop' })
  world.schedule.runUntil(world.nowMs + 5_000)
  for (const life of world.lives()) world.safety.stopped(life)
}

function totalsOf(world: World, fates: Fates): Totals {
  return {
    nodes: world.places.length,
    events: world.schedule.events,
    links: world.counts.links,
    full: world.counts.full,
    virtualMs: world.nowMs,
    faults: world.counts.faults,
    fates,
  }
}

function failureOf(world: World, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error)
  // Whatever else the core throws is a bug of its own: nothing from outside may make it throw.
  const isRule = error instanceof Violation
  const stack =
    error instanceof Error ? (error.stack?.split('\n').slice(1, 5).join('\n') ?? '') : ''
  const rule = isRule ? said : `the core threw: ${said}\n${stack}`
  const { seed } = world.scenario
  return { seed, rule, atMs: world.nowMs, lastEvents: world.lastEvents() }
}
