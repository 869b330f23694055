// Row 40: choices by weight and zone.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 40
export const title = 'balance by weight and zone'
export const goal = 'chi-square p > 0.01 over 100,000 picks; the own zone first'

export function run(): Promise<Outcome> {
  return runRow(40, ['services/balance.test.js'])
}
