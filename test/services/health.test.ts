import test from 'ava'
import { doesPass, scoreAfterAnswer, scoreAfterTimeout } from '../../src/services/health-score.js'
import { HealthTable } from '../../src/services/health-table.js'
import { seededChance } from './_candidates.js'

/** `timeouts` of them at one moment, from a fresh target. */
function ailing(timeouts: number, nowMs = 0): HealthTable {
  const table = new HealthTable()
  for (let done = 0; done < timeouts; done += 1) table.timedOut(nowMs, 'a')
  return table
}

function passShare(score: number, draws: number): number {
  const chance = seededChance(7)
  let passed = 0
  for (let draw = 0; draw < draws; draw += 1) passed += doesPass(score, chance) ? 1 : 0
  return passed / draws
}

for (const [timeouts, score] of [
  [10, 80],
  [11, 78],
  [40, 20],
  [50, 0],
  [60, 0],
] as const) {
  test(`X-11: ${timeouts} timeouts leave a score of ${score}`, (t) => {
    t.is(ailing(timeouts).scoreOf('a'), score)
  })
}

test('X-11: 11 timeouts start filtering', (t) => {
  const refuse = () => 0.999
  t.true(ailing(10).admits('a', refuse))
  t.false(ailing(11).admits('a', refuse))
})

test('X-11: 40 timeouts start probing', (t) => {
  t.is(ailing(39).nextDeadlineMs(), undefined)
  t.deepEqual(ailing(39).dueProbes(1000), [])
  t.is(ailing(40).nextDeadlineMs(), 100)
  t.deepEqual(ailing(40).dueProbes(100), ['a'])
})

test('X-11: an answer is worth one point, up to 100', (t) => {
  const table = ailing(10)
  table.answered(0, 'a')
  t.is(table.scoreOf('a'), 81)
  for (let done = 0; done < 30; done += 1) table.answered(0, 'a')
  t.is(table.scoreOf('a'), 100)
  t.true(table.isSpotless)
})

test('X-11: the score falls where more than a third of the calls time out', (t) => {
  const drift = (timeouts: number, answers: number) => {
    let score = 60
    for (let at = 0; at < timeouts; at += 1) score = scoreAfterTimeout(score)
    for (let at = 0; at < answers; at += 1) score = scoreAfterAnswer(score)
    return score - 60
  }
  t.is(drift(10, 20), 0)
  t.true(drift(11, 20) < 0)
  t.true(drift(9, 20) > 0)
})

for (const [score, share] of [
  [79, 0.79],
  [50, 0.5],
  [20, 0.2],
] as const) {
  test(`X-12: at ${score} a share of ${share} of 100,000 calls passes, within 1 %`, (t) => {
    t.true(Math.abs(passShare(score, 100_000) - share) < 0.01)
  })
}

test('X-12: at 0 no call passes, not even by the smallest draw', (t) => {
  t.is(passShare(0, 100_000), 0)
  t.false(doesPass(0, () => 0))
})

test('X-12: from 80 on every call passes', (t) => {
  t.true(doesPass(80, () => 0.999999))
  t.false(doesPass(79, () => 0.999999))
})

test('X-13: probes every 100 ms bring a healthy target from 0 to 21 in 2.1 s, then end', (t) => {
  const table = ailing(50)
  const probedAtMs: number[] = []
  for (let nowMs = 0; nowMs <= 5000; nowMs += 10) {
    for (const target of table.dueProbes(nowMs)) {
      probedAtMs.push(nowMs)
      table.probeAnswered(nowMs, target)
    }
  }
  t.is(probedAtMs.length, 21)
  t.is(probedAtMs[0], 100)
  t.is(probedAtMs.at(-1), 2100)
  t.is(table.scoreOf('a'), 21)
})

test('X-13: filtering ends after 80 answers in total', (t) => {
  const table = ailing(50)
  const refuse = () => 0.999
  for (let answers = 1; answers <= 80; answers += 1) {
    t.false(table.admits('a', refuse))
    table.answered(0, 'a')
  }
  t.true(table.admits('a', refuse))
})

test('X-13: at most one probe is out; after 1 s it counts as a timeout and the next is sent', (t) => {
  const table = ailing(40)
  t.deepEqual(table.dueProbes(100), ['a'])
  for (let nowMs = 110; nowMs < 1100; nowMs += 10) t.deepEqual(table.dueProbes(nowMs), [])
  t.is(table.nextDeadlineMs(), 1100)
  t.deepEqual(table.dueProbes(1100), ['a'])
  t.is(table.scoreOf('a'), 18)
})

test('the late answer of a probe counts for nothing', (t) => {
  const table = ailing(40)
  table.dueProbes(100)
  table.probeAnswered(1100, 'a')
  t.is(table.scoreOf('a'), 20)
  table.dueProbes(1100)
  t.is(table.scoreOf('a'), 18)
  table.probeAnswered(1150, 'a')
  table.probeAnswered(1150, 'a')
  t.is(table.scoreOf('a'), 19)
})

test('an answer to a probe nobody sent counts for nothing', (t) => {
  const table = ailing(40)
  table.probeAnswered(50, 'a')
  table.probeAnswered(50, 'b')
  t.is(table.scoreOf('a'), 20)
  t.is(table.scoreOf('b'), 100)
})

test('a target that is gone is forgotten, with its probes', (t) => {
  const table = ailing(50)
  table.forget('a')
  t.true(table.isSpotless)
  t.is(table.nextDeadlineMs(), undefined)
  t.is(table.scoreOf('a'), 100)
})

test('a target recovered by calls is probed no more, and again when it falls', (t) => {
  const table = ailing(40)
  table.dueProbes(100)
  table.answered(150, 'a')
  t.is(table.nextDeadlineMs(), undefined)
  table.timedOut(500, 'a')
  t.is(table.nextDeadlineMs(), 600)
})
