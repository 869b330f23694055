// Is the other end of a link alive? Judged from silence alone, with time as an argument.

/** What to do at a deadline, and when to ask again. */
export type Verdict =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'ping'; readonly untilMs: number }
  | { readonly kind: 'silent' }

/**
 * A link on which nothing was heard for one interval is pinged, and again after two; when the next
 * ping would fall due, the link is over (8, 16 and 24 s by default). Any frame counts as life.
 *
 * A node that was itself stalled must not blame its peers: what they sent may lie unread in its own
 * socket buffers. After a stall longer than an interval it asks once more and waits one interval.
 */
export class Liveness {
  readonly intervalMs: number
  readonly missesMax: number
  /** When the link came up. */
  readonly sinceMs: number
  #heardAtMs: number
  /** Pings since anything was heard. */
  #unanswered = 0

  constructor(nowMs: number, options: { intervalMs: number; missesMax: number }) {
    this.intervalMs = options.intervalMs
    this.missesMax = options.missesMax
    this.sinceMs = nowMs
    this.#heardAtMs = nowMs
  }

  get heardAtMs(): number {
    return this.#heardAtMs
  }

  get firstDeadlineMs(): number {
    return this.#heardAtMs + this.intervalMs
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs
    this.#unanswered = 0
  }

  /** `dueMs` is when this call should have come; the difference is our own stall. */
  judge(nowMs: number, dueMs: number): Verdict {
    // Compared as the deadline that is handed out: a difference would round otherwise, and the
    // next deadline could be now for ever.
    const untilMs = this.#heardAtMs + this.intervalMs
    if (nowMs < untilMs) return { kind: 'wait', untilMs }
    const stalled = nowMs - dueMs > this.intervalMs
    if (this.#unanswered >= this.missesMax && !stalled) return { kind: 'silent' }
    this.#unanswered++
    return { kind: 'ping', untilMs: nowMs + this.intervalMs }
  }
}
