// Row 11: somebody on the way between two nodes, without a token.

import { ATTACKS, type Attacked, attack } from '../../process/_attacks.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 11
export const title = 'an active proxy downgrades and injects'
export const goal = 'nothing of its own delivered, no altered registration links; links return'
export const sizes = { quick: 'each attack twice', full: '100 times' }

export async function run({ full }: RunOptions): Promise<Outcome> {
  const rounds = full ? 100 : 2
  const all: Attacked[] = []
  for (let round = 0; round < rounds; round++) {
    for (const one of ATTACKS) all.push(await attack(one))
  }
  const injected = all.reduce((sum, one) => sum + one.injected, 0)
  const linked = all.filter((one) => one.linked).length
  const lost = all.filter((one) => !one.recovered).length
  const counted = all.reduce((sum, one) => sum + one.counted, 0)
  return {
    figure:
      `${all.length} attacks of ${ATTACKS.length} kinds: ${injected} words delivered, ` +
      `${linked} altered registrations linked, ${lost} links not back; ${counted} faults counted`,
    verdict: verdictOf(injected === 0 && linked === 0 && lost === 0),
    values: { attacks: all.length, injected, linked, lost, counted },
  }
}
