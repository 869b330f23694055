import test from 'ava'
import { rollingRestart } from './_rolling.js'

/** How soon a node is gone is for `npm run prove`; here it may take its time. */
const PATIENCE_MS = 20_000

test.serial(
  'robustness 31: ten nodes are restarted in turn under 5,000 requests/s, and none fails',
  async (t) => {
    t.timeout(300_000)
    const { asked, failed, restarts, reasons } = await rollingRestart(1, 5_000, 50, PATIENCE_MS)
    t.deepEqual([...failed], [])
    t.is(restarts, 10)
    t.deepEqual(new Set(reasons), new Set(['left']))
    t.true(asked > restarts)
  },
)
