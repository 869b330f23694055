import test from 'ava'
import { STATUS } from '../../src/directory/record.js'
import { type Candidate, targetKey } from '../../src/services/candidate.js'
import { doesPass } from '../../src/services/health-score.js'
import { type HealthGate, Pipeline, type SelectOptions } from '../../src/services/pipeline.js'
import type { PickContext, Selector } from '../../src/services/selector.js'
import { candidate, countsOf, seededChance } from './_candidates.js'

const THREE = [candidate(40001), candidate(40002), candidate(40003)]

/** Scores by service id that stay as they are; 100 for the others. */
function pinned(scores: Readonly<Record<number, number>>, services: readonly Candidate[]) {
  const byTarget = new Map(
    services.map((service) => [targetKey(service), scores[service.record.serviceId] ?? 100]),
  )
  const scoreOf = (target: string) => byTarget.get(target) ?? 100
  const health: HealthGate = {
    isSpotless: false,
    scoreOf,
    admits: (target, chance) => doesPass(scoreOf(target), chance),
  }
  return health
}

function pipeline(health?: HealthGate, ownZone = 'z1'): Pipeline {
  return new Pipeline({ ownZone, chance: seededChance(5), health })
}

function ids(
  made: Pipeline,
  services: readonly Candidate[],
  count: number,
  options?: SelectOptions,
): Array<number | undefined> {
  return Array.from({ length: count }, () => {
    const selection = made.select(services, options)
    return selection.kind === 'chosen' ? selection.candidate.record.serviceId : undefined
  })
}

function shareOf(picked: ReadonlyArray<number | undefined>, id: number | undefined): number {
  return (countsOf(picked).get(id) ?? 0) / picked.length
}

test('X-08: random over scores of 100, 50 and 0 gives 2/3, 1/3 and 0 within 2 %', (t) => {
  const made = pipeline(pinned({ 40002: 50, 40003: 0 }, THREE))
  const picked = ids(made, THREE, 100_000)
  t.true(Math.abs(shareOf(picked, 40001) / (2 / 3) - 1) < 0.02)
  t.true(Math.abs(shareOf(picked, 40002) / (1 / 3) - 1) < 0.02)
  t.is(shareOf(picked, 40003), 0)
  t.is(shareOf(picked, undefined), 0)
})

test('X-09: roundRobin goes past a service of score 0', (t) => {
  const made = pipeline(pinned({ 40002: 0 }, THREE))
  const expected = [40001, 40003, 40001, 40003]
  t.deepEqual(ids(made, THREE, 4, { selector: 'roundRobin' }), expected)
})

test('X-12: of a single service at 50 a half of 100,000 calls passes, within 1 %', (t) => {
  const alone = [candidate(1)]
  const picked = ids(pipeline(pinned({ 1: 50 }, alone)), alone, 100_000)
  t.true(Math.abs(shareOf(picked, 1) - 0.5) < 0.01)
})

test('X-12: a single service at 0 is refused as unhealthy', (t) => {
  const alone = [candidate(1)]
  const made = pipeline(pinned({ 1: 0 }, alone))
  t.like(made.select(alone), { kind: 'refused', reason: 'unhealthy' })
})

test('a single service whose draw fails is refused as overloaded', (t) => {
  const alone = [candidate(1)]
  const health = pinned({ 1: 50 }, alone)
  const made = new Pipeline({ ownZone: 'z1', chance: () => 0.9, health })
  t.like(made.select(alone), { kind: 'refused', reason: 'overloaded' })
})

test('a healthy one among many ailing ones is always found', (t) => {
  const many = Array.from({ length: 200 }, (_, place) => candidate(place + 1))
  const scores = Object.fromEntries(many.slice(1).map((_, place) => [place + 2, 0]))
  for (const selector of ['random', 'roundRobin', 'smooth', 'leastLoad']) {
    const picked = ids(pipeline(pinned(scores, many)), many, 50, { selector })
    t.is(shareOf(picked, 1), 1, selector)
  }
})

