// Row 32: a process is killed at any instruction of the ring; the other reads whole bytes or none.

import { runNative } from '../native-run.js'
import type { Outcome, RunOptions } from '../row.js'

export const row = 32
export const title = 'kill -9 over shared memory'
export const goal = '10,000 kills: nothing torn, nobody hangs'
export const sizes = { quick: '500 kills', full: '10,000' }

export function run({ full }: RunOptions): Promise<Outcome> {
  const kills = full ? 10_000 : 500
  const environment = { RING_KILLS: String(kills), RING_FUZZ_MS: '100' }
  return runNative('process_test', 'plain', environment, `${kills} kills, writers and readers`)
}
