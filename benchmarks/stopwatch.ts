// Round trip times between two marks.

import { performance } from 'node:perf_hooks'
import type { Latency, RoleOptions } from './role.js'
import { percentile } from './statistics.js'

/** Two seconds at a million pairs a second. What comes beyond it is counted, but not kept. */
const KEPT_MAX = 2_000_000

export class Stopwatch {
  readonly #us = new Float64Array(KEPT_MAX)
  #kept = 0
  #isHalted = false
  /** Pairs since the start. */
  count = 0

  /** `startMs` is what `performance.now()` said when the request left. */
  stop(startMs: number): void {
    this.count++
    if (this.#kept < KEPT_MAX) this.#us[this.#kept++] = (performance.now() - startMs) * 1000
  }

  /** Of what was kept since the last call; an empty span gives NaN, which the runner refuses. */
  take(): Latency {
    const sorted = this.#us.subarray(0, this.#kept).sort()
    this.#kept = 0
    return {
      p50Us: percentile(sorted, 0.5),
      p99Us: percentile(sorted, 0.99),
      p999Us: percentile(sorted, 0.999),
    }
  }

  /**
   * As `asking`, but each request leaves when it is due, whatever became of those before, and its
   * time runs from when it was due: what waits behind a stall is late, not left out. Between two
   * requests the loop turns without rest, since a timer is no closer than a millisecond.
   */
  async pacing(
    ratePerSecond: number,
    numbers: number,
    open: (replied: (number: number) => void) => Promise<(number: number) => void>,
  ): Promise<() => void> {
    const dueMs = new Float64Array(numbers)
    const send = await open((number) => {
      this.stop(dueMs[number] ?? 0)
      dueMs[number] = 0
    })
    let beganMs = 0
    let sent = 0
    const turn = (): void => {
      for (;;) {
        const due = beganMs + (sent * 1000) / ratePerSecond
        if (due > performance.now()) break
        const number = sent++ % numbers
        if (dueMs[number] !== 0)
          throw new Error(`cannot keep up: ${numbers} requests are on their way`)
        dueMs[number] = due
        send(number)
      }
      if (!this.#isHalted) setImmediate(turn)
    }
    return () => {
      beganMs = performance.now()
      turn()
    }
  }

  /** No more requests at a fixed rate. */
  halt(): void {
    this.#isHalted = true
  }

  /** In a closed loop, or at the rate that the options ask for. */
  opening(
    { inFlight = 1, ratePerSecond }: RoleOptions,
    open: (replied: (number: number) => void) => Promise<(number: number) => void>,
  ): Promise<() => void> {
    if (ratePerSecond === undefined) return this.asking(inFlight, open)
    return this.pacing(ratePerSecond, inFlight, open)
  }

  /** Opens a caller; what it resolves with starts so many requests, each followed by the next. */
  async asking(
    inFlight: number,
    open: (replied: (number: number) => void) => Promise<(number: number) => void>,
  ): Promise<() => void> {
    const startMs = new Float64Array(inFlight)
    const ask = (number: number): void => {
      startMs[number] = performance.now()
      send(number)
    }
    const send = await open((number) => {
      this.stop(startMs[number] ?? 0)
      ask(number)
    })
    return () => {
      for (let number = 0; number < inFlight; number++) ask(number)
    }
  }
}
