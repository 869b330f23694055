// The closed loop of a caller: each answer is followed by the next call.

import { setImmediate as turn } from 'node:timers/promises'
import { markOf, type Role, type RoleOptions } from './role.js'
import { Stopwatch } from './stopwatch.js'

/** Calls in the same process may end without a turn of the loop; then nobody else would run. */
const CALLS_PER_TURN = 256

/** `call` rejects or throws where the answer is not the one it wants, which ends the process. */
export function callLoop({ dial, inFlight = 1 }: RoleOptions, call: () => Promise<void>): Role {
  const watch = new Stopwatch()
  const isLocal = dial === undefined
  const loop = async (): Promise<void> => {
    for (;;) {
      const startMs = performance.now()
      await call()
      watch.stop(startMs)
      if (isLocal && watch.count % CALLS_PER_TURN === 0) await turn()
    }
  }
  return {
    begin: () => {
      for (let i = 0; i < inFlight; i++) void loop()
    },
    mark: () => ({ ...markOf(watch.count), latency: watch.take() }),
  }
}
