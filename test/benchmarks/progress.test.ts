// What is said of a long run while it goes on.

import test from 'ava'
import { Progress } from '../../benchmarks/progress.js'

test('what is left is guessed from the runs that have ended', (t) => {
  const progress = new Progress(100, 1_000)
  t.is(progress.line('a', 1_000), '1/100  a')
  t.is(progress.line('b', 4_000), '2/100, 5 min left  b')
  t.is(progress.line('c', 121_000), '3/100, 1 h 38 min left  c')
})