for (const selector of ['hash', 'consistentHash']) {
  test(`the refusal of the service a key belongs to is final for ${selector}`, (t) => {
    const scores = { 40001: 0, 40002: 0, 40003: 0 }
    const made = pipeline(pinned(scores, THREE))
    const selection = made.select(THREE, { selector, key: 7 })
    t.like(selection, { kind: 'refused', reason: 'overloaded' })
  })
}

test('X-43: no service with the colour asked for is a refusal', (t) => {
  t.like(pipeline().select(THREE, { color: 'red' }), { kind: 'refused', reason: 'no_service' })
  t.like(pipeline().select(THREE, { color: 'red', fallThrough: true }), { kind: 'chosen' })
})

test('X-18: a service that drains gets no selected traffic', (t) => {
  const services = [candidate(1), candidate(2, { status: STATUS.WAITING })]
  t.is(shareOf(ids(pipeline(), services, 100), 1), 1)
})

test('excludeSelf leaves out the services of this process, in every choice', (t) => {
  const services = [candidate(1, { isOwn: true }), candidate(2)]
  const made = pipeline()
  t.is(shareOf(ids(made, services, 100, { excludeSelf: true }), 2), 1)
  t.is(countsOf(ids(made, services, 100)).size, 2)
})

test('X-44: picks stay in the own zone while it has one healthy service', (t) => {
  const services = [candidate(1), candidate(2), candidate(3, { zone: 'z2' })]
  t.is(shareOf(ids(pipeline(), services, 1000), 3), 0)
  const one = pipeline(pinned({ 1: 0 }, services))
  t.is(shareOf(ids(one, services, 1000), 2), 1)
  const none = pipeline(pinned({ 1: 0, 2: 0 }, services))
  t.is(shareOf(ids(none, services, 1000), 3), 1)
})

test('X-44: without a service in the own zone all others take part', (t) => {
  const services = [candidate(1, { zone: 'z2' }), candidate(2, { zone: 'z3' })]
  t.is(countsOf(ids(pipeline(), services, 100)).size, 2)
})

test('a zone asked for is never left, whatever its health', (t) => {
  const services = [candidate(1), candidate(2, { zone: 'z2' })]
  const made = pipeline(pinned({ 2: 0 }, services))
  t.like(made.select(services, { zone: 'z2' }), { kind: 'refused', reason: 'unhealthy' })
})

const SHARED = [
  candidate(1, { zone: 'sh001' }),
  candidate(2, { zone: 'sh001' }),
  candidate(3, { zone: 'sh002', weight: 5 }),
  candidate(4, { zone: 'sh002', weight: 2 }),
]

function scheduled(): Pipeline {
  const made = pipeline(undefined, 'sh001')
  made.setSchedule('lobby', [{ src: 'sh001', dst: { sh001: 2, sh002: 1 } }])
  return made
}

test('002-15f: with a row smooth picks are 7/7/5/2 in any 21 after another', (t) => {
  const picked = ids(scheduled(), SHARED, 84, { selector: 'smooth' })
  for (let start = 0; start + 21 <= picked.length; start += 1) {
    const counts = countsOf(picked.slice(start, start + 21))
    t.deepEqual(
      [1, 2, 3, 4].map((id) => counts.get(id)),
      [7, 7, 5, 2],
    )
  }
})

test('002-15f: 420,000 random draws are within 2 % of each share, the zones 2:1', (t) => {
  const counts = countsOf(ids(scheduled(), SHARED, 420_000))
  const shares = [140_000, 140_000, 100_000, 40_000]
  shares.forEach((share, place) => {
    t.true(Math.abs((counts.get(place + 1) ?? 0) / share - 1) < 0.02)
  })
  const first = (counts.get(1) ?? 0) + (counts.get(2) ?? 0)
  t.true(Math.abs(first / (420_000 - first) / 2 - 1) < 0.02)
})

test('X-42: the pick after a change of the rows follows the new ratio, of the same list', (t) => {
  const made = scheduled()
  made.setSchedule('lobby', [{ src: 'sh001', dst: { sh002: 1 } }])
  const picked = ids(made, SHARED, 100)
  t.is(shareOf(picked, 1) + shareOf(picked, 2), 0)
  made.setSchedule('lobby', [])
  const after = ids(made, SHARED, 100)
  t.is(shareOf(after, 3) + shareOf(after, 4), 0)
})

