// The real clock: monotonic milliseconds, and the one timer that wakes the core.

// Not the global one: that is looked up anew at each call.
import { performance } from 'node:perf_hooks'

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
    const isEarly = this.#timer !== undefined && this.#dueMs <= dueMs
    if (isEarly && dueMs !== Number.POSITIVE_INFINITY && this.#holds === holds) return
    const waitMs = dueMs - this.nowMs()
    if (waitMs <= 0) {
      this.#wakeNext(holds)
      return
    }
    this.#stopTimer()
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.#dueMs = dueMs
    this.#holds = holds
    // Timers fire up to a millisecond early; one more keeps the core from being asked twice.
    const timerMs = Math.min(Math.ceil(waitMs), TIMER_MS_MAX)
    this.#timer = setTimeout(() => {
      this.#stopTimer()
      this.#wake()
    }, timerMs)
    if (!holds) this.#timer.unref()
  }

  /** The timer of a later deadline stays: it will be wanted again. */
  #wakeNext(holds: boolean): void {
    if (this.#next !== undefined) return
    this.#next = setImmediate(() => {
      this.#next = undefined
      this.#wake()
    })
    if (!holds) this.#next.unref()
  }

  stop(): void {
    this.#stopTimer()
    clearImmediate(this.#next)
    this.#next = undefined
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
  }
}

/** setTimeout takes 31 bits; a longer wait is asked for again when it is over. */
const TIMER_MS_MAX = 0x7fff_ffff
