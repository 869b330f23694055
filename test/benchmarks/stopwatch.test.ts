// How latency is counted at a fixed rate: nothing that was due is left out.

import test from 'ava'
import { Stopwatch } from '../../benchmarks/stopwatch.js'

/** Turns of the loop until the condition holds. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

function stallFor(durationMs: number): void {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs);
}

test('at a fixed rate what waited behind a stall is late, and is counted', async (t) => {
  const watch = new Stopwatch()
  let stalled = false
  const begin = await watch.pacing(1_000, 1_024, async (replied) => (number) => {
    // The peer answers at once, but for one time.
    if (!stalled) stallFor(50)
    stalled = true
    replied(number)
  })
  begin()
  await turnsUntil(() => watch.count >= 60)
  watch.halt()
  const { p50Us, p99Us } = watch.take()
  // Fifty requests were due within the stall: from 50 ms late to not at all.
  t.true(p99Us >= 40_000, `p99 ${p99Us}`)
  t.true(p50Us >= 5_000, `p50 ${p50Us}`)
})

test('a closed loop sees the same stall once', async (t) => {
  const watch = new Stopwatch()
  let stalled = false
  const begin = await watch.asking(1, async (replied) => (number) => {
    if (!stalled) stallFor(50)
    stalled = true
    if (watch.count < 60) setImmediate(replied, number)
  })
  begin()
  await turnsUntil(() => watch.count >= 60)
  const { p50Us, p999Us } = watch.take()
  t.true(p999Us >= 50_000)
  t.true(p50Us < p999Us)
})

test('a request whose number is still on its way ends the run', async (t) => {
  const begin = await new Stopwatch().pacing(1_000, 4, async () => () => stallFor(2))
  // Each send takes so long that the next is due: the fifth comes round to the first.
  t.throws(begin, { message: /cannot keep up: 4 requests/ })
})
