// Row 7: what a stranger may say when.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 7
export const title = 'every message in every state before registration'
export const goal = 'the table of outcomes is complete, and each is as written'

export function run(): Promise<Outcome> {
  return runRow(7, ['core/connection-states.test.js'])
}
