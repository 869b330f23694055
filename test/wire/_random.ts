// Chance from a seed, so that a failing run can be repeated.

export class Random {
  #state: number

  constructor(readonly seed: number) {
    this.#state = seed >>> 0
  }

  /** An unsigned 32-bit number (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** 0 to `limit - 1`. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** True once in `of` times. */
  once(of: number): boolean {
    return this.below(of) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** Unsigned, of every length from 0 to 32 bits alike: borders matter more than the middle. */
  bits32(): number {
    const bits = this.below(33)
    if (bits === 0) return 0
    const value = this.next() >>> (32 - bits)
    return this.once(4) ? (2 ** bits - 1) >>> 0 : value
  }

  int32(): number {
    return this.bits32() | 0
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.next()
    return bytes
  }
}

/** The seed of a run: TREEBUS_SEED, or the same one every time. */
export function seedOfRun(): number {
  return Number(process.env.TREEBUS_SEED ?? 20_261_121) >>> 0
}
