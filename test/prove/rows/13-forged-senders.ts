// Row 13: a registered peer that speaks for others.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 13
export const title = 'senders that cannot be behind their link'
export const goal = 'dropped and counted; the tenth in ten seconds ends the link'

export function run(): Promise<Outcome> {
  return runRow(13, ['core/*.test.js', 'node/bus-node-topology.test.js'])
}
