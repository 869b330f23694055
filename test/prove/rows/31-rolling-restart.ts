// Row 31: ten nodes are restarted in turn while their parent asks them without a break.

import { rollingRestart } from '../../process/_rolling.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 31
export const title = 'rolling restart of 10 nodes under 5,000 requests/s'
export const goal = '0 failed, the parent knows in 100 ms, close() takes 1 s at most'
export const sizes = { quick: '20 restarts', full: '300' }

const PER_SECOND = 5_000
/** A machine that cannot ask so often proves less. */
const RATE_SHARE_MIN = 0.9
const LEAVE_MS = 100
const CLOSE_MS = 1_000

export async function run({ full }: RunOptions): Promise<Outcome> {
  const rolling = await rollingRestart(full ? 30 : 2, PER_SECOND, full ? 200 : 100)
  const { asked, perSecond, restarts } = rolling
  const failed = [...rolling.failed.values()].reduce((sum, count) => sum + count, 0)
  const codes = [...rolling.failed.keys()].join()
  const [leaving, closing] = [spreadOf(rolling.leavingMs), spreadOf(rolling.closeMs)]
  return {
    figure:
      `${failed} of ${asked.toLocaleString('en')} failed ${codes} at ` +
      `${Math.round(perSecond)}/s over ${restarts} restarts; known after p50 ` +
      `${inMs(leaving.p50)}, max ${inMs(leaving.max)}; closed after max ${inMs(closing.max)}`,
    verdict: verdictOf(
      failed === 0 &&
        perSecond >= PER_SECOND * RATE_SHARE_MIN &&
        leaving.max <= LEAVE_MS &&
        closing.max <= CLOSE_MS,
    ),
    values: { asked, failed, codes, perSecond, leaveMs: leaving.max, closeMs: closing.max },
  }
}
