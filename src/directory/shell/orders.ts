// Orders to a registry that wait for its answer.

import { randomInt } from 'node:crypto'
import { BusError } from '../../errors.js'
import type { Answer } from '../directory-messages.js'
import type { ResultCode } from '../result-code.js'

export interface OrderOptions {
  /** Default 5,000 ms. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface OrderResult {
  readonly code: ResultCode
  /** The field or key that is wrong; empty where all is well. */
  readonly what: string
  readonly says: string
}

const TIMEOUT_MS = 5_000

export class OpenOrders {
  readonly #open = new Map<bigint, (answer: OrderResult) => void>()
  /** From a place of its own, so that an answer to an earlier life is not taken. */
  #last = BigInt(randomInt(1, 2 ** 47))

  answered({ request, code, what, says }: Answer): void {
    this.#open.get(request)?.({ code, what, says })
  }

  /** Rejects with TIMEOUT and ABORTED: it is not known whether it was done. */
  ask(send: (request: bigint) => void, options: OrderOptions): Promise<OrderResult> {
    const { timeoutMs = TIMEOUT_MS, signal } = options
    const request = ++this.#last
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
        this.#open.delete(request)
        end()
      }
      const aborted = (): void => {
        settle(() => reject(new BusError('ABORTED', 'the order', { cause: signal?.reason })))
      }
      const timer = setTimeout(() => {
        settle(() => reject(new BusError('TIMEOUT', 'the registry has not answered the order')))
      }, timeoutMs)
      timer.unref()
      this.#open.set(request, (answer) => settle(() => resolve(answer)))
      signal?.addEventListener('abort', aborted)
      if (signal?.aborted) aborted()
      else send(request)
    })
  }
}
