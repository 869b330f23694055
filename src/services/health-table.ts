// The health of every target one process calls, and the probes that bring an ailing one back.
//
// Only targets below the best score are kept: a table of healthy services is empty.

import {
  doesPass,
  isProbed,
  SCORE_MAX,
  scoreAfterAnswer,
  scoreAfterTimeout,
} from './health-score.js'

interface Ailing {
  score: number
  /** When its last probe was sent, or when it first needed one. */
  probedAtMs: number
  isProbeOut: boolean
}

export interface HealthTimes {
  /** Between two probes of one target. Default 100 ms: 2.1 s from nothing to score 21. */
  readonly probeGapMs: number
  /** After this a probe counts as a timeout. Default 1,000 ms. */
  readonly probeTimeoutMs: number
}

export const HEALTH_TIMES: HealthTimes = { probeGapMs: 100, probeTimeoutMs: 1000 }

export class HealthTable {
  readonly #times: HealthTimes
  readonly #ailing = new Map<string, Ailing>()
  /** Those that are probed, a part of the ailing. */
  readonly #probed = new Map<string, Ailing>()

  constructor(times: HealthTimes = HEALTH_TIMES) {
    this.#times = times
  }

  get isSpotless(): boolean {
    return this.#ailing.size === 0
  }

  scoreOf(target: string): number {
    return this.#ailing.get(target)?.score ?? SCORE_MAX
  }

  admits(target: string, chance: () => number): boolean {
    const ailing = this.#ailing.get(target)
    return ailing === undefined || doesPass(ailing.score, chance)
  }

  /** A call was answered, with a result or an application error. */
  answered(nowMs: number, target: string): void {
    const ailing = this.#ailing.get(target)
    if (ailing !== undefined) this.#become(nowMs, target, ailing, scoreAfterAnswer(ailing.score))
  }

  /** A call that wanted an answer got none in time. One-way messages never count. */
  timedOut(nowMs: number, target: string): void {
    const ailing = this.#ailing.get(target) ?? fresh()
    this.#ailing.set(target, ailing)
    this.#become(nowMs, target, ailing, scoreAfterTimeout(ailing.score))
  }

  /** The target is gone; should it come back, it starts anew. */
  forget(target: string): void {
    this.#ailing.delete(target)
    this.#probed.delete(target)
  }

  /** Answers of probes that timed out or were never sent count for nothing. */
  probeAnswered(nowMs: number, target: string): void {
    const ailing = this.#probed.get(target)
    if (ailing?.isProbeOut !== true || nowMs >= this.#probeEndMs(ailing)) return
    ailing.isProbeOut = false
    this.answered(nowMs, target)
  }

  /** To be called at `nextDeadlineMs`. Whom to probe now: each of them is then outstanding. */
  dueProbes(nowMs: number): string[] {
    const due: string[] = []
    for (const [target, ailing] of this.#probed) {
      if (ailing.isProbeOut && nowMs >= this.#probeEndMs(ailing)) {
        ailing.isProbeOut = false
        this.#become(nowMs, target, ailing, scoreAfterTimeout(ailing.score))
      }
      if (ailing.isProbeOut || nowMs < ailing.probedAtMs + this.#times.probeGapMs) continue
      ailing.probedAtMs = nowMs
      ailing.isProbeOut = true
      due.push(target)
    }
    return due
  }

  nextDeadlineMs(): number | undefined {
    let next: number | undefined
    for (const ailing of this.#probed.values()) {
      const own = ailing.isProbeOut
        ? this.#probeEndMs(ailing)
        : ailing.probedAtMs + this.#times.probeGapMs
      next = Math.min(next ?? own, own)
    }
    return next
  }

  #probeEndMs({ probedAtMs }: Ailing): number {
    return probedAtMs + this.#times.probeTimeoutMs
  }

  #become(nowMs: number, target: string, ailing: Ailing, score: number): void {
    ailing.score = score
    if (score === SCORE_MAX) {
      this.forget(target)
    } else if (!isProbed(score)) {
      this.#probed.delete(target)
      ailing.isProbeOut = false
    } else if (!this.#probed.has(target)) {
      ailing.probedAtMs = nowMs
      this.#probed.set(target, ailing)
    }
  }
}

function fresh(): Ailing {
  return { score: SCORE_MAX, probedAtMs: 0, isProbeOut: false }
}
