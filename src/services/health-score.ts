// The arithmetic of one target's health: what answers and timeouts do to it, and what it lets pass.

/** Where everyone starts, and the best there is (service-systems.md 1.3). */
export const SCORE_MAX = 100
const SUCCESS_GAIN = 1
/** Against a gain of 1 the score falls where more than a third of the calls time out. */
const TIMEOUT_LOSS = 2
const FREE_FROM = 80
const PROBED_TO = 20

/** Any answer counts, one that reports an application error too: somebody is there. */
export function scoreAfterAnswer(score: number): number {
  return Math.min(SCORE_MAX, score + SUCCESS_GAIN)
}

export function scoreAfterTimeout(score: number): number {
  return Math.max(0, score - TIMEOUT_LOSS)
}

/** Every call passes. */
export function isFree(score: number): boolean {
  return score >= FREE_FROM
}

/** Too few calls pass for it to recover by them. */
export function isProbed(score: number): boolean {
  return score <= PROBED_TO
}

/** Passes with probability score / 100, and never at 0 (R9). */
export function doesPass(score: number, chance: () => number): boolean {
  return isFree(score) || Math.floor(SCORE_MAX * chance()) < score
}
