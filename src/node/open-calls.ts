// Calls that wait for an answer: requests by their random number, confirmations by sequence.

import { Deadlines } from '../core/deadlines.js'
import type { RoutesView } from '../core/routes/routes-view.js'
import { BusError, type BusErrorCode } from '../errors.js'

/** What a call waits for, and from whom: an answer counts only from the node that was asked. */
export interface OpenCall<T> {
  readonly key: bigint
  readonly to: bigint
  /** Number of the link it left by; when that ends, no answer can be expected. */
  viaLink: number
  /** The life that was asked, as `lifeOf` names it; 0 as long as it is not known. */
  life: number
  readonly what: string
  resolve(value: T): void
  reject(error: Error): void
}

export class OpenCalls<T> {
  readonly #onSettled: () => void
  readonly #open = new Map<bigint, OpenCall<T>>()
  readonly #deadlines = new Deadlines<OpenCall<T>>()
  readonly #aborts = new Map<OpenCall<T>, () => void>()

  /** `onSettled` is called after each call that ended, in whichever way. */
  constructor(onSettled: () => void = () => {}) {
    this.#onSettled = onSettled
  }

  get size(): number {
    return this.#open.size
  }

  nextDeadlineMs(): number {
    return this.#deadlines.nextMs()
  }

  open(call: OpenCall<T>, dueMs: number, signal: AbortSignal | undefined): void {
    this.#open.set(call.key, call)
    this.#deadlines.set(call, dueMs)
    if (signal === undefined) return
    const abort = () => this.fail(call.key, 'ABORTED', signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#aborts.set(call, () => signal.removeEventListener('abort', abort))
  }

  /** False for an answer that nobody waits for, or that somebody else sent. */
  answer(key: bigint, from: bigint, value: T): boolean {
    const call = this.#open.get(key)
    if (call === undefined || call.to !== from) return false
    this.#close(call)
    call.resolve(value)
    return true
  }

  fail(key: bigint, code: BusErrorCode, cause?: unknown): boolean {
    const call = this.#open.get(key)
    if (call === undefined) return false
    this.#close(call)
    const options = cause === undefined ? undefined : { cause }
    call.reject(new BusError(code, call.what, options))
    return true
  }

  /** Forgets a call that was never made; its promise is the caller's business. */
  discard(key: bigint): void {
    const call = this.#open.get(key)
    if (call !== undefined) this.#close(call)
  }

  has(key: bigint, from: bigint): boolean {
    return this.#open.get(key)?.to === from
  }

  /** The link by which these calls left is gone: whether they arrived is not known. */
  failVia(link: number): void {
    for (const call of [...this.#open.values()]) {
      if (call.viaLink === link) this.fail(call.key, 'LINK_LOST')
    }
  }

  /** Whoever was asked is gone, if another life has its id or none: nobody is left to answer. */
  failGone(routes: Pick<RoutesView, 'has' | 'lifeOf'>): void {
    for (const call of [...this.#open.values()]) {
      const life = routes.lifeOf(call.to)
      const isGone = call.life === 0 ? routes.has(call.to) === false : life !== call.life
      if (isGone) this.fail(call.key, 'LINK_LOST')
      // It was asked before anybody had told of it.
      else if (call.life === 0) call.life = life
    }
  }

  failAll(code: BusErrorCode): void {
    for (const key of [...this.#open.keys()]) this.fail(key, code)
  }

  expire(nowMs: number): void {
    for (;;) {
      const due = this.#deadlines.takeDue(nowMs)
      if (due === undefined) return
      this.fail(due.key.key, 'TIMEOUT')
    }
  }

  #close(call: OpenCall<T>): void {
    this.#open.delete(call.key)
    this.#deadlines.clear(call)
    this.#aborts.get(call)?.()
    this.#aborts.delete(call)
    this.#onSettled()
  }
}
