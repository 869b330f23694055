import test, { type ExecutionContext } from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import { type Host, incarnationOf, World } from './_harness.js'
import { lifeOf, RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'
import { ROOT } from './_tree.js'

const A = 'ipv4://10.0.0.2:1'
const EVIL = 0x666n
const RECORDS_MAX = 2_000

/** A round trip between the nodes of a test takes no time; what is awaited from silence is 1 s. */
const ROUND_TRIP_MS = 1_000

interface Scene {
  readonly world: World
  readonly root: Host
  readonly leaf: Host
  readonly b: Host
}

/** root 0x100 > a 0x200 > leaf 0x400; root > b 0x300: lawful, and with full tables. */
function scene(): Scene {
  const world = new World()
  const limits = { ...DEFAULT_LIMITS, routeRecordsMax: RECORDS_MAX }
  const root = world.host({ id: 0x100n, limits }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT], limits }).listen(A)
  const b = world.host({ id: 0x300n, parents: [ROOT], limits })
  const leaf = world.host({ id: 0x400n, parents: [A], limits })
  for (const host of [root, a, b, leaf]) host.give({ kind: 'start' })
  world.advance(100)
  return { world, root, leaf, b }
}

/** A lawful child of the root, so far. */
function evilChild({ root }: Scene): RoutePeer {
  return RoutePeer.dials(root, EVIL).subscribe().tells()
}

/** The lawful ones hear each other, in both directions. */
function stillTalk(t: ExecutionContext, { b, leaf }: Scene): void {
  for (const [from, to] of [
    [leaf, b],
    [b, leaf],
  ] as const) {
    const before = to.messages.length
    t.is(from.send(to.core.id, 'unharmed'), 'sent')
    t.is(to.messages.length, before + 1)
  }
}

test('more records than the ceiling are refused and counted, and nobody is told of them', (t) => {
  const at = scene()
  const evil = evilChild(at)
  const wave = (from: number) =>
    Array.from({ length: 1_000 }, (_, index) => ({ id: BigInt(0x10_0000 + from + index) }))
  for (let from = 0; from < 10_000; from += 1_000) evil.update(wave(from))
  t.true(at.root.core.counters.routesRefused >= 8_000)
  t.true(at.root.core.routes.size <= RECORDS_MAX + 4)
  at.world.advance(ROUND_TRIP_MS)
  stillTalk(t, at)
})

test('an id that hangs below itself is contained to the link that says so', (t) => {
  const at = scene()
  const evil = evilChild(at)
  evil.update([
    { id: 0x700n, parent: 0x701n },
    { id: 0x701n, parent: 0x700n },
    { id: EVIL, parent: EVIL },
    { id: 0x702n, parent: 0x702n },
  ])
  evil.update([], [0x700n, 0x702n])
  t.false(at.b.core.routes.has(0x700n))
  t.true(at.b.core.routes.has(0x701n))
  stillTalk(t, at)
})

test('our own id, announced by a neighbour, is counted and nothing else', (t) => {
  const at = scene()
  evilChild(at).update([{ id: 0x100n, attach: 9 }])
  t.is(at.root.core.counters.ownIdHeard, 1)
  t.is(at.root.core.routes.get(0x100n), undefined)
  stillTalk(t, at)
})

