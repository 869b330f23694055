// By how much the loop of a process answers its timers late.

import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Of what the monitor calls a delay, this much is its own timer. */
const RESOLUTION_MS = 1

export class LoopWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#delays.enable()
  }

  /** Since the last call. */
  take(): { readonly loopP50Ms: number; readonly loopP99Ms: number; readonly loopMaxMs: number } {
    const delays = this.#delays
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
    const figures = {
      loopP50Ms: late(delays.percentile(50)),
      loopP99Ms: late(delays.percentile(99)),
      loopMaxMs: late(delays.max),
    }
    delays.reset()
    return figures
  }
}
