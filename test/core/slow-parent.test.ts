import test, { type ExecutionContext } from 'ava'
import { type CoreConfig, DEFAULT_LIMITS } from '../../src/core/config.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const OTHER = 'ipv4://10.0.0.2:7000'

/** Spreads nothing, so that times can be told. */
const RETRY = { firstMs: 500, maxMs: 3_000, jitter: 0, refusedMinMs: 5_000, refusedMaxMs: 15_000 }

/** The parent of the test answers no ping. */
const UNASKED = { ...DEFAULT_LIMITS, pingIntervalMs: 0 }

function child(world: World, overrides: Partial<CoreConfig> = {}): Host {
  return world.host({ id: 0x200n, parents: [PARENT], retry: RETRY, ...overrides })
}

function parentAnswers(): Parameters<Stranger['say']> {
  return [{ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) }]
}

/** The registration that the test does not answer is waited for 5 s, and no longer. */
function isLeftAfterFiveSeconds(t: ExecutionContext, world: World, dialled: Stranger | undefined) {
  world.advance(4_999)
  t.true(dialled?.isOpen)
  world.advance(1)
  t.is(dialled?.closedHow, 'now')
}

test('a parent that answers after 8 s is left once, and reached at the second attempt', (t) => {
  const world = new World()
  const host = child(world)
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  world.advance(5_000)
  t.is(dialled[0]?.closedHow, 'now')
  world.advance(500 + 8_000)
  dialled[1]?.say(...parentAnswers())
  t.is(host.core.state, 'running')
  t.is(dialled.length, 2)
})

test('once a parent has answered, its next answer is awaited for 5 s again', (t) => {
  const world = new World()
  const host = child(world)
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  world.advance(5_500 + 8_000)
  dialled[1]?.say(...parentAnswers())
  world.advance(4_000)
  dialled[1]?.hangUp(false)
  world.advance(0)
  t.is(dialled.length, 3)
  isLeftAfterFiveSeconds(t, world, dialled[2])
})

test('patience with one parent address keeps nobody from the next one', (t) => {
  const world = new World()
  const host = child(world, { parents: [PARENT, OTHER] })
  const slow = Stranger.listening(host, PARENT)
  const other = Stranger.listening(host, OTHER)
  host.give({ kind: 'start' })
  world.advance(5_500)
  t.is(slow.length, 1)
  t.is(other.length, 1)
  isLeftAfterFiveSeconds(t, world, other[0])
})

test('a connection that does not come about is given up after 5 s every time', (t) => {
  const world = new World()
  const times: number[] = []
  world.answers.set(PARENT, () => times.push(world.nowMs))
  child(world).give({ kind: 'start' })
  world.advance(25_000)
  t.deepEqual(times, [0, 5_500, 11_500, 18_500])
})

/** Who is up after that many answers, one every 500 ms, given also to those who have left. */
function upAfter(crowd: readonly Host[], answers: number): number {
  const [first] = crowd
  if (first === undefined) return 0
  const dialled = Stranger.listening(first, PARENT)
  for (const host of crowd) host.give({ kind: 'start' })
  for (let next = 0, count = 0; count < answers; count++) {
    first.world.advance(500)
    const dialler = dialled[next]
    if (dialler === undefined) continue
    next++
    if (dialler.isOpen) dialler.say(...parentAnswers())
  }
  return crowd.filter((host) => host.core.state === 'running').length
}

test('of a crowd that a parent needs 20 s to answer, all are answered in the end', (t) => {
  const world = new World()
  const crowd = Array.from({ length: 40 }, (_, number) => {
    return child(world, { id: 0x1000n + BigInt(number), limits: UNASKED })
  })
  t.is(upAfter(crowd, 200), 40)
})
