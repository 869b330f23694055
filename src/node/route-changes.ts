// One iteration over the changes of the routing table: a place in the log, and nothing else.

import type { ChangeReader } from '../core/routes/change-reader.js'
import type { RouteChange, RoutesView } from '../core/routes/routes-view.js'
import type { RouteFeed } from './route-feed.js'

type Result = IteratorResult<RouteChange, undefined>

const DONE: Result = { done: true, value: undefined }

export class RouteChanges implements AsyncIterableIterator<RouteChange> {
  readonly #view: RoutesView
  readonly #feed: RouteFeed
  readonly #reader: ChangeReader
  readonly #signal: AbortSignal | undefined
  readonly #end = () => this.#over()
  /** Calls of `next` that wait, the first first. */
  #pending: ((result: Result) => void)[] = []
  #isOver = false

  constructor(view: RoutesView, feed: RouteFeed, signal: AbortSignal | undefined) {
    this.#view = view
    this.#feed = feed
    this.#reader = view.reader()
    this.#signal = signal
    if (signal?.aborted) this.#isOver = true
    else signal?.addEventListener('abort', this.#end, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    return new Promise((resolve) => {
      this.#pending.push(resolve)
      if (this.#pending.length === 1) this.#serve()
    })
  }

  return(): Promise<Result> {
    this.#over()
    return Promise.resolve(DONE)
  }

  readonly #serve = (): void => {
    while (this.#pending.length > 0) {
      const result = this.#result()
      if (result === undefined) {
        this.#feed.onChange(this.#serve)
        return
      }
      this.#pending.shift()?.(result)
    }
  }

  #result(): Result | undefined {
    if (this.#isOver) return DONE
    const value = this.#view.nextChange(this.#reader)
    if (value !== undefined) return { done: false, value }
    if (this.#feed.isOpen) return undefined
    this.#over()
    return DONE
  }

  #over(): void {
    this.#isOver = true
    this.#signal?.removeEventListener('abort', this.#end)
    this.#feed.forget(this.#serve)
    for (const resolve of this.#pending.splice(0)) resolve(DONE)
  }
}
