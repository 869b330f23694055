// The whole simulated world: places and their processes, the cables between them, and one clock.

import type { CoreConfig } from '../../src/core/config.js'
import type { LinkInfo } from '../../src/core/effects.js'
import { End, Pipe } from './cable.js'
import { Convergence } from './convergence.js'
import type { CoreKit } from './kit.js'
import { Ledger } from './ledger.js'
import { Life } from './life.js'
import { Prng } from './prng.js'
import { RouteSafety } from './route-safety.js'
import { Safety } from './safety.js'
import type { PlaceRules, Scenario } from './scenario.js'
import { Schedule } from './schedule.js'
import { Trace } from './trace.js'

/** A node of the tree, through all its lives. */
export class Place {
  readonly index: number
  readonly rules: PlaceRules
  /** The life that owns the place; a second process with its id is not in it. */
  life: Life | undefined
  /** A second process that claims the same id. */
  twin: Life | undefined
  /** Its machine is off: whoever dials hears nothing. */
  isDark = false
  refusesUntilMs = 0
  hangsUntilMs = 0
  /** It is not started again. */
  staysDead = false
  lives = 0
  linkEndedAtMs = -1
  droppedAtMs = -1

  constructor(index: number, rules: PlaceRules) {
    this.index = index
    this.rules = rules
  }

  get id(): bigint {
    return this.rules.id
  }

  get name(): string {
    return `0x${this.rules.id.toString(16)}`
  }

  get address(): string {
    return `ipv4://10.0.0.${this.index}:7000`
  }
}

export interface Counts {
  links: number
  full: number
  faults: Map<string, number>
}

/** 2026-06-17 in the calendar of the simulated world. */
const START_WALL_MS = 1_781_700_000_000

const TOKEN = new TextEncoder().encode('a token of the simulated tree')

export class World {
  readonly scenario: Scenario
  readonly kit: CoreKit
  readonly schedule = new Schedule()
  readonly chance: Prng
  readonly places: readonly Place[]
  readonly #byId = new Map<bigint, Place>()
  readonly #byAddress = new Map<string, Place>()
  /** Where each place hangs, as somebody who sees all would tell the nodes. */
  readonly parents: (number | undefined)[]
  readonly counts: Counts = { links: 0, full: 0, faults: new Map() }
  readonly ledger: Ledger
  readonly safety: Safety
  readonly convergence: Convergence
  readonly routeSafety: RouteSafety
  /** An id may be in two places: messages for it need not follow the tree. */
  readonly isTangled: boolean
  /** Somebody speaks as a plain node. */
  readonly hasPlain: boolean
  readonly #trace = new Trace()
  #lives = 0
  /** Raised by whatever can change a route. */
  routeEpoch = 0

  constructor(scenario: Scenario, kit: CoreKit) {
    this.scenario = scenario
    this.kit = kit
    this.chance = new Prng(scenario.seed + 0x5eed)
    this.places = scenario.places.map((rules, index) => new Place(index, rules))
    this.hasPlain = scenario.places.some(({ plain }) => plain)
    this.parents = scenario.places.map((rules) => rules.parents[0])
    for (const place of this.places) {
      this.#byId.set(place.id, place)
      this.#byAddress.set(place.address, place)
    }
    this.isTangled = scenario.severalParents || scenario.faultKinds.includes('twin_elsewhere')
    this.ledger = new Ledger(this)
    this.safety = new Safety(this)
    this.convergence = new Convergence(this)
    this.routeSafety = new RouteSafety(this)
  }

  get nowMs(): number {
    return this.schedule.nowMs
  }

  get wallMs(): number {
    return Math.floor(START_WALL_MS + this.schedule.nowMs)
  }

  place(id: bigint): Place | undefined {
    return this.#byId.get(id)
  }

  /** All processes that run, twins included. */
  *lives(): IterableIterator<Life> {
    for (const { life, twin } of this.places) {
      if (life?.isAlive) yield life
      if (twin?.isAlive) yield twin
    }
  }

  trace(life: Life | undefined, what: string, detail: unknown, more?: unknown): void {
    this.#trace.add(this.nowMs, life, what, detail, more)
  }

  lastEvents(): string[] {
    return this.#trace.lines()
  }

  start(place: Place): void {
    if (place.life?.isAlive) return
    place.isDark = false
    place.life = this.#newLife(place)
    this.#begin(place.life)
  }

  /** `parent`: the place that it goes to instead of those of its rules. */
  startTwin(place: Place, parent?: number): Life {
    const twin = this.#newLife(place, parent === undefined ? place.rules.parents : [parent])
    place.twin = twin
    this.#begin(twin)
    return twin
  }

  #newLife(place: Place, parents = place.rules.parents): Life {
    place.lives++
    const number = ++this.#lives
    return new Life(this, place, number, this.#configOf(place, number, parents))
  }

