import test from 'ava'
import { PATIENT } from './_process-node.js'
import { reconnectStorm } from './_storm.js'

test.serial(
  'robustness 25: 200 children of a parent that was restarted are back, each by one link, in all tables',
  async (t) => {
    t.timeout(300_000)
    const storm = await reconnectStorm(200, PATIENT)
    t.is(storm.linksAtEnd, 200)
    t.is(storm.wholeTables, 201)
    t.is(storm.linksOfOneMax, 1)
    t.is(storm.superfluous, 0)
    t.true(storm.spreadMs > 0, 'they do not come all at once')
  },
)
