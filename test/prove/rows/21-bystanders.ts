// Row 21: one leaf goes and comes back while all the others talk.

import { bystanders } from '../../process/_bystanders.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 21
export const title = 'one leaf goes and comes back beside pairs that talk'
export const goal = '0 failures among 100,000 concurrent messages (20,000 without --full)'
export const sizes = { quick: '20,000 messages, 20 departures', full: '100,000, 200' }

export async function run({ full }: RunOptions): Promise<Outcome> {
  const wanted = full ? 100_000 : 20_000
  const { messages, failed, notOnce, departures } = await bystanders(wanted, full ? 200 : 20)
  const failures = [...failed.values()].reduce((sum, count) => sum + count, 0)
  const codes = [...failed.keys()].join()
  return {
    figure:
      `${failures} failed ${codes}of ${messages.toLocaleString('en')}, ` +
      `${notOnce} not delivered once, ${departures} departures`,
    verdict: verdictOf(failures === 0 && notOnce === 0),
    values: { messages, failures, codes, notOnce, departures },
  }
}
