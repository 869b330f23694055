// Spreads ids over the slots of the routing table, by a secret of this life.
//
// Whoever may announce ids also chooses them: without the secret a neighbour could name a million
// that all fall into one slot. Two rounds are needed, as one lets the top bits of an id through.

export class IdHash {
  readonly #first: number
  readonly #second: number

  /** Two secret words. Equal words give equal places. */
  constructor(first = 0, second = 0) {
    this.#first = first | 0
    this.#second = second | 0
  }

  /** 32 bits, unsigned; any of them may be used apart from the others. */
  of(high: number, low: number): number {
    let mixed = low ^ this.#first
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb_352d)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b)
    mixed ^= (mixed >>> 16) ^ high ^ this.#second
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}