test('the rows of one type are not those of another, and are copied', (t) => {
  const made = pipeline(undefined, 'sh001')
  const dst: Record<string, number> = { sh002: 1 }
  made.setSchedule('lobby', [{ src: 'sh001', dst }])
  dst.sh001 = 1_000_000
  t.is(shareOf(ids(made, SHARED, 50), 1), 0)
  const worlds = [candidate(1, { app: 'world', zone: 'sh001' })]
  t.is(shareOf(ids(made, worlds, 10), 1), 1)
})

test('the candidates given are neither sorted nor changed', (t) => {
  const services = Object.freeze([candidate(3), candidate(1), candidate(2)])
  pipeline().select(services, { selector: 'roundRobin' })
  t.deepEqual(
    services.map(({ record }) => record.serviceId),
    [3, 1, 2],
  )
})

test('X-14: a strategy of the program is picked with, by its name', (t) => {
  const made = pipeline()
  const seen: PickContext[] = []
  const last: Selector = {
    pick(candidates, context) {
      seen.push({ ...context })
      return candidates.at(-1)
    },
  }
  t.true(made.selectors.add('last', last))
  t.deepEqual(ids(made, THREE, 2, { selector: 'last', key: 'k' }), [40003, 40003])
  t.like(seen[0], { app: 'lobby', key: 'k', attempt: 0 })
})

test('a strategy cannot take the name of another, or none', (t) => {
  const { selectors } = pipeline()
  t.false(selectors.add('random', { pick: () => undefined }))
  t.false(selectors.add('', { pick: () => undefined }))
  t.is(selectors.find(''), undefined)
})

const NONSENSE: ReadonlyArray<readonly [string, () => unknown]> = [
  ['a service of another list', () => candidate(40001)],
  ['null', () => null],
  ['a number', () => 1],
  ['a promise', async () => THREE[0]],
]

for (const [name, pick] of NONSENSE) {
  test(`a strategy that returns ${name} is a bad selector`, (t) => {
    const made = pipeline()
    made.selectors.add('own', { pick: pick as Selector['pick'] })
    const selection = made.select(THREE, { selector: 'own' })
    t.like(selection, { kind: 'refused', reason: 'bad_selector' })
  })
}

test('a strategy that throws is a bad selector, with what it threw', (t) => {
  const made = pipeline()
  const cause = new Error('no idea')
  made.selectors.add('own', {
    pick: () => {
      throw cause
    },
  })
  const selection = made.select(THREE, { selector: 'own' })
  t.like(selection, { kind: 'refused', reason: 'bad_selector', cause })
})

test('a strategy that changes its candidates harms itself only', (t) => {
  const made = pipeline()
  made.selectors.add('own', { pick: (all) => (all as Candidate[]).pop() })
  t.like(made.select(THREE, { selector: 'own' }), { kind: 'refused', reason: 'bad_selector' })
  t.is(countsOf(ids(made, THREE, 300)).size, 3)
})

test('a strategy that wants none has chosen none', (t) => {
  const made = pipeline()
  made.selectors.add('own', { pick: () => undefined })
  const selection = made.select(THREE, { selector: 'own' })
  t.like(selection, { kind: 'refused', reason: 'no_service' })
})

test('a strategy nobody knows is a bad selector', (t) => {
  const selection = pipeline().select(THREE, { selector: 'toString' })
  t.like(selection, { kind: 'refused', reason: 'bad_selector' })
})

test('many filters in turn over one list stay right', (t) => {
  const services = Array.from({ length: 40 }, (_, place) =>
    candidate(place, { color: `c${place}` }),
  )
  const made = pipeline()
  for (let round = 0; round < 3; round += 1) {
    for (let place = 0; place < 40; place += 1) {
      t.deepEqual(ids(made, services, 1, { color: `c${place}` }), [place])
    }
  }
})

test('a caller may change its options between two choices', (t) => {
  const services = [candidate(1, { color: 'red' }), candidate(2, { color: 'blue' })]
  const made = pipeline()
  const options = { color: 'red' }
  t.deepEqual(ids(made, services, 1, options), [1])
  options.color = 'blue'
  t.deepEqual(ids(made, services, 1, options), [2])
})
