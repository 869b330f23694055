// Row 6: the cuts that tcp may make.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 6
export const title = 'streams cut at every byte'
export const goal = 'the same messages however a stream is cut'

export function run(): Promise<Outcome> {
  return runRow(6, ['wire/frame.test.js', 'process/split.test.js', 'process/flap.test.js'])
}
