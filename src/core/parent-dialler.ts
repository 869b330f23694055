// Which parent address to try, and when: redial at once, then back off, the next address each time.

export interface RetryPolicy {
  /** Wait before the second attempt after a loss; the first one is made at once. Default 500 ms. */
  readonly firstMs: number
  /** The wait doubles up to this. Default 3,000 ms, libatbus's retry interval. */
  readonly maxMs: number
  /**
   * Each wait is spread by this share, so that 200 children do not come back in step. Default 0.2.
   */
  readonly jitter: number
  /**
   * A life that was refused waits a random time between these two. Defaults 5,000 and 15,000 ms.
   */
  readonly refusedMinMs: number
  readonly refusedMaxMs: number
}

export const DEFAULT_RETRY: RetryPolicy = {
  firstMs: 500,
  maxMs: 3_000,
  jitter: 0.2,
  refusedMinMs: 5_000,
  refusedMaxMs: 15_000,
}

export class ParentDialler {
  readonly #addresses: readonly string[]
  readonly #policy: RetryPolicy
  /** Failures since the last link that lasted. */
  #failures = 0
  #index = 0

  constructor(addresses: readonly string[], policy: RetryPolicy) {
    this.#addresses = addresses
    this.#policy = policy
  }

  get address(): string | undefined {
    return this.#addresses[this.#index % Math.max(1, this.#addresses.length)]
  }

  /**
   * The link was up for that long and is gone: the same address at once, the next one only when
   * that fails. A parent that takes us only to drop us again is treated as one that fails.
   */
  lost(livedMs: number, chance: number): number {
    if (livedMs < this.#policy.maxMs) return this.failed(chance)
    this.#failures = 0
    return 0
  }

  /** An attempt failed. `chance` in [0, 1). Returns how long to wait before the next one. */
  failed(chance: number): number {
    this.#index++
    const doublings = Math.min(this.#failures++, 16)
    const waitMs = Math.min(this.#policy.maxMs, this.#policy.firstMs * 2 ** doublings)
    return waitMs * (1 + this.#policy.jitter * (2 * chance - 1))
  }

  /** The parent said no. Trying again soon would only be refused again. */
  refused(chance: number): number {
    this.#index++
    this.#failures++
    const { refusedMinMs, refusedMaxMs } = this.#policy
    return refusedMinMs + chance * (refusedMaxMs - refusedMinMs)
  }
}
