// What one registry answers to who asks and does not watch: fetches, and polls that wait for news.

import type { ServiceRecord } from './record.js'
import type { RecordStore } from './record-store.js'
import { RESULT, type ResultCode } from './result-code.js'

/** Which statuses are of interest, as bits: 1 up, 2 waiting (spec 3.1, C15). */
export const STATUS_MASK = { UP: 1, WAITING: 2, BOTH: 3 } as const

export interface AppQuery {
  readonly env: string
  readonly app: string
  /** Empty: every zone. */
  readonly zone: string
}

export interface AppAnswer {
  readonly app: string
  /** Grows with every change of the app in one epoch of the registry (R7). */
  readonly version: bigint
  readonly records: readonly ServiceRecord[]
}

export interface LookupAnswer {
  readonly code: ResultCode
  readonly apps: readonly AppAnswer[]
  /** Those that nobody offers, beside the ones that are answered. */
  readonly missing: readonly string[]
}

export interface PollRequest {
  /** Chosen by the shell, one for each caller that waits. */
  readonly poll: bigint
  readonly env: string
  readonly zone: string
  readonly apps: readonly { readonly app: string; readonly since: bigint }[]
}

export interface PollAnswer extends LookupAnswer {
  readonly kind: 'polled'
  readonly poll: bigint
}

interface Waiter {
  readonly request: PollRequest
  readonly dueMs: number
}

export const POLL_WAITERS_MAX = 100_000
const NOTHING = { apps: [], missing: [] }

export class Lookups {
  readonly #store: RecordStore
  readonly #pollHoldMs: number
  /** By `env/app`: the sequence of the table at the last change of the app. */
  readonly #versions = new Map<string, bigint>()
  readonly #waiters = new Map<bigint, Waiter>()
  readonly #changed = new Set<string>()

  constructor(store: RecordStore, pollHoldMs: number) {
    this.#store = store
    this.#pollHoldMs = pollHoldMs
  }

  get waiterCount(): number {
    return this.#waiters.size
  }

  get nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#waiters.values()) nextMs = Math.min(nextMs, dueMs)
    return nextMs
  }

  changed(records: readonly ServiceRecord[], sequence: bigint): void {
    for (const { env, app } of records) {
      this.#versions.set(`${env}/${app}`, sequence)
      this.#changed.add(`${env}/${app}`)
    }
  }

  fetch(query: AppQuery, mask: number, isReady: boolean): LookupAnswer {
    if (!isReady) return { code: RESULT.NOT_READY, ...NOTHING }
    if (!Object.values<number>(STATUS_MASK).includes(mask)) {
      return { code: RESULT.BAD_REQUEST, ...NOTHING }
    }
    const answer = this.#answer(query, mask)
    if (answer === undefined) return { code: RESULT.NOT_FOUND, apps: [], missing: [query.app] }
    return { code: RESULT.OK, apps: [answer], missing: [] }
  }

  /** The answer where there is news already; else it comes from `wake` or `expire`. */
  poll(request: PollRequest, nowMs: number, isReady: boolean): PollAnswer | undefined {
    const { poll, apps } = request
    if (!isReady) return { kind: 'polled', poll, code: RESULT.NOT_READY, ...NOTHING }
    const isLawful = apps.length > 0 && this.#waiters.size < POLL_WAITERS_MAX
    if (!isLawful) return { kind: 'polled', poll, code: RESULT.BAD_REQUEST, ...NOTHING }
    const found = this.#news(
      request,
      apps.map(({ app }) => app),
    )
    if (found.apps.length > 0) return { kind: 'polled', poll, code: RESULT.OK, ...found }
    if (found.missing.length === apps.length) {
      return { kind: 'polled', poll, code: RESULT.NOT_FOUND, ...found }
    }
    this.#waiters.set(poll, { request, dueMs: nowMs + this.#pollHoldMs })
    return undefined
  }

  /** Who polled has gone. */
  close(poll: bigint): void {
    this.#waiters.delete(poll)
  }

  /** Answers all who wait for what has changed, each with the changed apps alone. */
  wake(): PollAnswer[] {
    if (this.#changed.size === 0) return []
    const changed = new Set(this.#changed)
    this.#changed.clear()
    const answers: PollAnswer[] = []
    for (const [poll, { request }] of this.#waiters) {
      const apps = request.apps.map(({ app }) => app)
      const found = this.#news(
        request,
        apps.filter((app) => changed.has(`${request.env}/${app}`)),
      )
      if (found.apps.length === 0) continue
      this.#waiters.delete(poll)
      answers.push({ kind: 'polled', poll, code: RESULT.OK, ...found, missing: [] })
    }
    return answers
  }

  expire(nowMs: number): PollAnswer[] {
    const due = [...this.#waiters].filter(([, { dueMs }]) => dueMs <= nowMs)
    return due.map(([poll]) => {
      this.#waiters.delete(poll)
      return { kind: 'polled', poll, code: RESULT.NOT_MODIFIED, ...NOTHING }
    })
  }

  /** An app that was known and is empty now is news; one that nobody knows is missing. */
  #news(
    { env, zone, apps }: PollRequest,
    among: readonly string[],
  ): Pick<LookupAnswer, 'apps' | 'missing'> {
    const found: AppAnswer[] = []
    const missing: string[] = []
    for (const { app, since } of apps) {
      if (!among.includes(app)) continue
      const version = this.#versions.get(`${env}/${app}`)
      if (version === undefined) missing.push(app)
      else if (version !== since) {
        const answer = this.#answer({ env, app, zone }, STATUS_MASK.UP)
        found.push(answer ?? { app, version, records: [] })
      }
    }
    return { apps: found, missing }
  }

  #answer({ env, app, zone }: AppQuery, mask: number): AppAnswer | undefined {
    const all: ServiceRecord[] = []
    for (const registration of this.#store.all()) {
      for (const record of registration.records) {
        const isIn = record.env === env && record.app === app
        if (isIn && (zone === '' || record.zone === zone)) all.push(record)
      }
    }
    if (all.length === 0) return undefined
    const records = all.filter(({ status }) => (status & mask) !== 0)
    return { app, version: this.#versions.get(`${env}/${app}`) ?? 0n, records }
  }
}
