// The real clock: monotonic milliseconds, and the one timer that wakes the core.

export class Clock {
  readonly #wake: () => void
  #timer: NodeJS.Timeout | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #holds = false

  constructor(wake: () => void) {
    this.#wake = wake
  }

  nowMs(): number {
    return performance.now()
  }

  /**
   * Wakes once at that time, in place of any time set before. `holds`: the timer keeps the process
   * alive, which only a node that is looking for its parent wants.
   */
  wakeAt(dueMs: number, holds: boolean): void {
    // Under load the deadline hardly ever changes; a timer that is early only wakes for nothing.
    const isEarly = this.#timer !== undefined && this.#dueMs <= dueMs
    if (isEarly && dueMs !== Number.POSITIVE_INFINITY && this.#holds === holds) return
    this.stop()
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.#dueMs = dueMs
    this.#holds = holds
    // Timers fire up to a millisecond early; one more keeps the core from being asked twice.
    const waitMs = Math.min(Math.max(0, Math.ceil(dueMs - this.nowMs())), TIMER_MS_MAX)
    this.#timer = setTimeout(() => this.#fired(), waitMs)
    if (!holds) this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #fired(): void {
    this.#timer = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#wake()
  }
}

/** setTimeout takes 31 bits; a longer wait is asked for again when it is over. */
const TIMER_MS_MAX = 0x7fff_ffff
