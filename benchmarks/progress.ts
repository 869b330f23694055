// How far a run of the suite is, and how long it will still take.

const MINUTE_MS = 60_000

export class Progress {
  readonly #runs: number
  readonly #startMs: number
  #begun = 0

  constructor(runs: number, startMs: number) {
    this.#runs = runs
    this.#startMs = startMs
  }

  /** The next run begins. What is left is guessed from the runs so far. */
  line(what: string, nowMs: number): string {
    const ended = this.#begun++
    const place = `${this.#begun}/${this.#runs}`
    if (ended === 0) return `${place}  ${what}`
    const leftMs = ((nowMs - this.#startMs) / ended) * (this.#runs - ended)
    return `${place}, ${leftOf(leftMs)} left  ${what}`
  }
}

function leftOf(ms: number): string {
  const minutes = Math.ceil(ms / MINUTE_MS)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
