import test from 'ava'
import { bystanders } from './_bystanders.js'

test.serial(
  'robustness 21: a leaf that goes and comes back changes nothing between any other two',
  async (t) => {
    t.timeout(300_000)
    const { messages, failed, notOnce, departures } = await bystanders(10_000, 10)
    t.deepEqual([...failed], [])
    t.is(notOnce, 0)
    t.true(messages >= 10_000)
    t.true(departures >= 10)
  },
)
