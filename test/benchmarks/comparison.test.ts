// When a change between two results is called a loss.

import test from 'ava'
import { changesOf, vanishedOf } from '../../benchmarks/compare/comparison.js'
import { resultsOf } from './_results.js'

const STEADY = [100, 101, 99, 100, 102]
const WILD = [50, 150, 80, 120, 100]

const CASES: ReadonlyArray<{
  readonly rule: string
  readonly key: string
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly verdict: string
}> = [
  {
    rule: 'the same figures again are no change',
    key: 'perSecond',
    before: STEADY,
    after: STEADY,
    verdict: 'same',
  },
  {
    rule: 'a rate that falls by a fifth is a loss',
    key: 'perSecond',
    before: STEADY,
    after: STEADY.map((value) => value * 0.8),
    verdict: 'loss',
  },
  {
    rule: 'a rate that rises by a fifth is a gain',
    key: 'perSecond',
    before: STEADY,
    after: STEADY.map((value) => value * 1.2),
    verdict: 'gain',
  },
  {
    rule: 'a latency that rises by a fifth is a loss',
    key: 'p50Us',
    before: STEADY,
    after: STEADY.map((value) => value * 1.2),
    verdict: 'loss',
  },
  {
    rule: 'a loss within the noise of the machine is none',
    key: 'perSecond',
    before: WILD,
    after: WILD.map((value) => value * 0.9),
    verdict: 'same',
  },
  {
    rule: 'a sure loss of three in a hundred is tolerated',
    key: 'perSecond',
    before: [100, 100, 100, 100, 100],
    after: [97, 97, 97, 97, 97],
    verdict: 'same',
  },
  {
    rule: 'two rounds prove nothing',
    key: 'perSecond',
    before: [100, 100],
    after: [50, 50],
    verdict: 'too few rounds',
  },
]

for (const { after, before, key, rule, verdict } of CASES) {
  test(rule, (t) => {
    const changes = changesOf(resultsOf(key, before), resultsOf(key, after))
    t.deepEqual(
      changes.map((change) => change.verdict),
      [verdict],
    )
  })
}

test('the range lies around the ratio', (t) => {
  const [change] = changesOf(resultsOf('perSecond', WILD), resultsOf('perSecond', STEADY))
  t.true(change !== undefined && change.least < change.gain && change.gain < change.most)
})

test('the same two files give the same range', (t) => {
  const twice = [0, 1].map(() =>
    changesOf(resultsOf('perSecond', WILD), resultsOf('perSecond', STEADY)),
  )
  t.deepEqual(twice[0], twice[1])
})

test('a subject that is not measured any more is not passed over', (t) => {
  const before = resultsOf('perSecond', STEADY, 'treebus ring')
  const after = resultsOf('perSecond', STEADY, 'treebus unix')
  t.deepEqual(vanishedOf(before, after), ['question, cell, treebus ring'])
})

test('a figure that only one of them has is not compared', (t) => {
  t.deepEqual(changesOf(resultsOf('p50Us', STEADY), resultsOf('p99Us', STEADY)), [])
})
