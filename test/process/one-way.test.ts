import test from 'ava'
import { oneWay } from './_one-way.js'

for (const direction of ['up', 'down'] as const) {
  test(`robustness 24: a network that loses what goes ${direction} parts both ends`, async (t) => {
    t.timeout(300_000)
    const { reasons, linksLeft, parentMs, childMs } = await oneWay(direction, 100)
    t.is(linksLeft, 0)
    // Whoever hears nothing gives up, and the other end sees it go.
    t.true(reasons.includes('silent'), reasons.join())
    // Neither knew before the silence was long enough: nothing else had told it.
    t.true(Math.min(parentMs, childMs) >= 200, `${parentMs}, ${childMs}`)
  })
}
