// What can go wrong, each as one act upon the world.

import type { End } from './cable.js'
import type { Life } from './life.js'
import type { Prng } from './prng.js'
import type { Place, World } from './world.js'

/** A whole hour, as in the list of faults to survive. */
const CLOCK_JUMP_MS = 3_600_000
/** Where tokens are in use, clocks may differ by less than 300 s. */
const TOKEN_CLOCK_JUMP_MS = 140_000

type Act = (world: World, chance: Prng) => boolean

/** Each says whether there was something to act upon. */
const FAULTS = {
  /** Both ends are told. */
  cut: (world, chance) => withCable(world, chance, (end) => cut(world, end, 'both')),
  /** One end is told; what the other writes goes nowhere. */
  half_open: (world, chance) => withCable(world, chance, (end) => cut(world, end, 'one')),
  /** Nobody is told. */
  blackhole: (world, chance) => withCable(world, chance, (end) => cut(world, end, 'none')),
  /** One direction swallows everything, the other works. */
  one_way: (world, chance) =>
    withCable(world, chance, (end) => {
      for (const one of between(end)) one.out?.break()
    }),
  stall: (world, chance) =>
    withCable(world, chance, (end) => {
      const untilMs = world.nowMs + stopMs(chance)
      end.out?.stall(untilMs)
      if (chance.chance(0.7)) end.in?.stall(untilMs)
    }),
  pause: (world, chance) => withLife(world, chance, (life) => life.pause(stopMs(chance))),
  refuse: (world, chance) =>
    withPlace(world, chance, (place) => {
      place.refusesUntilMs = world.nowMs + chance.between(100, 10_000)
    }),
  /** Dials get no answer at all. */
  hang: (world, chance) =>
    withPlace(world, chance, (place) => {
      place.hangsUntilMs = world.nowMs + chance.between(100, 12_000)
    }),
  crash: (world, chance) => withLife(world, chance, (life) => end(world, chance, life, false)),
  /** The machine is gone: nobody is told. */
  power_off: (world, chance) => withLife(world, chance, (life) => end(world, chance, life, true)),
  /** A clean stop. */
  stop: (world, chance) =>
    withLife(world, chance, (life) => {
      if (life.isPaused) return
      life.give({ kind: 'stop' })
      end(world, chance, life, false)
    }),
  full: (world, chance) =>
    withLife(world, chance, (life) => {
      life.fullUntilMs = world.nowMs + chance.between(10, 5_000)
    }),
  clock_jump: (world, chance) =>
    withLife(world, chance, (life) => {
      const most = world.scenario.tokens ? TOKEN_CLOCK_JUMP_MS : CLOCK_JUMP_MS
      life.wallOffsetMs = chance.between(-most, most)
    }),
  /** A node goes and comes back at once; all below it come back together. */
  storm: (world, chance) =>
    withLife(world, chance, ({ place }) => {
      place.life?.kill(false)
      world.schedule.after(chance.between(0, 20), () => world.start(place))
    }),
  /** A second process claims the id of one that runs. */
  twin: (world, chance) => withLife(world, chance, (life) => startTwin(world, chance, life.place)),
} as const satisfies Record<string, Act>

/** Faults that only a routing table feels. */
const ROUTE_FAULTS = {
  /** A node leaves its parent for the next of its addresses. */
  reparent: (world, chance) =>
    withLife(world, chance, (life) => {
      const id = life.parentLink?.info.id
      if (id !== undefined) life.whenRunning(() => life.give({ kind: 'disconnect', id }))
    }),
  /** A second process claims an id below another parent than the first. */
  twin_elsewhere: (world, chance) =>
    withLife(world, chance, (life) => startTwinElsewhere(world, chance, life.place)),
} as const satisfies Record<string, Act>

export type FaultKind = keyof typeof FAULTS | keyof typeof ROUTE_FAULTS

export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[]
export const ROUTE_FAULT_KINDS = Object.keys(ROUTE_FAULTS) as FaultKind[]

