// Counts the requests of what runs here, and asks the program now and then how loaded it is.

import { LoadGauge } from './load-gauge.js'

export interface LoadReportOptions {
  readonly loads?: (() => readonly number[]) | undefined
  readonly loadReportMs?: number | undefined
}

/** services.md 5.6. */
const REPORT_MS = 5000

export class LoadReport {
  readonly #options: LoadReportOptions
  readonly #report: (values: readonly number[]) => void
  readonly #gauges = new Map<string, LoadGauge>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: LoadReportOptions, report: (values: readonly number[]) => void) {
    this.#options = options
    this.#report = report
  }

  start(): void {
    const { loads, loadReportMs = REPORT_MS } = this.#options
    if (loads === undefined) return
    this.#timer = setInterval(() => this.#report(loads()), loadReportMs)
    this.#timer.unref()
  }

  /** Of a type that runs here: whoever asks has been checked, so there are few. */
  count(app: string): void {
    let gauge = this.#gauges.get(app)
    if (gauge === undefined) {
      gauge = new LoadGauge()
      this.#gauges.set(app, gauge)
    }
    gauge.count(performance.now())
  }

  /** Requests in the last whole second, by type; the empty one for what named none. */
  perSecond(): ReadonlyMap<string, number> {
    const nowMs = performance.now()
    return new Map([...this.#gauges].map(([app, gauge]) => [app, gauge.perSecond(nowMs)]))
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
