import test, { type ExecutionContext } from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import { type Host, World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { ROOT } from './_tree.js'

const LAWFUL = 0x200n
const OTHER = 0x300n
const EVIL = 0x2000n
const RECORDS_MAX = 2_000
const GRANTS = [{ child: EVIL, ranges: [{ prefix: EVIL, maskBits: 52 }] }]

interface Scene {
  readonly world: World
  readonly root: Host
  readonly one: Host
  readonly other: Host
  readonly evil: RoutePeer
}

/** A root with two lawful children, and one in the hands of the test. */
function scene(wish: { granted: boolean }): Scene {
  const world = new World()
  const limits = { ...DEFAULT_LIMITS, routeRecordsMax: RECORDS_MAX }
  const grants = wish.granted ? GRANTS : []
  const root = world.host({ id: 0x100n, limits, grants }).listen(ROOT)
  const one = world.host({ id: LAWFUL, parents: [ROOT] })
  const other = world.host({ id: OTHER, parents: [ROOT] })
  for (const host of [root, one, other]) host.give({ kind: 'start' })
  world.advance(100)
  return { world, root, one, other, evil: RoutePeer.dials(root, EVIL).subscribe().tells() }
}

/** The lawful ones have lost no link, and hear each other. */
function isContained(t: ExecutionContext, { root, one, other }: Scene): void {
  for (const host of [root, one, other]) {
    const lost = host.events.flatMap((event) => (event.kind === 'link_down' ? [event.link.id] : []))
    t.deepEqual(
      lost.filter((id) => id !== EVIL),
      [],
    )
  }
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const before = to.messages.length
    t.is(from.send(to.core.id, 'unharmed'), 'sent')
    t.is(to.messages.length, before + 1)
  }
}

test('robustness 20: of 1,000,000 announced ids those beyond the ceiling are refused and counted', (t) => {
  const at = scene({ granted: false })
  const total = 1_000_000
  for (let from = 0; from < total; from += 1_000) {
    at.evil.update(Array.from({ length: 1_000 }, (_, i) => ({ id: BigInt(0x10_0000 + from + i) })))
    at.world.advance(1)
  }
  // The evil one itself is one of the records of its link.
  const taken = RECORDS_MAX - 1
  t.is(at.root.core.counters.routesRefused, total - taken)
  t.is(at.root.core.routes.size, taken + 3)
  t.true(at.one.core.routes.size <= taken + 3)
  isContained(t, at)
  at.evil.stranger.hangUp()
  at.world.advance(100)
  t.is(at.root.core.routes.size, 2)
  t.is(at.one.core.routes.size, 2)
})

test('robustness 20: ids outside its subnet are refused, and the third costs a child its link', (t) => {
  const at = scene({ granted: true })
  at.evil.update([{ id: 0x2001n }, { id: 0x9001n }, { id: LAWFUL }])
  t.true(at.evil.isOpen)
  t.deepEqual(at.evil.refusals(), [
    [0x9001n, 3],
    [LAWFUL, 3],
  ])
  at.evil.update([{ id: 0x9002n }])
  t.false(at.evil.isOpen)
  t.is(at.root.core.counters.routesRefused, 3)
  t.is(at.one.core.routes.get(0x9001n), undefined)
  t.is(at.root.core.routes.get(LAWFUL)?.via, LAWFUL)
  isContained(t, at)
})

test('robustness 20: a child that is its own ancestor is refused as that, and hides nobody', (t) => {
  const at = scene({ granted: false })
  at.evil.answer({ ancestors: [EVIL, EVIL] })
  at.evil.update([
    { id: EVIL, parent: EVIL },
    { id: 0x2001n, parent: EVIL },
    { id: 0x2002n, parent: 0x2002n },
  ])
  at.world.advance(100)
  t.is(at.root.core.counters.routesRefused, 2)
  t.is(at.root.core.routes.get(EVIL)?.parent, 0x100n)
  t.is(at.other.core.routes.get(0x2002n), undefined)
  t.true(at.other.core.routes.has(0x2001n))
  isContained(t, at)
  at.evil.stranger.hangUp()
  at.world.advance(100)
  for (const host of [at.root, at.one, at.other]) {
    t.is(host.core.routes.get(EVIL), undefined)
    t.is(host.core.routes.get(0x2001n), undefined)
  }
})
