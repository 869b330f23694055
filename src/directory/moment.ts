// The two clocks a core is told: one that only goes forward, one that people set.

export interface Moment {
  /** Monotonic: leases, timeouts and everything due. */
  readonly nowMs: number
  /** Wall clock: stamps alone, which bear its being set back. */
  readonly wallMs: number
}
