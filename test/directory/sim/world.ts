// A simulated cluster: registries and nodes, a network that can be cut, and a virtual clock.

import type { ClientEvent, ClientTimes } from '../../../src/directory/client-config.js'
import type { Offer } from '../../../src/directory/directory-client.js'
import type { DirectoryMessage } from '../../../src/directory/directory-messages.js'
import type { PollAnswer } from '../../../src/directory/lookups.js'
import type { NodeInfo } from '../../../src/directory/record.js'
import { REGISTRY_APP } from '../../../src/directory/record.js'
import type { RegistryTimes } from '../../../src/directory/registry-config.js'
import type { RegistryEvent } from '../../../src/directory/registry-events.js'
import { Prng } from '../../sim/prng.js'
import { Schedule } from '../../sim/schedule.js'
import { incarnationOf, madeNode, madeRecord } from '../_made.js'
import type { DirectoryKit } from './kit.js'
import { type Core, Life, type Surroundings } from './life.js'

export interface WorldOptions {
  readonly seed: number
  readonly latencyMs: readonly [number, number]
  /** The share of messages that is lost without a trace. */
  lossShare: number
  readonly registryTimes: Partial<RegistryTimes>
  readonly clientTimes: Partial<ClientTimes>
  /** Whether nodes know the registries of their zone from the start. */
  readonly bootstraps: (node: bigint, registry: bigint) => boolean
  /** One message in so many goes through the codec, which would take most of the time. */
  readonly codecEvery: number
}

const DEFAULTS: WorldOptions = {
  seed: 1,
  latencyMs: [1, 5],
  lossShare: 0,
  registryTimes: {},
  clientTimes: {},
  bootstraps: () => true,
  codecEvery: 1,
}

/** How long a routing table takes to follow. */
const ROUTE_DELAY_MS = 20
const DIAL_MS = 10

export interface Sent {
  readonly atMs: number
  readonly from: bigint
  readonly to: bigint
  readonly message: DirectoryMessage
}

export class World {
  readonly kit: DirectoryKit
  readonly options: WorldOptions
  readonly schedule = new Schedule()
  readonly chance: Prng
  readonly lives = new Map<bigint, Life>()
  readonly events: { atMs: number; id: bigint; event: ClientEvent | RegistryEvent }[] = []
  readonly dials: { atMs: number; from: bigint; to: bigint }[] = []
  readonly polled: { atMs: number; answer: PollAnswer }[] = []
  readonly expelled: { by: bigint; id: bigint; incarnation: string }[] = []
  /** Called for each message that leaves a node; true loses it. */
  onSend: (sent: Sent) => boolean = () => false
  onEvent: (life: Life, event: ClientEvent | RegistryEvent) => void = () => undefined
  /** Called when a node has worked on a batch: what it listed before, what the batch removed. */
  onBatch: (life: Life, before: ReadonlySet<bigint>, removed: ReadonlySet<bigint>) => void = () =>
    undefined
  mayDial: (from: bigint, to: bigint) => boolean = () => true
  #isCut: (a: bigint, b: bigint) => boolean = () => false
  /** For each pair in one direction, when its last message arrives: links keep the order. */
  readonly #arrivals = new Map<bigint, Map<bigint, number>>()
  #lives = 0
  #sends = 0

  constructor(kit: DirectoryKit, options: Partial<WorldOptions> = {}) {
    this.kit = kit
    this.options = { ...DEFAULTS, ...options }
    this.chance = new Prng(this.options.seed)
  }

  get nowMs(): number {
    return this.schedule.nowMs
  }

  run(ms: number): void {
    this.schedule.runUntil(this.schedule.nowMs + ms)
  }

  life(id: bigint): Life {
    const life = this.lives.get(id)
    if (life === undefined) throw new Error(`no node 0x${id.toString(16)}`)
    return life
  }

