import test from 'ava'
import type { CoreEvent } from '../../src/core/effects.js'
import { LOW_ADDRESS as A, HIGH_ADDRESS as B, Crossing, STEPS } from './_crossing.js'
import { type Host, World } from './_harness.js'

const PARENT = 'ipv4://10.0.0.1:7000'

interface Pair {
  readonly world: World
  readonly low: Host
  readonly high: Host
}

function pair(): Pair {
  const world = new World()
  const low = world.host({ id: 0x200n }).listen(A)
  const high = world.host({ id: 0x300n }).listen(B)
  return { world, low, high }
}

function refusals(host: Host): unknown[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'refused' ? [[event.by, event.code]] : [],
  )
}

test('a dialled sibling is a sibling on both ends', (t) => {
  const { low, high } = pair()
  low.give({ kind: 'connect', address: B, expectedId: 0x300n })
  t.deepEqual(
    low.core.links().map(({ role }) => role),
    ['sibling'],
  )
  t.deepEqual(
    high.core.links().map(({ role }) => role),
    ['sibling'],
  )
  t.is(low.send(0x300n, 'hello'), 'sent')
  t.is(high.messages[0]?.text, 'hello')
})

test('a second dial of the same address while the first is under way does nothing', (t) => {
  const { world, low } = pair()
  world.answers.set(B, () => {})
  low.give({ kind: 'connect', address: B })
  low.give({ kind: 'connect', address: B })
  t.is(low.effects.filter(({ kind }) => kind === 'dial').length, 1)
})

test('siblings that dial each other at once end with one link in every order of words', (t) => {
  for (let order = 0; order < 4 ** 5; order++) {
    const crossing = new Crossing()
    for (let rest = order, step = 0; step < 5; step++, rest = Math.floor(rest / 4)) {
      crossing.step(...(STEPS[rest % 4] ?? [0, 'out']))
    }
    crossing.finish()
    const { low, high } = crossing
    const name = `order ${order}`
    t.deepEqual([low.core.links().length, high.core.links().length], [1, 1], name)
    t.is(low.ends.size, 1, name)
    t.is(high.ends.size, 1, name)
    low.send(0x300n, 'x')
    high.send(0x200n, 'y')
    crossing.finish()
    t.deepEqual([high.messages.length, low.messages.length], [1, 1], name)
  }
})

test('a sibling that dials a standing sibling anew is told that its link lives', (t) => {
  const { low, high } = pair()
  low.give({ kind: 'connect', address: B })
  low.give({ kind: 'connect', address: B })
  t.deepEqual(refusals(low), [['peer', 'ID_CONFLICT']])
  t.false(high.eventKinds().includes('link_down'))
  t.is(low.core.links().length, 1)
  t.is(high.core.links().length, 1)
  t.is(low.ends.size, 1)
  t.is(high.ends.size, 1)
})

test('a parent that becomes the child of its child is refused as a loop', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n, parents: [B] }).listen(PARENT)
  const child = world.host({ id: 0x300n, parents: [PARENT] }).listen(B)
  child.give({ kind: 'start' })
  t.is(parent.core.link(0x300n)?.role, 'child')
  parent.give({ kind: 'start' })
  t.is(parent.core.link(0x300n)?.role, 'child')
  t.is(child.core.link(0x100n)?.role, 'parent')
  t.deepEqual(refusals(parent), [['peer', 'LOOP']])
  t.deepEqual(refusals(child), [['us', 'LOOP']])
})

test('a node may become the child of one that was its sibling', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const child = world.host({ id: 0x300n, parents: [PARENT] }).listen(B)
  // The lower id dialled the sibling link.
  parent.give({ kind: 'connect', address: B })
  t.is(child.core.link(0x100n)?.role, 'sibling')
  child.give({ kind: 'start' })
  world.advance(60_000)
  t.is(child.core.link(0x100n)?.role, 'parent')
  t.is(parent.core.link(0x300n)?.role, 'child')
})

test('the lower id that dialled first keeps its link, and the other end is told', (t) => {
  const { low, high } = pair()
  low.give({ kind: 'connect', address: B })
  high.give({ kind: 'connect', address: A })
  t.deepEqual(refusals(high), [['peer', 'ID_CONFLICT']])
  t.is(low.core.links().length, 1)
  t.is(high.core.links().length, 1)
})

test('the higher id that dials gets through once the link of the lower is dead', (t) => {
  const { world, low, high } = pair()
  low.give({ kind: 'connect', address: B })
  const [connection] = low.ends.keys()
  if (connection !== undefined) world.blackhole(low, connection)
  world.advance(2_000)
  high.give({ kind: 'connect', address: A })
  world.advance(1_000)
  t.is(high.send(0x200n, 'through'), 'sent')
  t.is(low.messages[0]?.text, 'through')
})
