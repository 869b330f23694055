// A small seeded generator: the only source of chance in a simulated world.

export class Prng {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /**
   * The sfc32 generator of PractRand; the first draws are thrown away, as near seeds look alike.
   */
  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0
    this.#c = 0x9e37_79b9
    for (let draw = 0; draw < 12; draw++) this.word()
  }

  /** 32 random bits. */
  word(): number {
    const out = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0
    return out >>> 0
  }

  /** In [0, 1). */
  real(): number {
    return this.word() / 0x1_0000_0000
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.real() * below)
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return least + this.real() * (most - least)
  }

  chance(share: number): boolean {
    return this.real() < share
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let at = 0; at < count; at += 4) {
      const word = this.word()
      for (let part = 0; part < 4 && at + part < count; part++) {
        bytes[at + part] = word >>> (8 * part)
      }
    }
    return bytes
  }

  /** A stream of its own: what is drawn from it does not shift what others draw. */
  fork(): Prng {
    return new Prng(this.word() * 0x10_0000 + (this.word() >>> 12))
  }
}
