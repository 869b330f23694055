// Row 9: how far the clock of a peer may be off.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 9
export const title = 'clocks that are off'
export const goal = '299 s is let in, 301 s is refused'

export function run(): Promise<Outcome> {
  return runRow(9, ['core/registration-access.test.js'])
}
