// Which nodes a node wants links to, and which side of a pair dials (M13).

import type { ClientConfig, ClientEffect } from './client-config.js'
import type { Registration, Wants } from './record.js'
import { isWanted } from './record.js'

/** After so many failed dials the other side is asked to dial (000-21b). */
const FAILURES_TO_TURN = 3
const HINTS_MAX = 10_000

interface Wish {
  readonly addresses: readonly string[]
  readonly why: 'want' | 'registry'
  dueMs: number
  isDialling: boolean
  failures: number
}

export class Interest {
  readonly #config: ClientConfig
  readonly #wishes = new Map<bigint, Wish>()
  readonly #linked = new Set<bigint>()
  /** What registries said of who dials. */
  readonly #hints = new Map<bigint, boolean>()
  /** Peers that cannot dial us, by their own word: it outweighs what a registry says. */
  readonly #turned = new Set<bigint>()
  #effects: ClientEffect[] = []
  #isOpen = false
  /** When the next wish is due; undefined: to be found out. */
  #nextDueMs: number | undefined

  constructor(config: ClientConfig) {
    this.#config = config
  }

  get nextDueMs(): number {
    if (!this.#isOpen) return Number.POSITIVE_INFINITY
    this.#nextDueMs ??= this.#earliest()
    return this.#nextDueMs
  }

  takeEffects(): ClientEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  isLinked(id: bigint): boolean {
    return this.#linked.has(id)
  }

  /** From now on links are dialled. */
  open(nowMs: number): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.tick(nowMs)
  }

  /** What a node offers has become known or different. */
  look(peer: Registration, own: Registration | undefined, wants: Wants, nowMs: number): void {
    const { busId, addresses } = peer.node
    const isRegistry = this.#isOwnRegistry(peer)
    if (!isRegistry && !this.#mayDial(peer, own, wants)) {
      this.#drop(busId)
      return
    }
    if (this.#linked.has(busId) || this.#wishes.has(busId)) return
    if (addresses.length === 0) {
      if (!isRegistry) this.#turn(busId)
      return
    }
    const why = isRegistry ? 'registry' : 'want'
    this.#nextDueMs = undefined
    this.#wishes.set(busId, { addresses, why, dueMs: nowMs, isDialling: false, failures: 0 })
    this.tick(nowMs)
  }

  forget(id: bigint): void {
    this.#drop(id)
    this.#hints.delete(id)
    this.#turned.delete(id)
  }

  link(id: bigint, isUp: boolean): void {
    if (isUp) this.#linked.add(id)
    else this.#linked.delete(id)
    if (isUp) this.#drop(id)
  }

  /** `from`: a registry, or the peer itself, which asks to be dialled. */
  hint(from: bigint, id: bigint, dial: boolean): void {
    if (from === id) {
      if (dial && this.#turned.size < HINTS_MAX) this.#turned.add(id)
    } else if (this.#hints.size < HINTS_MAX || this.#hints.has(id)) {
      this.#hints.set(id, dial)
    }
  }

  dialFailed(id: bigint, nowMs: number): void {
    const wish = this.#wishes.get(id)
    if (wish === undefined) return
    const { dialRetryMs, registryRetryMs } = this.#config.times
    const retryMs = wish.why === 'registry' ? registryRetryMs : dialRetryMs
    this.#nextDueMs = undefined
    wish.isDialling = false
    wish.failures++
    wish.dueMs = nowMs + retryMs * (0.8 + 0.4 * this.#config.chance())
    if (wish.why === 'want' && wish.failures % FAILURES_TO_TURN === 0) this.#turn(id)
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextDueMs) return
    this.#nextDueMs = undefined
    for (const [id, wish] of this.#wishes) {
      if (wish.isDialling || wish.dueMs > nowMs) continue
      wish.isDialling = true
      this.#effects.push({ kind: 'dial', id, addresses: wish.addresses, why: wish.why })
    }
  }

  #drop(id: bigint): void {
    if (this.#wishes.delete(id)) this.#nextDueMs = undefined
  }

  #earliest(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { dueMs, isDialling } of this.#wishes.values()) {
      if (!isDialling) nextMs = Math.min(nextMs, dueMs)
    }
    return nextMs
  }

  /** A node dials every registry of its zone. */
  #isOwnRegistry({ node, records }: Registration): boolean {
    const isNear = node.zone === this.#config.node.zone
    return isNear && records.some(({ app }) => app === 'registry')
  }

  #mayDial(peer: Registration, own: Registration | undefined, wants: Wants): boolean {
    if (!isWanted(wants, peer)) return false
    const { busId } = peer.node
    if (this.#turned.has(busId)) return true
    const hint = this.#hints.get(busId)
    if (hint !== undefined) return hint
    const isMutual = own !== undefined && isWanted(peer.node.wants, own)
    return !isMutual || this.#config.node.busId < busId
  }

  /** Asks the other side to dial: here it does not work. */
  #turn(to: bigint): void {
    const message = { kind: 'dial_hint', peer: this.#config.node.busId, dial: true } as const
    this.#effects.push({ kind: 'send', to, message })
  }
}
