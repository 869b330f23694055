// When each leased registration was last renewed, and who is to be evicted now.

import { evictionCap, Guard } from './guard.js'

export interface LeaseTimes {
  readonly renewMs: number
  readonly leaseMs: number
  /** Silence that no guard excuses. */
  readonly ceilingMs: number
  readonly sweepMs: number
  readonly recountMs: number
  readonly guardRatio: number
}

export class Leases {
  readonly guard: Guard
  readonly #times: LeaseTimes
  readonly #chance: () => number
  readonly #renewedAtMs = new Map<bigint, number>()
  #sweepAtMs: number
  #recountAtMs: number

  constructor(times: LeaseTimes, chance: () => number, nowMs: number) {
    this.guard = new Guard(times.guardRatio)
    this.#times = times
    this.#chance = chance
    this.#sweepAtMs = nowMs + times.sweepMs
    this.#recountAtMs = nowMs + times.recountMs
  }

  get size(): number {
    return this.#renewedAtMs.size
  }

  get nextDueMs(): number {
    return this.#sweepAtMs
  }

  /** A version was stored. It begins a lease, and counts as a member from now on. */
  begin(busId: bigint, nowMs: number): void {
    if (!this.#renewedAtMs.has(busId)) this.guard.joined()
    this.#renewedAtMs.set(busId, nowMs)
  }

  /** False where nothing is leased under that id. */
  renew(busId: bigint, nowMs: number): boolean {
    const renewedAtMs = this.#renewedAtMs.get(busId)
    if (renewedAtMs === undefined) return false
    // The same renewal may come on two ways; counted twice, it would hide a silent node.
    if (nowMs - renewedAtMs >= this.#times.renewMs / 2) this.guard.renewed()
    this.#renewedAtMs.set(busId, nowMs)
    return true
  }

  end(busId: bigint, how: 'left' | 'evicted'): void {
    if (this.#renewedAtMs.delete(busId) && how === 'left') this.guard.left()
  }

  renewedAtMs(busId: bigint): number | undefined {
    return this.#renewedAtMs.get(busId)
  }

  /** Whether it was renewed within one lease. */
  isFresh(busId: bigint, nowMs: number): boolean {
    const renewedAtMs = this.#renewedAtMs.get(busId)
    return renewedAtMs !== undefined && nowMs - renewedAtMs <= this.#times.leaseMs
  }

  /** Those to be evicted, where a sweep is due. The caller ends their leases. */
  sweep(nowMs: number): bigint[] {
    if (nowMs < this.#sweepAtMs) return []
    this.#sweepAtMs = nextBeat(this.#sweepAtMs, this.#times.sweepMs, nowMs)
    this.guard.endMinute()
    const victims = this.#pick(this.#candidates(nowMs))
    if (nowMs >= this.#recountAtMs) {
      this.#recountAtMs = nextBeat(this.#recountAtMs, this.#times.recountMs, nowMs)
      this.guard.recount(this.size)
    }
    return victims
  }

  #candidates(nowMs: number): bigint[] {
    const { leaseMs, ceilingMs } = this.#times
    const limitMs = this.guard.isProtecting ? ceilingMs : leaseMs
    return [...this.#renewedAtMs]
      .filter(([, renewedAtMs]) => nowMs - renewedAtMs > limitMs)
      .map(([busId]) => busId)
  }

  /** A random choice, so that no app is wiped out before the others (spec 3.1, C20). */
  #pick(candidates: bigint[]): bigint[] {
    const count = Math.min(candidates.length, evictionCap(this.size, this.#times.guardRatio))
    for (let at = 0; at < count; at++) {
      const other = at + Math.floor(this.#chance() * (candidates.length - at))
      const chosen = candidates[other]
      const displaced = candidates[at]
      if (chosen === undefined || displaced === undefined) break
      candidates[at] = chosen
      candidates[other] = displaced
    }
    return candidates.slice(0, count)
  }
}

/** The next time of a steady beat; missed ones are not made up for. */
function nextBeat(lastMs: number, everyMs: number, nowMs: number): number {
  const missed = Math.floor((nowMs - lastMs) / everyMs)
  return lastMs + (missed + 1) * everyMs
}
