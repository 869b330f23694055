// Keeps the health of those that are called up to date, and probes those that ail.

import { Clock } from '../node/clock.js'
import type { CallFailure } from './call-outcome.js'
import { type Candidate, targetKey } from './candidate.js'
import { HEALTH_TIMES, HealthTable } from './health-table.js'
import type { Answer } from './service-protocol.js'

type Probe = (target: Candidate, timeoutMs: number) => Promise<Answer | CallFailure>

export class HealthWatch {
  readonly table = new HealthTable()
  readonly #probe: Probe
  readonly #clock = new Clock(() => this.#wake())
  /** Those below the best score, so that a probe finds its way. */
  readonly #ailing = new Map<string, Candidate>()

  constructor(probe: Probe) {
    this.#probe = probe
  }

  /** A call was answered, whatever the answer was, or was not in time. */
  ended(target: Candidate, isTimeout: boolean): void {
    // What nearly every call finds: nobody ails, and nothing needs to be looked up.
    if (!isTimeout && this.table.isSpotless) return
    const key = targetKey(target)
    const nowMs = this.#clock.nowMs()
    if (isTimeout) {
      this.#ailing.set(key, target)
      this.table.timedOut(nowMs, key)
      this.#schedule()
    } else if (this.#ailing.has(key)) {
      this.table.answered(nowMs, key)
    }
  }

  forget(target: Candidate): void {
    const key = targetKey(target)
    this.#ailing.delete(key)
    this.table.forget(key)
  }

  close(): void {
    this.#clock.stop()
  }

  #schedule(): void {
    this.#clock.wakeAt(this.table.nextDeadlineMs() ?? Number.POSITIVE_INFINITY, false)
  }

  #wake(): void {
    for (const key of this.table.dueProbes(this.#clock.nowMs())) {
      const target = this.#ailing.get(key)
      if (target !== undefined) void this.#send(key, target)
    }
    this.#schedule()
  }

  async #send(key: string, target: Candidate): Promise<void> {
    const result = await this.#probe(target, HEALTH_TIMES.probeTimeoutMs)
    if (typeof result.kind === 'number') this.table.probeAnswered(this.#clock.nowMs(), key)
  }
}
