// A bound on how long a store may take to answer.

import { BusError } from '../errors.js'
import type { FollowerTimer } from './address-follower.js'

/** As long as between two readings: a store that hangs costs no more than one that refuses. */
export const ANSWER_MS = 1_000

/** The timer of the process. It does not keep it alive. */
export const processTimer: FollowerTimer = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * What the work answers, or TIMEOUT after `limitMs`. The signal tells the work that nobody waits
 * any more; work that does not hear it ends unheard.
 */
export async function withinLimit<T>(
  { timer, limitMs, what }: { timer: FollowerTimer; limitMs: number; what: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    cancel = timer.after(limitMs, () => {
      reject(new BusError('TIMEOUT', `${what} did not answer within ${limitMs} ms`))
      stop.abort()
    })
  })
  try {
    return await Promise.race([work(stop.signal), late])
  } finally {
    cancel()
  }
}
