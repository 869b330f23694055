import test from 'ava'
import { msOf, pictureOf, type ShownActor } from '../../src/cli/demo/game-picture.js'
import { LatencyTable } from '../../src/cli/demo/latency-table.js'

const CALLS = { perSecond: 1234.4, total: 56_789, failed: 0, p50Us: 250, p99Us: 12_000 }

function actor(name: string, perSecond: number, more: Partial<ShownActor> = {}): ShownActor {
  return { kind: 'lobby', name, pid: 7, state: 'up', isSuccessor: false, perSecond, ...more }
}

test('the picture of the game shows each process with its share, by kind', (t) => {
  const actors = [
    actor('lobby-1', 100),
    actor('gateway-1', 200, { kind: 'gateway' }),
    actor('lobby-2', 1, { state: 'draining', isSuccessor: true }),
    actor('world-1', 0, { kind: 'world', state: 'down' }),
  ]
  t.deepEqual(pictureOf(actors, CALLS, 3), [
    `  ● gateway-1     up       pid 7       ${'█'.repeat(24)}    200/s`,
    `  ● lobby-1       up       pid 7       ${'█'.repeat(12)}${' '.repeat(12)}    100/s`,
    `  ◐ lobby-2       draining pid 7       █${' '.repeat(23)}      1/s  new`,
    `  ○ world-1       down     pid 7       ${' '.repeat(24)}      0/s`,
    '   3 s  1,234 calls/s, 56,789 in all, 0 failed; p50 0.25 ms, p99 12 ms',
  ])
})

test('times are shown with as many digits as they are worth', (t) => {
  t.deepEqual([0, 999, 9_990, 10_000].map(msOf), ['0.00 ms', '1.00 ms', '9.99 ms', '10 ms'])
})

test('percentiles of what was counted are right within 5 %', (t) => {
  const table = new LatencyTable()
  for (let us = 1; us <= 1000; us += 1) table.count(us)
  for (const share of [0.1, 0.5, 0.99, 1]) {
    t.true(Math.abs(table.percentileUs(share) / (1000 * share) - 1) < 0.05, String(share))
  }
})

test('what one table took another adds', (t) => {
  const [from, to] = [new LatencyTable(), new LatencyTable()]
  from.count(100)
  from.count(Number.POSITIVE_INFINITY)
  to.add(from.take())
  to.add(from.take())
  t.true(Math.abs(to.percentileUs(0.5) / 100 - 1) < 0.05)
  t.is(from.percentileUs(0.5), 0)
  t.true(to.percentileUs(1) > 1e8)
})
