// How long calls took, in fixed memory: counts of steps that grow by an eighth of an octave.

const STEPS_PER_OCTAVE = 8
/** From 1 µs to 2^30 µs, which is 18 minutes. */
const STEP_COUNT = STEPS_PER_OCTAVE * 30

export class LatencyTable {
  readonly #counts = new Array<number>(STEP_COUNT).fill(0)
  #total = 0

  count(us: number): void {
    const step = Math.round(Math.log2(Math.max(1, us)) * STEPS_PER_OCTAVE)
    const at = Math.min(STEP_COUNT - 1, step)
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#total += 1
  }

  /** Pairs of step and count, and none of those that are 0. */
  take(): number[][] {
    const taken = [...this.#counts.entries()].filter(([, count]) => count > 0)
    this.#counts.fill(0)
    this.#total = 0
    return taken
  }

  add(pairs: readonly (readonly number[])[]): void {
    for (const [step = 0, count = 0] of pairs) {
      this.#counts[step] = (this.#counts[step] ?? 0) + count
      this.#total += count
    }
  }

  /** In µs, within 5 %; `share` from 0 to 1. 0 where nothing was counted. */
  percentileUs(share: number): number {
    if (this.#total === 0) return 0
    let left = Math.max(1, Math.ceil(this.#total * share))
    const step = this.#counts.findIndex((count) => {
      left -= count
      return left <= 0
    })
    return 2 ** (step / STEPS_PER_OCTAVE)
  }
}