test('a parent that names us among those above us loses the link of the lowest id', (t) => {
  const world = new World()
  const host = world.host({ id: 0x50n, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const stranger = dialled[0]
  if (stranger === undefined) throw new Error('not dialled')
  const parent = RoutePeer.parent(host, stranger, 0x100n)
  parent.answer({ ancestors: [0x50n] })
  t.false(parent.isOpen)
})

const RESUMES: [string, number, Uint8Array][] = [
  ['from the future', 1_000_000, incarnationOf(1)],
  ['of another life of the publisher', 0, lifeOf(99)],
  ['of what it was never told', 3, incarnationOf(1)],
]

for (const [title, sequence, incarnation] of RESUMES) {
  test(`a resume ${title} gets a whole snapshot`, (t) => {
    const at = scene()
    const evil = RoutePeer.dials(at.root, EVIL).subscribe({ resume: { incarnation, sequence } })
    const told = evil.told().map(({ id, kind }) => `${kind} ${id.toString(16)}`)
    t.deepEqual(told.sort(), ['add 200', 'add 300', 'add 400'])
    stillTalk(t, at)
  })
}

test('a resume in another role than before gets a whole snapshot of what that role may see', (t) => {
  const at = scene()
  const first = evilChild(at)
  at.world.advance(2_000)
  const { version } = at.root.core.routes
  first.stranger.hangUp()
  const resume = { incarnation: incarnationOf(1), sequence: version }
  const again = RoutePeer.dials(at.root, EVIL, { role: 'sibling' }).subscribe({ resume })
  t.deepEqual(again.told().filter(({ kind }) => kind === 'add').length, 3)
  stillTalk(t, at)
})

test('who subscribes a thousand times a second loses its own link', (t) => {
  const at = scene()
  const evil = evilChild(at)
  for (let count = 0; count < 1_000 && evil.isOpen; count++) {
    at.world.advance(1)
    evil.subscribe()
  }
  t.false(evil.isOpen)
  t.true(evil.told().length < 50)
  stillTalk(t, at)
})

test('an id that flaps a thousand times a second is told on a few times', (t) => {
  const at = scene()
  const evil = evilChild(at)
  const { routePacketsSent } = at.root.core.counters
  const seconds = 3
  for (let count = 0; count < seconds * 500; count++) {
    evil.update([{ id: 0x700n }])
    at.world.advance(1)
    evil.update([], [0x700n])
    at.world.advance(1)
  }
  // Five changes, then one a second, to each of the two lawful children.
  t.true(at.root.core.counters.routePacketsSent - routePacketsSent <= 2 * (5 + seconds + 1))
  stillTalk(t, at)
})

test('updates of a link on which nothing was asked for, or answered, are dropped and counted', (t) => {
  const at = scene()
  const evil = RoutePeer.dials(at.root, EVIL)
  evil.update([{ id: 0x700n }], [0x300n], { snapshotEnd: true })
  t.is(at.root.core.counters.lateRoutes, 1)
  t.false(at.root.core.routes.has(0x700n))
  stillTalk(t, at)
})

test('a neighbour cannot withdraw itself, nor what others have told', (t) => {
  const at = scene()
  evilChild(at).update([], [EVIL, 0x200n, 0x300n, 0x400n])
  for (const id of [EVIL, 0x200n, 0x300n, 0x400n]) t.true(at.root.core.routes.has(id))
  t.true(at.b.core.routes.has(EVIL))
  stillTalk(t, at)
})

test("another's life with a higher attach is undone when that life shows itself", (t) => {
  const at = scene()
  const evil = evilChild(at)
  evil.update([{ id: 0x400n, incarnation: incarnationOf(4), attach: 7 }])
  at.world.advance(ROUND_TRIP_MS)
  t.is(at.root.core.routes.get(0x400n)?.via, 0x200n)
  t.is(at.root.core.counters.falseMoves, 1)
  stillTalk(t, at)
})

test('the same, of a life that is several levels away', (t) => {
  const at = scene()
  const address = 'ipv4://10.0.0.9:1'
  at.leaf.listen(address)
  const deep = at.world.host({ id: 0x500n, parents: [address] })
  deep.give({ kind: 'start' })
  at.world.advance(100)
  evilChild(at).update([{ id: 0x500n, incarnation: incarnationOf(5), attach: 7 }])
  at.world.advance(ROUND_TRIP_MS)
  t.is(at.root.core.routes.get(0x500n)?.via, 0x200n)
  stillTalk(t, { ...at, leaf: deep })
})

test("another's life, claimed again and again, costs the claimant its link", (t) => {
  const at = scene()
  const evil = evilChild(at)
  for (let attach = 7; attach < 10; attach++) {
    evil.update([{ id: 0x400n, incarnation: incarnationOf(4), attach }])
    at.world.advance(ROUND_TRIP_MS)
    t.is(at.root.core.routes.get(0x400n)?.via, 0x200n)
  }
  t.false(evil.isOpen)
  stillTalk(t, at)
})

test("another's id under a life of its own changes nobody's route", (t) => {
  const at = scene()
  const evil = evilChild(at)
  evil.update([{ id: 0x400n, life: 77 }])
  stillTalk(t, at)
  at.world.advance(ROUND_TRIP_MS)
  t.is(at.root.core.routes.get(0x400n)?.via, 0x200n)
  stillTalk(t, at)
})

for (const role of ['child', 'sibling'] as const) {
  test(`a refusal from a ${role} is not obeyed, and costs it its link when repeated`, (t) => {
    const at = scene()
    const evil = RoutePeer.dials(at.root, EVIL, { role })
    const refuse = { id: 0x200n, incarnation: incarnationOf(2), reason: 1 }
    for (let count = 0; count < 3; count++)
      evil.stranger.say({ kind: 'route_refuse', refused: refuse })
    t.false(evil.isOpen)
    t.is(at.root.core.counters.badStates, 3)
    stillTalk(t, at)
  })
}
