// A tree whose children talk, fall silent and talk again, so that their paths change all the time.

import { type Host, seededRandom, World } from './_harness.js'

const ROOT = 'ipv4://10.0.0.1:1'
const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'
const C = 'ipv4://10.0.0.4:1'
/** A link on demand that carried nothing for so long is given up (path-change.ts). */
const IDLE_MS = 60_000
const CABLE_MS_MAX = 20
/** Longer than any word takes across the tree and back, several times. */
const TALK_MS = 250

/** How many messages of each ordered pair came as the next one, and those that did not. */
interface Heard {
  next: number
  readonly wrong: string[]
}

/** root > a, b, c; a > leaf. Paths change between a, b and c, and with them those of the leaf. */
export class ChangingPaths {
  readonly world = new World()
  readonly hosts: readonly Host[]
  readonly #random = seededRandom(77)
  readonly #sent = new Map<string, number>()
  readonly #heard = new Map<string, Heard>()

  constructor() {
    const { world } = this
    const child = (id: bigint, address: string) =>
      world.host({ id, parents: [ROOT] }).listen(address)
    const root = world.host({ id: 0x100n }).listen(ROOT)
    const children = [child(0x200n, A), child(0x300n, B), child(0x400n, C)]
    const leaf = world.host({ id: 0x500n, parents: [A] })
    this.hosts = [root, ...children, leaf]
    for (const host of this.hosts) host.give({ kind: 'start' })
    world.advance(1_000)
  }

  below(limit: number): number {
    const [high = 0, low = 0] = this.#random(2)
    return ((high << 8) | low) % limit
  }

  /** Each cable takes another time than before, and not the same in both directions. */
  stretchCables(): void {
    const delays = new Map<string, number>()
    this.world.delayMs = (from, to) => {
      const key = `${from.core.id} ${to.core.id}`
      const known = delays.get(key) ?? this.below(CABLE_MS_MAX + 1)
      delays.set(key, known)
      return known
    }
  }

  say(from: Host, to: Host): void {
    const pair = `${from.core.id} to ${to.core.id}`
    const number = this.#sent.get(pair) ?? 0
    this.#sent.set(pair, number + 1)
    const outcome = from.send(to.core.id, String(number))
    if (outcome !== 'sent') this.#heardOf(pair).wrong.push(`${number}: ${outcome}`)
  }

  /** Every pair, in both directions; `most` messages at most at one moment. */
  talk(forMs: number, most: number): void {
    const { hosts, world } = this
    const untilMs = world.nowMs + forMs
    while (world.nowMs < untilMs) {
      for (let count = this.below(most) + 1; count > 0; count--) {
        const from = hosts[this.below(hosts.length)]
        const to = hosts[this.below(hosts.length)]
        if (from !== undefined && to !== undefined && from !== to) this.say(from, to)
      }
      world.advance(this.below(4))
    }
  }

  /** Changes of every pair's path to a link of its own and back, most of them under traffic. */
  round(): void {
    const { world } = this
    this.stretchCables()
    this.talk(TALK_MS, 1)
    // About now the links are given up: what is said keeps some, and meets the end of others.
    world.advance(IDLE_MS - CABLE_MS_MAX + this.below(CABLE_MS_MAX * 2))
    this.talk(CABLE_MS_MAX * 4, 12)
    this.talk(TALK_MS, 1)
    world.advance(IDLE_MS + 2_000)
    this.read()
  }

  read(): void {
    for (const host of this.hosts) {
      for (const { from, text } of host.messages.splice(0)) {
        const heard = this.#heardOf(`${from} to ${host.core.id}`)
        if (Number(text) !== heard.next) heard.wrong.push(`${text} instead of ${heard.next}`)
        heard.next = Number(text) + 1
      }
    }
  }

  /** What did not come in its turn, by pair, and how many never came. */
  wrongs(): string[] {
    return [...this.#sent].flatMap(([pair, count]) => {
      const { next, wrong } = this.#heardOf(pair)
      const missing = next === count ? [] : [`${next} of ${count} came`]
      return [...wrong, ...missing].map((what) => `${pair}: ${what}`)
    })
  }

  /** Links on demand that came up, and that were given up again, each counted once. */
  changes(): { there: number; back: number } {
    const siblings = this.hosts.flatMap(({ events }) =>
      events.filter((event) => 'link' in event && event.link.role === 'sibling'),
    )
    const count = (kind: string) => siblings.filter((event) => event.kind === kind).length / 2
    return { there: count('link_up'), back: count('link_down') }
  }

  #heardOf(pair: string): Heard {
    const heard = this.#heard.get(pair) ?? { next: 0, wrong: [] }
    this.#heard.set(pair, heard)
    return heard
  }
}
