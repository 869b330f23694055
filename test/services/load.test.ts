import test from 'ava'
import { targetKey } from '../../src/services/candidate.js'
import { LoadGauge } from '../../src/services/load-gauge.js'
import { LoadValues } from '../../src/services/load-values.js'
import { Pipeline } from '../../src/services/pipeline.js'
import { candidate } from './_candidates.js'

test('X-17: 500 requests a second for 3 s are reported as 500 ± 1 % in each second', (t) => {
  const gauge = new LoadGauge()
  const reported: number[] = []
  for (let request = 0; request <= 1500; request += 1) {
    const nowMs = 70_000 + request * 2
    if (request > 0 && request % 500 === 0) reported.push(gauge.perSecond(nowMs))
    gauge.count(nowMs)
  }
  t.is(reported.length, 3)
  for (const figure of reported) t.true(Math.abs(figure - 500) <= 5, String(figure))
})

test('before the first second is over nothing is reported', (t) => {
  const gauge = new LoadGauge()
  t.is(gauge.perSecond(5000), 0)
  gauge.count(5000, 10)
  t.is(gauge.perSecond(5999), 0)
  t.is(gauge.perSecond(6000), 10)
  t.is(gauge.total, 10)
})

test('seconds without requests report none', (t) => {
  const gauge = new LoadGauge()
  gauge.count(0, 10)
  t.is(gauge.perSecond(2000), 0)
  gauge.count(9000)
  t.is(gauge.perSecond(10_000), 1)
  t.is(gauge.perSecond(11_000), 0)
})

test('a clock that goes back loses no request', (t) => {
  const gauge = new LoadGauge()
  gauge.count(5000)
  gauge.count(1000)
  t.is(gauge.perSecond(6000), 2)
})

const GATES = [candidate(1), candidate(2), candidate(3)]

function leastOf(loads: LoadValues, services = GATES): number | undefined {
  const made = new Pipeline({ ownZone: 'z1', chance: () => 0, loads })
  const selection = made.select(services, { selector: 'leastLoad' })
  return selection.kind === 'chosen' ? selection.candidate.record.serviceId : undefined
}

function reported(...loads: number[]): LoadValues {
  const values = new LoadValues()
  loads.forEach((load, place) => {
    values.report(targetKey(GATES[place] ?? candidate(0)), load)
  })
  return values
}

test('X-15: of the reported counts 12, 7 and 7 the second service is the least loaded', (t) => {
  t.is(leastOf(reported(12, 7, 7)), 2)
})

test('X-15: the last count of a service that is gone is forgotten at once', (t) => {
  const values = reported(12, 1, 7)
  values.forget(targetKey(candidate(2)))
  t.is(values.size, 2)
  t.is(leastOf(values), 3)
  t.is(values.loadOf(candidate(2, { overload: [40] })), 40)
})

test('X-15: a report changes the next choice of the same list', (t) => {
  const values = reported(12, 7, 7)
  const made = new Pipeline({ ownZone: 'z1', chance: () => 0, loads: values })
  t.like(made.select(GATES, { selector: 'leastLoad' }), { candidate: { node: 2n } })
  values.report(targetKey(candidate(1)), 3)
  t.like(made.select(GATES, { selector: 'leastLoad' }), { candidate: { node: 1n } })
})

test('a reported load is newer than the figure of the record', (t) => {
  const services = [candidate(1, { overload: [1] }), candidate(2, { overload: [5] })]
  t.is(leastOf(new LoadValues(), services), 1)
  t.is(leastOf(reported(9), services), 2)
})

for (const load of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
  test(`a reported load of ${load} is refused`, (t) => {
    const values = new LoadValues()
    t.false(values.report('a', load))
    t.is(values.size, 0)
  })
}
