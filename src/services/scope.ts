// Calls that end with what they were made for: a session, a screen, a test.

import { setMaxListeners } from 'node:events'
import type { CallOutcome } from './call-outcome.js'
import type { ServiceCallOptions } from './caller.js'
import type { CallName } from './service-protocol.js'
import type { Target } from './target.js'

export interface ScopeCaller {
  call<Response, Request>(
    target: Target,
    name: CallName,
    request: Request,
    options: ServiceCallOptions<Request, Response>,
  ): Promise<CallOutcome<Response>>
}

/**
 * Once disposed, nothing of its calls is heard any more: their callbacks are not run and their
 * promises stay as they are, for nobody to wait for. What runs at the other end goes on.
 */
export class Scope {
  readonly #caller: ScopeCaller
  readonly #ended = new AbortController()
  #pending = 0

  constructor(caller: ScopeCaller) {
    this.#caller = caller
    // One listener for each open call is what a scope is for, not a leak.
    setMaxListeners(0, this.#ended.signal)
  }

  get isDisposed(): boolean {
    return this.#ended.signal.aborted
  }

  /** Calls that have not ended. */
  get pending(): number {
    return this.#pending
  }

  /** For what else shall end with the scope. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** As `cluster.call`; never settles once the scope is disposed. */
  call<Response = unknown, Request = unknown>(
    target: Target,
    name: CallName,
    request?: Request,
    options: ServiceCallOptions<Request, Response> = {},
  ): Promise<CallOutcome<Response>> {
    return new Promise((resolve, reject) => {
      if (this.isDisposed) return
      this.#pending += 1
      const { signal: own } = options
      const signal = own ? AbortSignal.any([own, this.signal]) : this.signal
      const settle = (act: () => void): void => {
        if (this.isDisposed) return
        this.#pending -= 1
        act()
      }
      this.#caller.call(target, name, request as Request, { ...options, signal }).then(
        (outcome) => settle(() => resolve(outcome)),
        (error: unknown) => settle(() => reject(error)),
      )
    })
  }

  dispose(): void {
    this.#pending = 0
    this.#ended.abort()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** What each became, in order; one that fails changes nothing for the others. */
export function all<const Calls extends readonly PromiseLike<CallOutcome<unknown>>[]>(
  calls: Calls,
): Promise<{ -readonly [Place in keyof Calls]: Awaited<Calls[Place]> }> {
  return Promise.all(calls) as never
}