  startRegistry(id: bigint, zone: string, changes: { wallOffsetMs?: number } = {}): Life {
    const { REGISTRY_TIMES, REGISTRY_LIMITS, RegistryCore } = this.kit
    const routes = new Set<bigint>()
    const node = this.#newNode(id, { zone })
    const registry = new RegistryCore(
      {
        node,
        record: madeRecord(id, { app: REGISTRY_APP, zone }),
        epoch: BigInt(this.#lives),
        times: { ...REGISTRY_TIMES, ...this.options.registryTimes },
        limits: REGISTRY_LIMITS,
        reach: routes,
        chance: () => this.chance.real(),
        isAdmin: (busId) => busId >= 0xf000n,
        mayBeRegistry: (busId) => busId < 0x100n,
      },
      this.nowMs,
    )
    return this.#live({ role: 'registry', registry }, node, routes, changes.wallOffsetMs ?? 0)
  }

  startNode(
    id: bigint,
    node: Partial<NodeInfo> = {},
    offer: Partial<Offer> = {},
    changes: { apps?: readonly string[]; wallOffsetMs?: number } = {},
  ): Life {
    const { CLIENT_TIMES, DirectoryClient } = this.kit
    const routes = new Set<bigint>()
    const info = this.#newNode(id, node)
    const chance = (): number => this.chance.real()
    const apps = changes.apps ?? []
    const mayBeRegistry = (busId: bigint): boolean => busId < 0x100n
    const times = { ...CLIENT_TIMES, ...this.options.clientTimes }
    const config = { node: info, times, reach: routes, chance, apps, mayBeRegistry }
    const client = new DirectoryClient(config)
    const record = madeRecord(id, { zone: info.zone })
    const whole: Offer = { records: [record], wants: info.wants, lease: 'leased', ...offer }
    const core: Core = { role: 'node', client, offer: whole }
    return this.#live(core, info, routes, changes.wallOffsetMs ?? 0)
  }

  /** A crash: nothing is said. */
  kill(id: bigint): void {
    const life = this.lives.get(id)
    if (life === undefined) return
    life.isAlive = false
    this.lives.delete(id)
    this.#followAll((other) => this.#followOne(other, id))
  }

  /** In good order: it says so, and goes when its words are out. */
  stop(id: bigint): void {
    const life = this.life(id)
    life.give({ kind: 'stop' })
    this.schedule.after(50, () => {
      if (this.lives.get(id) === life) this.kill(id)
    })
  }

  /** Which pairs have no way to each other from now on. */
  cut(isCut: (a: bigint, b: bigint) => boolean): void {
    this.#isCut = isCut
    this.follow()
  }

  heal(): void {
    this.cut(() => false)
  }

  isCut(a: bigint, b: bigint): boolean {
    return this.#isCut(a, b) || this.#isCut(b, a)
  }

  /** Ends one link whose ends still reach each other through the tree. */
  dropLink(a: bigint, b: bigint): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const life = this.lives.get(one)
      if (life?.links.delete(other)) life.give({ kind: 'link', id: other, up: false })
    }
  }

  connect(a: bigint, b: bigint): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const life = this.lives.get(one)
      if (life === undefined || life.links.has(other)) continue
      life.links.add(other)
      life.give({ kind: 'link', id: other, up: true })
    }
  }

  /** Routing tables follow what is so now. */
  follow(): void {
    this.#followAll((life) => this.#followEach(life))
  }

  #followAll(follow: (life: Life) => void): void {
    for (const life of this.lives.values()) {
      this.schedule.after(ROUTE_DELAY_MS * this.chance.real(), () => follow(life))
    }
  }

  #followEach(life: Life): void {
    for (const id of [...life.routes]) this.#followOne(life, id)
    for (const id of this.lives.keys()) if (!life.routes.has(id)) this.#followOne(life, id)
  }

  /** Of one node that came or went; the others are where they were. */
  #followOne(life: Life, id: bigint): void {
    if (id === life.id) return
    const now = this.reaches(life.id, id) ? this.lives.get(id) : undefined
    const before = life.routeLives.get(id)
    if (before === now) return
    if (before !== undefined) this.#lose(life, id)
    if (now === undefined) return
    life.routes.add(id)
    life.routeLives.set(id, now)
    life.give({ kind: 'route', id, up: true })
    if (this.#isBootstrap(life, now)) this.schedule.after(1, () => this.#meet(life, id))
  }

  #meet(life: Life, id: bigint): void {
    if (life.isAlive && this.reaches(life.id, id)) this.connect(life.id, id)
  }

  #lose(life: Life, id: bigint): void {
    life.routes.delete(id)
    life.routeLives.delete(id)
    if (life.links.delete(id)) life.give({ kind: 'link', id, up: false })
    life.give({ kind: 'route', id, up: false })
  }

  reaches(from: bigint, to: bigint): boolean {
    return this.lives.has(from) && this.lives.has(to) && !this.isCut(from, to)
  }

  #isBootstrap(a: Life, b: Life): boolean {
    if (a.core.role === 'node' && b.core.role === 'node') return false
    const isBoth = a.core.role === 'registry' && b.core.role === 'registry'
    if (isBoth) return this.options.bootstraps(a.id, b.id) || this.options.bootstraps(b.id, a.id)
    const [node, registry] = a.core.role === 'node' ? [a, b] : [b, a]
    return node.zone === registry.zone && this.options.bootstraps(node.id, registry.id)
  }

  #newNode(id: bigint, changes: Partial<NodeInfo>): NodeInfo {
    return madeNode(id, { incarnation: incarnationOf(++this.#lives), ...changes })
  }

  #live(core: Core, node: NodeInfo, routes: Set<bigint>, wallOffsetMs: number): Life {
    const { busId: id, zone, incarnation } = node
    if (this.lives.has(id)) this.kill(id)
    const life = new Life({ id, zone, incarnation, core, routes }, this.#surroundings())
    life.wallOffsetMs = wallOffsetMs
    this.lives.set(id, life)
    if (core.role === 'registry') life.give({ kind: 'start' })
    else life.give({ kind: 'offer', offer: core.offer })
    this.#followAll((other) => {
      if (other === life) this.#followEach(other)
      else this.#followOne(other, id)
    })
    return life
  }

  #surroundings(): Surroundings {
    return {
      nowMs: () => this.nowMs,
      at: (atMs, run) => this.schedule.at(atMs, run),
      send: (life, to, message) => this.#send(life, to, message),
      event: (life, event) => {
        this.events.push({ atMs: this.nowMs, id: life.id, event })
        this.onEvent(life, event)
      },
      dial: (life, id) => this.#dial(life, id),
      askGreeting: (life, to) => this.#askGreeting(life, to),
      polled: (_life, answer) => this.polled.push({ atMs: this.nowMs, answer }),
      expel: (life, id, incarnation) => {
        this.expelled.push({ by: life.id, id, incarnation })
        if (this.lives.get(id)?.incarnation === incarnation) this.dropLink(life.id, id)
      },
    }
  }

  #dial(life: Life, to: bigint): void {
    this.dials.push({ atMs: this.nowMs, from: life.id, to })
    this.schedule.after(DIAL_MS, () => {
      const isThere = this.reaches(life.id, to) && this.mayDial(life.id, to)
      if (isThere) this.connect(life.id, to)
      else life.give({ kind: 'dial_failed', id: to })
    })
  }

  /** A word of the shells: a registry greets again as if the link had come up. */
  #askGreeting(life: Life, to: bigint): void {
    if (this.chance.chance(this.options.lossShare)) return
    this.schedule.after(this.options.latencyMs[0], () => {
      const registry = this.reaches(life.id, to) ? this.life(to) : undefined
      if (registry?.core.role === 'registry') registry.give({ kind: 'asked', id: life.id })
    })
  }

  /** In order between two nodes, some through the codec, where there is a way on arrival. */
  #send(life: Life, to: bigint, message: DirectoryMessage): void {
    const sent: Sent = { atMs: this.nowMs, from: life.id, to, message }
    if (this.onSend(sent) || this.chance.chance(this.options.lossShare)) return
    const isWritten = this.#sends++ % this.options.codecEvery === 0
    const bytes = isWritten ? this.kit.encodeMessage(message) : undefined
    const arrivals = this.#arrivalsOf(life.id)
    const [least, most] = this.options.latencyMs
    const atMs = Math.max(this.nowMs + this.chance.between(least, most), arrivals.get(to) ?? 0)
    arrivals.set(to, atMs)
    this.schedule.at(atMs, () => {
      // What a process said before its end still arrives: its host carries it.
      if (!this.lives.has(to) || this.isCut(life.id, to)) return
      const decoded = bytes === undefined ? message : this.kit.decodeMessage(bytes)
      if (decoded === undefined) throw new Error(`the codec refuses its own ${message.kind}`)
      this.#deliver(this.life(to), life.id, decoded)
    })
  }

  #arrivalsOf(id: bigint): Map<bigint, number> {
    const known = this.#arrivals.get(id)
    if (known !== undefined) return known
    const fresh = new Map<bigint, number>()
    this.#arrivals.set(id, fresh)
    return fresh
  }

  #deliver(life: Life, from: bigint, message: DirectoryMessage): void {
    const isBatch = message.kind === 'batch' && life.client !== undefined
    const registry = isBatch ? this.lives.get(from)?.registry : undefined
    // Only for a list of a registry that warms up does it matter what was there before.
    const before = new Set(registry?.table.isReady === false ? listOf(life) : [])
    life.give({ kind: 'message', from, message })
    if (!isBatch || message.kind !== 'batch') return
    this.onBatch(life, before, new Set(message.removals.map(({ busId }) => busId)))
  }
}

function listOf(life: Life): bigint[] {
  return [...(life.client?.table.all() ?? [])].map(({ registration }) => registration.node.busId)
}
