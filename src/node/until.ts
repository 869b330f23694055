// Waiting with an end: until something holds, or for so long and no longer.

import { BusError } from '../errors.js'

const TIMEOUT_MS = 30_000

export interface UntilOptions {
  /** Default 30,000 ms. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Something that is waited for. */
export interface Condition {
  readonly holds: () => boolean
  /** Has `look` called whenever it may hold, and `closed` at the end; returns what stops both. */
  readonly watch: (look: () => void, closed: () => void) => () => void
  /** What the error says, by the reason why it is given up. */
  readonly says: Readonly<Record<'TIMEOUT' | 'NODE_CLOSED' | 'ABORTED', string>>
}

/** Rejects with TIMEOUT, ABORTED, or NODE_CLOSED where what is watched closes first. */
export function until(
  { holds, watch, says }: Condition,
  { timeoutMs = TIMEOUT_MS, signal }: UntilOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (code?: keyof Condition['says'], cause?: unknown): void => {
      clearTimeout(timer)
      forget()
      signal?.removeEventListener('abort', aborted)
      if (code === undefined) resolve()
      else reject(new BusError(code, says[code], cause === undefined ? {} : { cause }))
    }
    const timer = setTimeout(() => settle('TIMEOUT'), timeoutMs)
    const aborted = (): void => settle('ABORTED', signal?.reason)
    const look = (): void => {
      if (holds()) settle()
    }
    const forget = watch(look, () => settle('NODE_CLOSED'))
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) aborted()
    else look()
  })
}

/** Waits for `done`, but not longer than that. */
export async function within(limitMs: number, begin: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, limitMs)
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
