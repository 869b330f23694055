// Row 3: damaged bytes into the decoders, and words into a core and a node over tcp.

import { runTests } from '../ava-run.js'
import type { Outcome, RunOptions } from '../row.js'

export const row = 3
export const title = 'mutation fuzz of decoders, core and shell'
export const goal = 'nothing thrown, memory bounded, in 1 h (60 s without --full)'
export const sizes = { quick: '60 s', full: '1 h' }

export function run({ full }: RunOptions): Promise<Outcome> {
  const seconds = full ? 3_600 : 60
  const files = ['wire/codec-fuzz-mutation.test.js', 'fuzz/shell.test.js', 'fuzz/core.test.js']
  const seed = String(Math.floor(Math.random() * 2 ** 32))
  const environment = { TREEBUS_FUZZ_SECONDS: String(seconds), TREEBUS_SEED: seed }
  return runTests(files, environment, `nothing in ${seconds} s, seed ${seed}`)
}
