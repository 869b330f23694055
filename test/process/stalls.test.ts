import test from 'ava'
import { stallInTurn } from './_stalls.js'

test('robustness 23: stalls of 2 s under load are no false alarm where 3.5 s are silence', async (t) => {
  t.timeout(60_000)
  const { alarms, answered, stalls } = await stallInTurn(3)
  t.is(alarms, 0)
  t.true(answered > stalls)
})
