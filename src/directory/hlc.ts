// Stamps of versions: a hybrid logical clock that only grows and follows no peer far ahead of it.

const COUNTER_BITS = 16n
/** Times past the year 2500 are refused where they come in: nothing could be newer. */
const WALL_MS_MAX = 0x0f3c_0000_0000

/** One version of one registration: newer means a higher time, then a higher maker. */
export interface Stamp {
  /** Milliseconds of a wall clock in the upper 48 bits, a counter in the lower 16. */
  readonly time: bigint
  /** The node that made this version: the owner, or a registry that changed or removed it. */
  readonly by: bigint
}

export const NO_STAMP: Stamp = { time: 0n, by: 0n }
export const STAMP_TIME_MAX = timeOf(WALL_MS_MAX)

/** Below zero where `a` is the older one. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1
  if (a.by !== b.by) return a.by < b.by ? -1 : 1
  return 0
}

export function wallMsOf(time: bigint): number {
  return Number(time >> COUNTER_BITS)
}

function timeOf(wallMs: number): bigint {
  const lawful = Math.min(Math.max(Math.floor(wallMs), 0), WALL_MS_MAX)
  return BigInt(lawful) << COUNTER_BITS
}

/**
 * The clock of one node. A wall clock that is set back does not take it back, and a peer that is
 * more than `aheadMaxMs` before our wall clock does not pull it along.
 */
export class HybridClock {
  readonly #aheadMaxMs: number
  #last = 0n

  constructor(aheadMaxMs: number) {
    this.#aheadMaxMs = aheadMaxMs
  }

  /** A time above every one given before. */
  next(wallMs: number): bigint {
    const wall = timeOf(wallMs)
    this.#last = wall > this.#last ? wall : this.#last + 1n
    return this.#last
  }

  /**
   * A time above `floor` too: for the next version of something that another clock stamped. The
   * clock itself is not moved by the floor, so one bad stamp spoils one registration alone.
   */
  nextAfter(wallMs: number, floor: bigint): bigint {
    const time = this.next(wallMs)
    return time > floor ? time : floor + 1n
  }

  /** What a peer's message carried; false where it is too far ahead to be followed. */
  observe(wallMs: number, time: bigint): boolean {
    if (time > timeOf(wallMs + this.#aheadMaxMs)) return false
    if (time > this.#last) this.#last = time
    return true
  }
}
