// One seed of the directory from its first event to its verdict.

import { Prng } from '../../sim/prng.js'
import { fail, Violation } from '../../sim/violation.js'
import { checkEqual, checkLiving } from './convergence.js'
import { ADMIN, FAULTS, Faults, nodeIds, REGISTRIES, zoneOf } from './faults.js'
import type { DirectoryKit } from './kit.js'
import { Rules } from './rules.js'
import { type Sent, World } from './world.js'

/** Random clusters check rules, not bytes: the codec has tests of its own. */
const CODEC_EVERY = 128
/** Dials that fail change no table, and would be half of all events. */
const RARE_DIALS = { dialRetryMs: 30_000, registryRetryMs: 10_000 }

export interface DirectoryTotals {
  readonly events: number
  readonly messages: number
  readonly faults: number
  readonly evictions: number
}

export interface DirectoryFailure {
  readonly seed: number
  readonly rule: string
  readonly atMs: number
  readonly lastSent: readonly string[]
}

export type DirectoryVerdict =
  | { readonly kind: 'held'; readonly totals: DirectoryTotals }
  | { readonly kind: 'broken'; readonly failure: DirectoryFailure }

/** Tables are equal so long after the last event (services.md 000-23). */
const QUIET_MS = 35_000
const FAULTS_MS = 240_000
const FAULT_EVERY_MS = 4_000
/** Dead leased nodes are out by then: lease, sweep, and one comparison. */
const EXPIRY_MS = 90_000 + 60_000 + QUIET_MS
const LAST_SENT = 30

export function runSeed(kit: DirectoryKit, seed: number): DirectoryVerdict {
  const chance = new Prng(seed)
  const lossShare = chance.pick([0, 0, 0.05]) ?? 0
  const weather = { seed: chance.word(), lossShare, latencyMs: [1, 80] } as const
  const world = new World(kit, {
    ...weather,
    codecEvery: CODEC_EVERY,
    clientTimes: RARE_DIALS,
  })
  const sent: Sent[] = []
  let messages = 0
  world.onSend = (one) => {
    messages++
    sent.push(one)
    if (sent.length > 2 * LAST_SENT) sent.splice(0, LAST_SENT)
    return false
  }
  const rules = new Rules(world)
  try {
    const faults = play(world, rules, chance)
    const { events } = world.schedule
    return { kind: 'held', totals: { events, messages, faults, evictions: rules.evictions } }
  } catch (error) {
    return { kind: 'broken', failure: failureOf(seed, world, sent, error) }
  }
}

function play(world: World, rules: Rules, chance: Prng): number {
  const faults = new Faults(world, chance.fork())
  for (const id of REGISTRIES) faults.startRegistry(id)
  world.startNode(ADMIN, { zone: 'z1' }, { records: [] })
  for (const id of nodeIds()) {
    if (chance.chance(0.8)) world.schedule.at(chance.between(0, 5_000), () => faults.start(id))
  }
  const count = strikeAll(world, faults, chance)
  world.heal()
  for (const id of REGISTRIES) {
    // Some stay dead, but for the first of each zone.
    const isNeeded = id % 16n === 0n || chance.chance(0.7)
    if (!world.lives.has(id) && isNeeded) faults.startRegistry(id)
  }
  world.options.lossShare = 0
  world.run(60_000 + QUIET_MS)
  if (!faults.isClashing) checkLiving(world)
  settle(world, rules)
  checkEqual(world)
  checkLiving(world)
  checkCost(world, chance)
  return count
}

function strikeAll(world: World, faults: Faults, chance: Prng): number {
  let count = 0
  for (let atMs = 8_000; ; count++) {
    atMs += -Math.log(1 - chance.real()) * FAULT_EVERY_MS
    if (atMs >= FAULTS_MS) break
    const kind = chance.pick(FAULTS)
    if (kind !== undefined) world.schedule.at(atMs, () => faults.strike(kind))
  }
  world.schedule.runUntil(FAULTS_MS + 10_000)
  return count
}

/** Until no registry evicts any more; each that did needs a comparison to tell the others. */
function settle(world: World, rules: Rules): void {
  world.run(EXPIRY_MS)
  for (let round = 0; world.nowMs - rules.lastEvictionMs < QUIET_MS; round++) {
    if (round === 60) fail('the registries evict without end')
    world.run(QUIET_MS)
  }
}

/** One change at one registry: each other one hears of it once. */
function checkCost(world: World, chance: Prng): void {
  const registries = REGISTRIES.filter((id) => world.lives.has(id))
  const owner = nodeIds().find((id) => isAlone(world, id))
  if (registries.length < 2 || owner === undefined) return
  const heard = new Map<bigint, number>()
  const client = world.life(owner).client
  const own = client?.own
  const to = chance.pick(registries.filter((id) => zoneOf(id) === zoneOf(owner)))
  if (own === undefined || to === undefined || client?.watch.registry === undefined) return
  world.onSend = ({ message, to: receiver }) => {
    if (message.kind === 'replica' && message.operation.kind === 'put') {
      heard.set(receiver, (heard.get(receiver) ?? 0) + 1)
    }
    return false
  }
  const stamp = { time: newestOf(world, owner) + 1n, by: owner }
  const message = { kind: 'register', registration: { ...own, stamp }, sentTo: [to] } as const
  world.life(to).give({ kind: 'message', from: owner, message })
  world.run(2_000)
  for (const id of registries) {
    const count = heard.get(id) ?? 0
    const expected = id === to ? 0 : 1
    if (count !== expected) fail(`one change came ${count} times to registry 0x${id.toString(16)}`)
  }
}

/** Above all that any registry knows of the node: an earlier life's clock may have been ahead. */
function newestOf(world: World, id: bigint): bigint {
  let newest = 0n
  for (const { registry } of world.lives.values()) {
    const store = registry?.table.store
    const stamps = [store?.get(id), ...(store?.tombstonesOf(id) ?? [])].map(
      (one) => one?.stamp.time,
    )
    for (const time of stamps) if (time !== undefined && time > newest) newest = time
  }
  return newest
}

function isAlone(world: World, id: bigint): boolean {
  const life = world.lives.get(id)
  if (life?.client?.own === undefined) return false
  const listed = REGISTRIES.map((one) => world.lives.get(one)?.registry?.table.store.get(id))
  const versions = listed.filter((one) => one !== undefined)
  return versions.some((one) => one.stamp.time === life.client?.own?.stamp.time)
}

function failureOf(seed: number, world: World, sent: Sent[], error: unknown): DirectoryFailure {
  const said = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const rule = error instanceof Violation ? said : `the core threw: ${stack}`
  const lastSent = sent.slice(-LAST_SENT).map(({ atMs, from, to, message }) => {
    return `${atMs.toFixed(0)} 0x${from.toString(16)} > 0x${to.toString(16)} ${message.kind}`
  })
  return { seed, rule, atMs: world.nowMs, lastSent }
}
