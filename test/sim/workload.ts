// Who talks: bursts between random pairs, flows that never end, answers, and links to siblings.

import type { Message } from './ledger.js'
import type { Life } from './life.js'
import type { Prng } from './prng.js'
import type { Place, World } from './world.js'

const START_MS = 500
/** A small message, one that spans several reads, and one that outgrows the first slab. */
const SIZES = [12, 40, 40, 200, 3_000, 40_000]

export class Workload {
  readonly #world: World
  readonly #chance: Prng
  readonly #endMs: number

  constructor(world: World, chance: Prng) {
    this.#world = world
    this.#chance = chance
    this.#endMs = world.scenario.faultsEndMs + 10_000
    world.ledger.onDelivered = (life, message) => this.#reply(life, message)
  }

  start(): void {
    const { scenario, schedule } = this.#world
    for (let flow = 0; flow < scenario.flows; flow++) {
      const source = this.#place()
      const target = this.#place()
      const everyMs = this.#chance.between(300, 3_000)
      schedule.at(START_MS, () => this.#flow(source, target, everyMs))
    }
    schedule.at(START_MS, () => this.#bursts(this.#chance.between(300, 3_000)))
    for (let dial = 0; dial < scenario.siblingDials; dial++) {
      schedule.at(this.#chance.between(0, scenario.faultsEndMs), () => this.#linkSiblings())
    }
  }

  #place(): Place | undefined {
    return this.#chance.pick(this.#world.places)
  }

  #flow(source: Place | undefined, target: Place | undefined, everyMs: number): void {
    if (this.#world.nowMs > this.#endMs) return
    this.#send(source, target)
    this.#world.schedule.after(everyMs, () => this.#flow(source, target, everyMs))
  }

  #bursts(everyMs: number): void {
    if (this.#world.nowMs > this.#endMs) return
    const source = this.#place()
    const target = this.#place()
    for (let left = 1 + this.#chance.below(6); left > 0; left--) {
      this.#world.schedule.after(this.#chance.pick([0, 0, 1, 40]) ?? 0, () =>
        this.#send(source, target),
      )
    }
    this.#world.schedule.after(everyMs, () => this.#bursts(everyMs))
  }

  #send(source: Place | undefined, target: Place | undefined): void {
    const life = source?.life
    if (!life?.isAlive || life.isPaused || target === undefined || source === target) return
    const bytes = this.#chance.chance(0.02) ? 40_000 : (this.#chance.pick(SIZES.slice(0, -1)) ?? 40)
    this.#world.ledger.send(life, target, { asks: this.#chance.chance(0.4), bytes })
  }

  /** From within the handler, while the core is in the middle of a frame. */
  #reply(life: Life, message: Message): void {
    if (!this.#chance.chance(0.1) || message.bytes > 200) return
    this.#world.ledger.send(life, message.source.place, { asks: false, bytes: 40 })
  }

  /** Two that are not above or below each other; sometimes both dial at once. */
  #linkSiblings(): void {
    const world = this.#world
    const one = this.#place()
    const two = this.#place()
    if (one === undefined || two === undefined || one === two) return
    // A plain node cannot say that it wants to be a sibling: it would be taken for a child.
    if (one.rules.plain || two.rules.plain) return
    const isFamily = (low: Place, high: Place): boolean => low.rules.parents.includes(high.index)
    if (isFamily(one, two) || isFamily(two, one)) return
    if (world.mayBeAbove(one.index, two.index) || world.mayBeAbove(two.index, one.index)) return
    if (world.isAbove(one.index, two.index) || world.isAbove(two.index, one.index)) return
    this.#connect(one, two)
    if (this.#chance.chance(0.5)) this.#connect(two, one)
  }

  #connect(from: Place, to: Place): void {
    const { life } = from
    const delayMs = this.#chance.pick([0, 0, 1, 100]) ?? 0
    this.#world.schedule.after(delayMs, () =>
      life?.whenRunning(() =>
        life.give({ kind: 'connect', address: to.address, expectedId: to.id }),
      ),
    )
  }
}
