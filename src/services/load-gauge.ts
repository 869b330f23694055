// How many requests a service gets in a second, counted in fixed memory (services.md A35).

const SECOND_MS = 1000

/**
 * Seconds begin with the first request and go on whether requests come or not; the figure is that
 * of the last whole one, so it is exact and up to a second old.
 */
export class LoadGauge {
  #secondStartMs = Number.NaN
  #counted = 0
  #perSecond = 0
  #total = 0

  /** All since the start. */
  get total(): number {
    return this.#total
  }

  count(nowMs: number, requests = 1): void {
    if (Number.isNaN(this.#secondStartMs)) this.#secondStartMs = nowMs
    this.#roll(nowMs)
    this.#counted += requests
    this.#total += requests
  }

  /** Requests of the last whole second: 0 before the first one is over. */
  perSecond(nowMs: number): number {
    this.#roll(nowMs)
    return this.#perSecond
  }

  /** A clock that goes back counts on in the second it was in. */
  #roll(nowMs: number): void {
    const seconds = Math.floor((nowMs - this.#secondStartMs) / SECOND_MS)
    if (!(seconds >= 1)) return
    this.#perSecond = seconds === 1 ? this.#counted : 0
    this.#counted = 0
    this.#secondStartMs += seconds * SECOND_MS
  }
}
