// Row 2: the codec by hand against protobufjs.

import { runTests } from '../ava-run.js'
import type { Outcome, RunOptions } from '../row.js'

export const row = 2
export const title = 'differential fuzz against protobufjs'
export const goal = '0 mismatches in 10,000,000 messages (400,000 without --full)'
export const sizes = { quick: '400,000 messages', full: '10,000,000' }

export function run({ full }: RunOptions): Promise<Outcome> {
  const messages = full ? 10_000_000 : 400_000
  const environment = { TREEBUS_FUZZ_MESSAGES: String(messages) }
  const figure = `0 mismatches in ${messages.toLocaleString('en')}`
  return runTests(['wire/codec-fuzz-differential.test.js'], environment, figure)
}
