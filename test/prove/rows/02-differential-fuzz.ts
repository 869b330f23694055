// Row 2: the codec by hand against protobufjs, and native code against the codec by hand.

import { loadAddon } from '../../../src/channel/native.js'
import { runTests } from '../ava-run.js'
import type { Outcome, RunOptions } from '../row.js'

export const row = 2
export const title = 'differential fuzz against protobufjs'
export const goal = '0 mismatches in 10,000,000 messages (400,000 without --full), and native'
export const sizes = { quick: '400,000 messages', full: '10,000,000' }

export function run({ full }: RunOptions): Promise<Outcome> {
  const messages = full ? 10_000_000 : 400_000
  const count = String(messages)
  const environment = { TREEBUS_FUZZ_MESSAGES: count, TREEBUS_SCAN_MESSAGES: count }
  const native = typeof loadAddon() === 'string' ? 'no native code here' : 'as many by native code'
  const figure = `0 mismatches in ${messages.toLocaleString('en')}; ${native}`
  const files = ['wire/codec-fuzz-differential.test.js', 'channel/data-scan.test.js']
  return runTests(files, environment, figure)
}
