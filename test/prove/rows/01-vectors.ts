// Row 1: recorded streams of libatbus nodes, C++ and Go.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 1
export const title = 'recordings of other implementations'
export const goal = 'recorded conversations are understood from both ends'

export function run(): Promise<Outcome> {
  return runRow(1, ['streams/*.test.js'])
}
