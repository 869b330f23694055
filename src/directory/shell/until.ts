// Waits until something of a directory holds, with an end.

import { BusError } from '../../errors.js'
import type { Directory } from './directory.js'

export interface UntilOptions {
  /** Default 30,000 ms. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const TIMEOUT_MS = 30_000

/** Looks again at each event of that name. Rejects with TIMEOUT, ABORTED or NODE_CLOSED. */
export function until(
  directory: Directory,
  event: 'list',
  holds: () => boolean,
  { timeoutMs = TIMEOUT_MS, signal }: UntilOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: BusError): void => {
      clearTimeout(timer)
      directory.off(event, look).off('closed', closed)
      signal?.removeEventListener('abort', aborted)
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = (): void => {
      if (holds()) settle()
    }
    const closed = (): void => settle(new BusError('NODE_CLOSED', 'the directory'))
    const aborted = (): void => {
      settle(new BusError('ABORTED', 'the directory', { cause: signal?.reason }))
    }
    const expired = (): void => settle(new BusError('TIMEOUT', 'the list is not whole yet'))
    const timer = setTimeout(expired, timeoutMs)
    directory.on(event, look).on('closed', closed)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) aborted()
    else look()
  })
}
