// Self-protection: when too few renewals come in, the fault is taken to be ours, not theirs.

/** Expected renewals are those of the lawful share of the nodes, two a minute each (spec 3.3). */
const RENEWALS_PER_MINUTE = 2

export class Guard {
  readonly #ratio: number
  #expected = 0
  #counted = 0
  #lastMinute = 0

  constructor(ratio: number) {
    this.#ratio = ratio
  }

  get expected(): number {
    return this.#expected
  }

  get threshold(): number {
    return Math.floor(this.#expected * this.#ratio)
  }

  get lastMinute(): number {
    return this.#lastMinute
  }

  /** Whether nothing may be evicted but what is beyond the ceiling. */
  get isProtecting(): boolean {
    return this.#lastMinute < this.threshold
  }

  joined(): void {
    this.#expected += RENEWALS_PER_MINUTE
  }

  /** Only those who leave in good order; an eviction may be our own error. */
  left(): void {
    this.#expected = Math.max(0, this.#expected - RENEWALS_PER_MINUTE)
  }

  renewed(): void {
    this.#counted++
  }

  endMinute(): void {
    this.#lastMinute = this.#counted
    this.#counted = 0
  }

  /** Takes the table as it stands for what is to be expected. */
  recount(leasedCount: number): void {
    this.#expected = leasedCount * RENEWALS_PER_MINUTE
  }
}

/** At most this many are evicted in one sweep. */
export function evictionCap(leasedCount: number, ratio: number): number {
  return leasedCount - Math.floor(leasedCount * ratio)
}
