// Waits until somebody of a type can be chosen, with an end.

import type { EventEmitter } from 'node:events'
import { BusError } from '../errors.js'
import type { ClusterEvents } from './cluster-options.js'

export interface UntilOptions {
  /** Default 30,000 ms. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const TIMEOUT_MS = 30_000

/** Looks again whenever a service comes up or changes. */
export function until(
  cluster: EventEmitter<ClusterEvents>,
  type: string,
  holds: () => boolean,
  { timeoutMs = TIMEOUT_MS, signal }: UntilOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: BusError): void => {
      clearTimeout(timer)
      cluster.off('serviceUp', look).off('serviceChanged', look).off('closed', closed)
      signal?.removeEventListener('abort', aborted)
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = (): void => {
      if (holds()) settle()
    }
    const closed = (): void => settle(new BusError('NODE_CLOSED', 'the cluster'))
    const aborted = (): void => {
      settle(new BusError('ABORTED', `waiting for ${type}`, { cause: signal?.reason }))
    }
    const expired = (): void => settle(new BusError('TIMEOUT', `no ${type} is up`))
    const timer = setTimeout(expired, timeoutMs)
    cluster.on('serviceUp', look).on('serviceChanged', look).on('closed', closed)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) aborted()
    else look()
  })
}
