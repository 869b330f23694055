import test from 'ava'
import { stallInTurn } from './_stalls.js'

test('robustness 23: stalls of 5 s under load are no false alarm where 9 s are silence', async (t) => {
  t.timeout(300_000)
  // What a busy machine holds a process up by itself comes on top of a stall.
  const wish = { stallMs: 5_000, pingIntervalMs: 3_000 }
  const { alarms, answered, stalls } = await stallInTurn(3, wish)
  t.is(alarms, 0)
  t.true(answered > stalls)
})
