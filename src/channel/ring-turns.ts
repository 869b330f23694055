// The turns of all ring connections of one thread: who is served, when to spin, when to sleep.
import type { Addon, NativeLink } from './native.js'

/** A ring connection as the turns see it. */
export interface RingMember {
  readonly link: NativeLink
  /** How long this one would have the thread spin, after the last byte, before it sleeps. */
  readonly spinMicros: number
  /** Serves it, for a bounded number of bytes: others wait. */
  turn(): void
}

/**
 * A thread has one, see `turnsOf`. One native call finds who has something to do; each of them is
 * served once, then the event loop has its turn. With nobody to serve the thread sleeps on its
 * doorbell, and costs nothing.
 */
export class RingTurns {
  readonly #addon: Addon
  readonly #slots: Uint32Array
  readonly #members = new Map<number, RingMember>()
  #bell: number | undefined
  #nextSlot = 0
  #scheduled = false
  #spinMs = 0
  #activeAtMs = 0

  constructor(addon: Addon) {
    this.#addon = addon
    this.#slots = new Uint32Array(addon.slotsPerCall)
  }

  /**
   * What a peer rings this thread's bell by. Undefined where there is none to be had at the moment
   * (descriptors): the peer has to use the control link.
   */
  get bell(): number | undefined {
    if (this.#bell === undefined) {
      const bell = this.#addon.watch(() => this.#turn())
      if (typeof bell === 'number') this.#bell = bell
    }
    return this.#bell
  }

  /** Returns the number by which the member goes in `NativeLink.want`. */
  add(member: RingMember): number {
    while (this.#members.has(this.#nextSlot)) this.#nextSlot = (this.#nextSlot + 1) >>> 0
    const slot = this.#nextSlot
    this.#nextSlot = (slot + 1) >>> 0
    this.#members.set(slot, member)
    this.#reckonSpin()
    return slot
  }

  remove(slot: number): void {
    this.#members.delete(slot)
    this.#reckonSpin()
  }

  /** Has to follow where a member wants more than it did: sleep flags are set in a turn alone. */
  wake(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#next)
  }

  #reckonSpin(): void {
    let micros = 0
    for (const member of this.#members.values()) micros = Math.max(micros, member.spinMicros)
    this.#spinMs = micros / 1_000
  }

  readonly #next = (): void => {
    this.#scheduled = false
    this.#turn()
  }

  #turn(): void {
    const spins = this.#spins()
    const count = this.#addon.ready(this.#slots, spins)
    if (count > 0 || spins) this.wake()
    if (count === 0) return
    if (this.#spinMs > 0) this.#activeAtMs = performance.now()
    for (let i = 0; i < count; i++) this.#members.get(this.#slots[i]!)?.turn()
  }

  #spins(): boolean {
    return this.#spinMs > 0 && performance.now() - this.#activeAtMs < this.#spinMs
  }
}

let turns: RingTurns | undefined

export function turnsOf(addon: Addon): RingTurns {
  turns ??= new RingTurns(addon)
  return turns
}
