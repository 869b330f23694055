// Row 33: the other side writes anything anywhere into the segment, under the address sanitizer.

import { runNative } from '../native-run.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 33
export const title = 'adversarial writer over shared memory'
export const goal = '1 h: never out of bounds, found corrupt'
export const sizes = { quick: '30 s', full: '30 min' }

export async function run({ full }: RunOptions): Promise<Outcome> {
  const seconds = full ? 1_800 : 30
  const environment = { RING_FUZZ_MS: String(seconds * 1_000), RING_KILLS: '2' }
  const inOne = await runNative('ring_test', 'asan', environment, '')
  const inTwo = await runNative('process_test', 'asan', environment, '')
  const failed = [inOne, inTwo].find(({ verdict }) => verdict !== 'met')
  if (failed !== undefined) return failed
  return {
    figure: `${seconds} s between two calls, ${seconds} s from another process: in bounds`,
    verdict: verdictOf(true),
    values: { seconds },
  }
}