  #configOf(place: Place, number: number, parents: readonly number[]): CoreConfig {
    const { scenario } = this
    const { DEFAULT_CONFIG } = this.kit
    const { security } = DEFAULT_CONFIG
    return {
      ...DEFAULT_CONFIG,
      id: place.id,
      incarnation: this.chance.bytes(16),
      pid: 1_000 + number,
      hostname: `host-${place.index}`,
      hashCode: `hash-${place.index}`,
      parents: parents.map((index) => this.places[index]?.address ?? ''),
      parentMode: scenario.severalParents ? 'all' : 'one',
      tokens: scenario.tokens ? [TOKEN] : [],
      security: {
        ...security,
        keyExchange: scenario.encrypted ? 'x25519' : 'none',
        keyRefreshMs: scenario.keyRefreshMs,
      },
      announce: !place.rules.plain,
    }
  }

  #begin(life: Life): void {
    const { address } = life.place
    this.trace(life, 'born', undefined)
    for (const place of this.places) this.#tell(life, place.index)
    life.give({ kind: 'listening', address, announced: address })
    life.give({ kind: 'start' })
  }

  /** A connection request leaves; what becomes of it is up to the place behind the address. */
  dial(end: End, address: string): void {
    const { scenario, schedule } = this
    schedule.after(scenario.latencyMs, () => this.#dialArrives(end, address))
  }

  #dialArrives(end: End, address: string): void {
    const place = this.#byAddress.get(address)
    if (end.state === 'closed' || !end.life.isAlive) return
    if (place === undefined || place.isDark || place.hangsUntilMs > this.nowMs) return
    const back = (run: () => void): void =>
      this.schedule.after(this.scenario.latencyMs, () => end.life.whenRunning(run))
    const target = place.life
    if (!target?.isAlive || place.refusesUntilMs > this.nowMs) {
      back(() => end.life.dialFailed(end, 'refused'))
      return
    }
    const far = this.#connect(end, target)
    target.whenRunning(() => target.opened(far, 'accepted', `peer:${far.number}`))
    back(() => end.life.opened(end, 'dialled', address))
  }

  #connect(near: End, target: Life): End {
    const far = new End(target, target.core.nextConnectionNumber())
    const { latencyMs } = this.scenario
    target.ends.set(far.number, far)
    near.peer = far
    far.peer = near
    near.out = new Pipe(this, far, latencyMs)
    far.out = new Pipe(this, near, latencyMs)
    return far
  }

  /** Somebody was told of routes: where an id has two ways that alone may turn a message aside. */
  routesHeard(): void {
    if (this.isTangled) this.routeEpoch++
  }

  /** Who sees all tells the nodes that have to know: the shells get it from etcd or a file. */
  linkChanged(life: Life, info: LinkInfo): void {
    this.routeEpoch++
    const peer = this.place(info.id)
    if (peer === undefined) return
    if (info.role === 'parent' && life.links.has(info.id) && life === life.place.life) {
      const { index } = life.place
      const isNew = this.parents[index] !== peer.index
      this.parents[index] = peer.index
      if (isNew) this.ledger.moved(index)
      this.#moved(index)
    } else if (info.role === 'child' && !life.links.has(info.id)) {
      // The core took a late registration at its word; the truth is told again.
      this.#tell(life, peer.index)
    }
  }

  /** Everybody hears of a place that moved, and of all below it. */
  #moved(index: number): void {
    const below = this.places.filter((place) => this.isAbove(index, place.index))
    for (const life of this.lives()) {
      for (const { index: one } of below) this.#tell(life, one)
    }
  }

  #tell(life: Life, index: number): void {
    const place = this.places[index]
    const parent = this.parents[index]
    if (place === undefined || parent === undefined) return
    const { index: own } = life.place
    const parentId = this.places[parent]?.id ?? 0n
    const knows = (): boolean => {
      if (this.scenario.knows === 'tree' || this.isAbove(own, index)) return true
      return life.core.topology.get(place.id) !== undefined
    }
    if (index === own || !knows()) return
    life.core.topology.update(place.id, parentId)
    life.planWake()
  }

  /** Whether `below` is in the subtree of `above`, itself included. */
  isAbove(above: number, below: number): boolean {
    for (let at: number | undefined = below; at !== undefined; at = this.parents[at]) {
      if (at === above) return true
    }
    return false
  }

  /** Whether `below` may come to hang below `above`, by any of its parents at once. */
  mayBeAbove(above: number, below: number): boolean {
    if (!this.scenario.severalParents) return false
    const parents = this.places[below]?.rules.parents ?? []
    return parents.some((parent) => parent === above || this.mayBeAbove(above, parent))
  }

  /** The places that a message passes if everybody follows the tree. */
  path(from: number, to: number): number[] {
    const up = this.ancestors(from)
    const down = this.ancestors(to)
    const meet = up.find((index) => down.includes(index))
    const until = (list: number[]): number[] =>
      meet === undefined ? list : list.slice(0, list.indexOf(meet) + 1)
    return [
      ...until(up),
      ...until(down)
        .reverse()
        .slice(meet === undefined ? 0 : 1),
    ]
  }

  /** The place itself and those above it. */
  ancestors(index: number): number[] {
    const list: number[] = []
    for (let at: number | undefined = index; at !== undefined; at = this.parents[at]) list.push(at)
    return list
  }
}
