// Calls that wait for an answer: requests by their random number, confirmations by sequence.

import { highHalf, lowHalf } from '../core/bus-id.js'
import { IdMap } from '../core/id-map.js'
import type { RoutesView } from '../core/routes/routes-view.js'
import { BusError, type BusErrorCode } from '../errors.js'
import { CallDeadlines } from './call-deadlines.js'
import { CallSlots } from './call-slots.js'

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

/** At first: a node has four of these tables, and most of them stay empty. */
const PLACES = 64

export class OpenCalls<T> {
  readonly #onSettled: () => void
  /**
   * By what the answer names: not in a Map, which is made anew whenever the last call has ended.
   * Places, not calls: see `CallSlots`.
   */
  readonly #places = new IdMap<number>()
  readonly #open = new CallSlots<OpenCall<T>>(0, PLACES)
  readonly #deadlines = new CallDeadlines((place) => this.#open.has(place), PLACES)
  readonly #aborts = new Map<number, () => void>()

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
    const place = this.#open.add(call)
    this.#places.set(highHalf(call.key), lowHalf(call.key), place)
    this.#deadlines.set(place, dueMs)
    if (signal === undefined) return
    const abort = () => this.fail(call.key, 'ABORTED', signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#aborts.set(place, () => signal.removeEventListener('abort', abort))
  }

  /** False for an answer that nobody waits for, or that somebody else sent. */
  answer(key: bigint, from: bigint, value: T): boolean {
    const call = this.#called(key)
    if (call === undefined || call.to !== from) return false
    this.#close(call)
    call.resolve(value)
    return true
  }

  fail(key: bigint, code: BusErrorCode, cause?: unknown): boolean {
    const call = this.#called(key)
    if (call === undefined) return false
    this.#close(call)
    const options = cause === undefined ? undefined : { cause }
    call.reject(new BusError(code, call.what, options))
    return true
  }

  /** Forgets a call that was never made; its promise is the caller's business. */
  discard(key: bigint): void {
    const call = this.#called(key)
    if (call !== undefined) this.#close(call)
  }

  #called(key: bigint): OpenCall<T> | undefined {
    const place = this.#places.get(highHalf(key), lowHalf(key))
    return place === undefined ? undefined : this.#open.get(place)
  }

  has(key: bigint, from: bigint): boolean {
    return this.#called(key)?.to === from
  }

  /** The link by which these calls left is gone: whether they arrived is not known. */
  failVia(link: number): void {
    for (const [, call] of this.#open.entries()) {
      if (call.viaLink === link) this.fail(call.key, 'LINK_LOST')
    }
  }

  /** Whoever was asked is gone, if another life has its id or none: nobody is left to answer. */
  failGone(routes: Pick<RoutesView, 'has' | 'lifeOf'>): void {
    for (const [, call] of this.#open.entries()) {
      const life = routes.lifeOf(call.to)
      const isGone = call.life === 0 ? routes.has(call.to) === false : life !== call.life
      if (isGone) this.fail(call.key, 'LINK_LOST')
      // It was asked before anybody had told of it.
      else if (call.life === 0) call.life = life
    }
  }

  failAll(code: BusErrorCode): void {
    for (const [, { key }] of this.#open.entries()) this.fail(key, code)
  }

  expire(nowMs: number): void {
    for (;;) {
      const due = this.#deadlines.takeDue(nowMs)
      const call = this.#open.get(due)
      if (call === undefined) return
      this.fail(call.key, 'TIMEOUT')
    }
  }

  #close(call: OpenCall<T>): void {
    const high = highHalf(call.key)
    const low = lowHalf(call.key)
    const place = this.#places.get(high, low) ?? 0
    this.#places.delete(high, low)
    this.#open.delete(place)
    this.#deadlines.clear(place)
    if (this.#aborts.size > 0) {
      this.#aborts.get(place)?.()
      this.#aborts.delete(place)
    }
    this.#onSettled()
  }
}
