// The real clock: monotonic milliseconds, and the one timer that wakes the core.

export class Clock {
  readonly #wake: () => void
  #timer: NodeJS.Timeout | undefined
  /** In place of the timer where the time has come: the shortest timer takes a millisecond. */
  #next: NodeJS.Immediate | undefined
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
    const isSet = this.#timer !== undefined || this.#next !== undefined
    const isEarly = isSet && this.#dueMs <= dueMs
    if (isEarly && dueMs !== Number.POSITIVE_INFINITY && this.#holds === holds) return
    this.stop()
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.#dueMs = dueMs
    this.#holds = holds
    const waitMs = dueMs - this.nowMs()
    const waiting = waitMs > 0 ? this.#setTimer(waitMs) : this.#setNext()
    if (!holds) waiting.unref()
  }

  #setTimer(waitMs: number): NodeJS.Timeout {
    // Timers fire up to a millisecond early; one more keeps the core from being asked twice.
    this.#timer = setTimeout(() => this.#fired(), Math.min(Math.ceil(waitMs), TIMER_MS_MAX))
    return this.#timer
  }

  #setNext(): NodeJS.Immediate {
    this.#next = setImmediate(() => this.#fired())
    return this.#next
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#next)
    this.#timer = undefined
    this.#next = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #fired(): void {
    this.#timer = undefined
    this.#next = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#wake()
  }
}

/** setTimeout takes 31 bits; a longer wait is asked for again when it is over. */
const TIMER_MS_MAX = 0x7fff_ffff
