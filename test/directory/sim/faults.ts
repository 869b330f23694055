// What befalls a simulated cluster: joins, leaves, crashes, cuts, partitions and clock steps.

import type { Prng } from '../../sim/prng.js'
import { madeRecord } from '../_made.js'
import type { World } from './world.js'

export const ZONES = ['z1', 'z2'] as const
export const REGISTRIES = [0x10n, 0x11n, 0x12n, 0x20n, 0x21n, 0x22n] as const
export const NODE_COUNT = 30
/** It only orders retirements. */
export const ADMIN = 0xf001n
const HOUR_MS = 3_600_000
/** Few, so that nodes clash at times. */
const CLASHING_NAMES = 40

export type Fault =
  | 'join'
  | 'cancel'
  | 'crash'
  | 'restart'
  | 'change'
  | 'retire'
  | 'registry_crash'
  | 'registry_start'
  | 'cut'
  | 'partition'
  | 'heal'
  | 'clock'

export const FAULTS: readonly Fault[] = [
  'join',
  'join',
  'cancel',
  'crash',
  'restart',
  'restart',
  'change',
  'change',
  'retire',
  'registry_crash',
  'registry_start',
  'registry_start',
  'cut',
  'partition',
  'heal',
  'heal',
  'clock',
]

export function nodeIds(): bigint[] {
  return Array.from({ length: NODE_COUNT }, (_, index) => 0x100n + BigInt(index))
}

export function zoneOf(id: bigint): string {
  if (id < 0x100n) return id < 0x20n ? 'z1' : 'z2'
  return id % 2n === 0n ? 'z1' : 'z2'
}

export class Faults {
  readonly #world: World
  readonly #chance: Prng
  /** Names are used by several: who comes second waits until the first has expired. */
  readonly isClashing: boolean
  #requests = 0n

  constructor(world: World, chance: Prng) {
    this.#world = world
    this.#chance = chance
    this.isClashing = chance.chance(0.3)
  }

  start(id: bigint): void {
    const zone = zoneOf(id)
    const { chance, name } = { chance: this.#chance, name: this.#nameFor(id) }
    const record = madeRecord(id, { zone, name, metadata: `{"v":${chance.below(1_000)}}` })
    const lease = chance.chance(0.1) ? 'static' : 'leased'
    const wants = { names: [], types: chance.chance(0.2) ? ['game'] : [] }
    const changes = { wallOffsetMs: chance.pick([0, 0, HOUR_MS, -HOUR_MS]) ?? 0 }
    this.#world.startNode(id, { zone }, { records: [record], lease, wants }, changes)
  }

  startRegistry(id: bigint): void {
    const wallOffsetMs = this.#chance.pick([0, 0, HOUR_MS, -HOUR_MS]) ?? 0
    this.#world.startRegistry(id, zoneOf(id), { wallOffsetMs })
  }

  strike(kind: Fault): void {
    const world = this.#world
    switch (kind) {
      case 'join':
        this.#someAbsent(nodeIds(), (id) => this.start(id))
        break
      case 'cancel':
        this.#someNode((id) => world.stop(id))
        break
      case 'crash':
        this.#someNode((id) => world.kill(id))
        break
      case 'restart':
        this.#someNode((id) => this.#restart(id))
        break
      case 'change':
        this.#someNode((id) => this.#change(id))
        break
      case 'retire':
        this.#someNode((id) => this.#retire(id))
        break
      case 'registry_crash':
        this.#crashRegistry()
        break
      case 'registry_start':
        this.#someAbsent(REGISTRIES, (id) => this.startRegistry(id))
        break
      default:
        this.#strikeNetwork(kind)
    }
  }

  #strikeNetwork(kind: 'cut' | 'partition' | 'heal' | 'clock'): void {
    const world = this.#world
    switch (kind) {
      case 'cut': {
        const a = this.#chance.pick([...world.lives.keys()])
        const b = this.#chance.pick([...REGISTRIES])
        world.cut((one, other) => one === a && other === b)
        break
      }
      case 'partition':
        this.#partition()
        break
      case 'heal':
        world.heal()
        break
      case 'clock': {
        const life = this.#chance.pick([...world.lives.values()])
        if (life !== undefined) life.wallOffsetMs += this.#chance.pick([HOUR_MS, -HOUR_MS]) ?? 0
        break
      }
    }
  }

  /** Between the zones, or anywhere. */
  #partition(): void {
    const salt = BigInt(this.#chance.below(1 << 16))
    const isByZone = this.#chance.chance(0.5)
    const side = (id: bigint): boolean => {
      return isByZone ? zoneOf(id) === 'z1' : ((id * 2_654_435_761n + salt) >> 5n) % 2n === 0n
    }
    const sides = new Map(this.#everyone().map((id) => [id, side(id)]))
    this.#world.cut((a, b) => sides.get(a) !== sides.get(b))
  }

  #everyone(): bigint[] {
    return [...REGISTRIES, ...nodeIds(), ADMIN]
  }

  /** A quick one: the old life is still listed. */
  #restart(id: bigint): void {
    if (this.#chance.chance(0.5)) this.#world.life(id).give({ kind: 'stop' })
    this.#world.kill(id)
    this.#world.schedule.after(this.#chance.between(0, 2_000), () => {
      if (!this.#world.lives.has(id)) this.start(id)
    })
  }

  #change(id: bigint): void {
    const name = this.#nameFor(id)
    const metadata = `{"v":${this.#chance.below(1_000)}}`
    const record = madeRecord(id, { zone: zoneOf(id), name, metadata })
    const wants = { names: [], types: [] }
    const offer = { records: [record], wants, lease: 'leased' } as const
    this.#world.life(id).give({ kind: 'offer', offer })
  }

  /** Who is retired stops, as its user is told. */
  #retire(busId: bigint): void {
    const registries = REGISTRIES.filter((id) => this.#world.reaches(ADMIN, id))
    const to = this.#chance.pick(registries)
    if (to === undefined) return
    const message = { kind: 'retire', request: ++this.#requests, busId } as const
    this.#world.life(to).give({ kind: 'message', from: ADMIN, message })
    this.#world.kill(busId)
  }

  #crashRegistry(): void {
    const up = REGISTRIES.filter((id) => this.#world.lives.has(id))
    const id = this.#chance.pick(up)
    if (id !== undefined) this.#world.kill(id)
  }

  #nameFor(id: bigint): string {
    if (!this.isClashing) return `n${id}`
    return `name${this.#chance.below(CLASHING_NAMES)}`
  }

  #someNode(act: (id: bigint) => void): void {
    const id = this.#chance.pick(nodeIds().filter((one) => this.#world.lives.has(one)))
    if (id !== undefined) act(id)
  }

  #someAbsent(ids: readonly bigint[], act: (id: bigint) => void): void {
    const id = this.#chance.pick(ids.filter((one) => !this.#world.lives.has(one)))
    if (id !== undefined) act(id)
  }
}
