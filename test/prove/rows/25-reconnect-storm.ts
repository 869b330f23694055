// Row 25: a parent is restarted, and all its children want back at once.

import { reconnectStorm } from '../../process/_storm.js'
import { inMs, type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 25
export const title = 'reconnect storm after a restart of the parent'
export const goal = '200 children back in 10 s, spread out, never 2 links of one pair'
export const sizes = { quick: '1 restart', full: '20' }

const BACK_MS = 10_000

export async function run({ full }: RunOptions): Promise<Outcome> {
  const rounds = full ? 20 : 1
  let back = 0
  let spread = 0
  let most = 0
  let missing = 0
  for (let i = 0; i < rounds; i++) {
    const storm = await reconnectStorm(200)
    back = Math.max(back, storm.backMs)
    spread = Math.max(spread, storm.spreadMs)
    most = Math.max(most, storm.linksOfOneMax)
    missing += storm.children - storm.linksAtEnd
  }
  return {
    figure:
      `${missing} missing after ${inMs(back)} at most, over ${inMs(spread)}, ` +
      `${most} link of one pair at most; ${rounds} restarts`,
    verdict: verdictOf(missing === 0 && most === 1 && back <= BACK_MS),
    values: { rounds, missing, backMs: back, spreadMs: spread, linksOfOneMax: most },
  }
}
