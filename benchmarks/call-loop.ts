// The closed loop of a caller: each answer is followed by the next call.

import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { markOf, type Role, type RoleOptions } from './role.js'
import { Stopwatch } from './stopwatch.js'

/** Calls in the same process may end without a turn of the loop; then nobody else would run. */
const CALLS_PER_TURN = 256

/**
 * So many calls before the measured ones, many at a time: enough that each subject runs compiled.
 * One at a time, on a busy machine, a warm-up of a second ends long before that.
 */
export const WARM_UP_CALLS = 20_000
const WARM_UP_IN_FLIGHT = 64

/** `check` throws where the answer is not the one it wants, which ends the process. */
export function callLoop<Answer>(
  { dial, inFlight = 1, warmUpCalls = 0 }: RoleOptions,
  call: () => Promise<Answer>,
  check: (answer: Answer) => void,
): Role {
  const watch = new Stopwatch()
  const isLocal = dial === undefined
  const loop = async (number: number): Promise<void> => {
    while (number < inFlight || watch.count < warmUpCalls) {
      const startMs = performance.now()
      check(await call())
      watch.stop(startMs)
      if (isLocal && watch.count % CALLS_PER_TURN === 0) await turn()
    }
  }
  return {
    begin: () => {
      const most = warmUpCalls > 0 ? Math.max(WARM_UP_IN_FLIGHT, inFlight) : inFlight
      for (let i = 0; i < most; i++) void loop(i)
    },
    mark: () => ({ ...markOf(watch.count), latency: watch.take() }),
  }
}