const ALL: Readonly<Record<FaultKind, Act>> = { ...FAULTS, ...ROUTE_FAULTS }

export function strike(world: World, chance: Prng, kind: FaultKind): void {
  world.trace(undefined, 'fault', kind)
  if (!ALL[kind](world, chance)) return
  const { faults } = world.counts
  faults.set(kind, (faults.get(kind) ?? 0) + 1)
}

/** Mostly the two seconds that nobody may take for a death; sometimes long enough for one. */
function stopMs(chance: Prng): number {
  return chance.chance(0.6) ? chance.between(100, 2_000) : chance.between(2_000, 45_000)
}

function withLife(world: World, chance: Prng, act: (life: Life) => void): boolean {
  const life = chance.pick([...world.lives()])
  if (life !== undefined) act(life)
  return life !== undefined
}

function withPlace(world: World, chance: Prng, act: (place: Place) => void): boolean {
  const place = chance.pick(world.places)
  if (place !== undefined) act(place)
  return place !== undefined
}

function withCable(world: World, chance: Prng, act: (end: End) => void): boolean {
  const ends: End[] = []
  for (const life of world.lives()) {
    for (const one of life.ends.values()) if (one.peer !== undefined) ends.push(one)
  }
  const picked = chance.pick(ends)
  if (picked !== undefined) act(picked)
  return picked !== undefined
}

function cut(world: World, near: End, told: 'both' | 'one' | 'none'): void {
  // A network that goes silent takes every connection of two nodes; a reset hits one.
  for (const one of told === 'both' ? [near] : between(near)) {
    const far = one.peer
    one.out?.break()
    far?.out?.break()
    if (told === 'none') continue
    tellLost(world, one)
    if (told === 'both' && far !== undefined) tellLost(world, far)
  }
}

/** All connections of one life with the life at the other end. */
function between(near: End): End[] {
  return [...near.life.ends.values()].filter((end) => end.peer?.life === near.peer?.life)
}

function tellLost(world: World, end: End): void {
  const { life } = end
  world.schedule.after(world.chance.between(0, 50), () => {
    life.whenRunning(() => {
      if (end.state === 'open') life.connectionEnded(end, false)
      else if (end.state === 'opening') life.dialFailed(end, 'reset')
    })
  })
}

function end(world: World, chance: Prng, life: Life, dark: boolean): void {
  const { place } = life
  life.kill(dark)
  if (life === place.twin) return
  place.isDark = dark
  if (chance.chance(0.2)) return
  world.schedule.after(chance.between(0, 10_000), () => {
    if (!place.staysDead) world.start(place)
  })
}

/** It knows one address only: two holders of an id in two places could not be told apart. */
function startTwin(world: World, chance: Prng, place: Place): void {
  if (place.twin?.isAlive || place.rules.parents.length !== 1) return
  const twin = world.startTwin(place)
  world.schedule.after(chance.between(500, 15_000), () => twin.kill(false))
}

/** Whoever judges the two has to ask; a plain life could not be told from another. */
function startTwinElsewhere(world: World, chance: Prng, place: Place): void {
  if (place.twin?.isAlive || world.hasPlain || place.index === 0) return
  const other = chance.below(place.index)
  if (place.rules.parents.includes(other)) return
  const twin = world.startTwin(place, other)
  world.schedule.after(chance.between(500, 15_000), () => twin.kill(false))
}

/** The faults are over. Some of the dead come back, some that lived go for ever. */
export function endFaults(world: World, chance: Prng): void {
  for (const place of world.places) {
    place.refusesUntilMs = 0
    place.hangsUntilMs = 0
    place.twin?.kill(false)
    const { life } = place
    if (life?.isAlive && chance.chance(0.1)) {
      place.staysDead = true
      const dark = chance.chance(0.5)
      life.kill(dark)
      place.isDark = dark
    } else if (!life?.isAlive) {
      place.staysDead = chance.chance(0.5)
      if (!place.staysDead) world.start(place)
    }
  }
}
