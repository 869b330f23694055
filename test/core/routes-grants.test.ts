import test from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import { CHANGES_A_SECOND_MAX } from '../../src/core/routes/route-pace.js'
import { DETAIL } from '../../src/wire/route-messages.js'
import { World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'
import { Stranger } from './_stranger.js'
import { ROOT } from './_tree.js'

const SELF = 0x100n
const CHILD = 0x2000n
const OTHER = 0x3000n
const A = 'ipv4://10.0.0.2:1'
const GRANTS = [
  { child: CHILD, ranges: [{ prefix: 0x2000n, maskBits: 52 }] },
  { child: OTHER, ranges: [{ prefix: 0x3000n, maskBits: 52 }] },
]

function root(wish: { routeRecordsMax?: number } = {}) {
  const world = new World()
  const limits = { ...DEFAULT_LIMITS, ...wish }
  const host = world.host({ id: SELF, grants: GRANTS, limits })
  host.give({ kind: 'start' })
  return { world, host }
}

function child(host: ReturnType<typeof root>['host'], id: bigint): RoutePeer {
  return RoutePeer.dials(host, id).subscribe().tells()
}

test('a child hears what it may announce, and is believed that much', (t) => {
  const { host } = root()
  const peer = child(host, CHILD)
  const answer = peer.stranger.heardMessages.find(({ kind }) => kind === 'register_rsp')?.control
  t.deepEqual(answer?.kind === 'register_rsp' && answer.register.announcement?.ranges, [
    { prefix: 0x2000n, maskBits: 52 },
  ])
  peer.update([{ id: 0x2001n }, { id: 0x3001n }])
  t.true(host.core.routes.has(0x2001n))
  t.false(host.core.routes.has(0x3001n))
  t.deepEqual(peer.refusals(), [[0x3001n, 3]])
  t.true(peer.isOpen)
})

test('the third id outside its subnet within ten seconds costs a child its link, not the others', (t) => {
  const { host, world } = root()
  const peer = child(host, CHILD)
  const other = child(host, OTHER)
  for (let count = 0; count < 3; count++) {
    world.advance(100)
    peer.update([{ id: 0x3001n + BigInt(count) }])
  }
  t.false(peer.isOpen)
  t.true(other.isOpen)
  t.is(host.core.counters.routesRefused, 3)
})

test('three of them in eleven seconds are refused each, and the link stays', (t) => {
  const { host, world } = root()
  const peer = child(host, CHILD)
  for (let count = 0; count < 3; count++) {
    peer.update([{ id: 0x3001n + BigInt(count) }])
    world.advance(5_500)
  }
  t.true(peer.isOpen)
  t.is(peer.refusals().length, 3)
})

/** A node whose parent granted it little, with a child that was told of no grant. */
function inBetween() {
  const world = new World()
  const top = world.host({
    id: SELF,
    grants: [{ child: CHILD, ranges: [{ prefix: 0x2000n, maskBits: 52 }] }],
  })
  top.listen(ROOT).give({ kind: 'start' })
  const middle = world.host({ id: CHILD, parents: [ROOT] }).listen(A)
  middle.give({ kind: 'start' })
  world.advance(100)
  return { world, top, middle, peer: RoutePeer.dials(middle, 0x2abcn).subscribe().tells() }
}

test('what a parent did not grant is refused where it comes in, and is no breach of the child', (t) => {
  const { middle, peer, top } = inBetween()
  for (let count = 0; count < 5; count++) peer.update([{ id: 0x5000n + BigInt(count) }])
  t.true(peer.isOpen)
  t.is(peer.refusals().length, 5)
  t.false(middle.core.routes.has(0x5000n))
  peer.update([{ id: 0x2fffn }])
  t.true(top.core.routes.has(0x2fffn))
  t.is(top.core.counters.routesRefused, 0)
  t.is(top.core.links().length, 1)
})

test('a grant is cut to what the own parent granted', (t) => {
  const world = new World()
  const host = world.host({
    id: CHILD,
    parents: [ROOT],
    grants: [
      { child: 0x2100n, ranges: [{ prefix: 0x2100n, maskBits: 56 }] },
      { child: 0x2200n, ranges: [{ prefix: 0n, maskBits: 44 }] },
      { child: 0x2300n, ranges: [{ prefix: 0x900000n, maskBits: 44 }] },
    ],
  })
  const top = world.host({
    id: SELF,
    grants: [{ child: CHILD, ranges: [{ prefix: 0x2000n, maskBits: 52 }] }],
  })
  top.listen(ROOT).give({ kind: 'start' })
  host.give({ kind: 'start' })
  world.advance(100)
  const rangesOf = (id: bigint): unknown => {
    const { stranger } = RoutePeer.dials(host, id)
    const said = stranger.heardMessages.find(({ kind }) => kind === 'register_rsp')?.control
    return said?.kind === 'register_rsp' && said.register.announcement?.ranges
  }
  t.deepEqual(rangesOf(0x2100n), [{ prefix: 0x2100n, maskBits: 56 }])
  t.deepEqual(rangesOf(0x2200n), [{ prefix: 0x2000n, maskBits: 52 }])
  t.deepEqual(rangesOf(0x2300n), [{ prefix: 0x2300n, maskBits: 64 }])
})

test('with detail subnets a range stands for the ids in it, and what lies outside is listed', (t) => {
  const { host } = root()
  const wide = RoutePeer.dials(host, 0x9000n).subscribe().tells()
  const peer = child(host, CHILD)
  peer.update([{ id: 0x2001n }, { id: 0x2002n }])
  wide.update([{ id: 0x9001n }])
  const watcher = RoutePeer.dials(host, OTHER).subscribe({ detail: DETAIL.subnets })
  const told = watcher.told().map(({ id }) => id)
  t.deepEqual(
    told.toSorted((a, b) => Number(a - b)),
    [CHILD, 0x9000n, 0x9001n],
  )
  peer.update([{ id: 0x2003n }], [0x2001n])
  t.false(watcher.told().some(({ id, kind }) => kind === 'add' && id === 0x2003n))
})

test('more than the parent takes: the newest are refused where they come in', (t) => {
  const world = new World()
  const host = world.host({ id: CHILD, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = RoutePeer.parent(host, dialled[0]!, SELF)
  parent.subscribe({ recordsMax: 3 }).tells({ id: 0x7001n }, { id: 0x7002n }, { id: 0x7003n })
  // What the parent itself has told does not count against it.
  t.true(parent.isOpen)
  const peer = RoutePeer.dials(host, 0x400n).subscribe().tells()
  peer.update([{ id: 0x401n }, { id: 0x402n }, { id: 0x403n }, { id: 0x404n }])
  t.deepEqual(peer.refusals(), [
    [0x403n, 4],
    [0x404n, 4],
  ])
  t.true(peer.isOpen)
  t.true(host.core.routes.has(0x402n))
  t.false(host.core.routes.has(0x403n))
  peer.update([{ id: 0x404n }], [0x401n])
  peer.update([{ id: 0x404n }])
  t.true(host.core.routes.has(0x404n))
})

test('whom a parent refuses for its range or its number is not told upwards for a minute', (t) => {
  const world = new World()
  // Nobody here answers a ping.
  const limits = { ...DEFAULT_LIMITS, pingIntervalMs: 0 }
  const host = world.host({ id: CHILD, parents: [ROOT], limits })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = RoutePeer.parent(host, dialled[0]!, SELF).subscribe().tells()
  const peer = RoutePeer.dials(host, 0x400n).subscribe().tells()
  const incarnation = new Uint8Array(16).fill(9)
  peer.update([{ id: 0x401n, incarnation }])
  world.advance(10)
  t.deepEqual(parent.told().at(-1), { kind: 'add', id: 0x401n, attach: 0 })
  parent.stranger.say({
    kind: 'route_refuse',
    refused: { id: 0x401n, incarnation, reason: 3 },
  })
  world.advance(10)
  t.deepEqual(parent.told().at(-1), { kind: 'remove', id: 0x401n })
  t.true(host.core.routes.has(0x401n))
  t.true(peer.isOpen)
  world.advance(61_000)
  t.deepEqual(parent.told().at(-1), { kind: 'add', id: 0x401n, attach: 0 })
})

test('a neighbour whose table changes all the time is read more slowly, and keeps its link', (t) => {
  const { host, world } = root()
  const peer = RoutePeer.dials(host, 0x9000n).subscribe().tells()
  const ids = Array.from({ length: 500 }, (_, at) => 0x9100n + BigInt(at))
  const rounds = Math.ceil(CHANGES_A_SECOND_MAX / 1_000) + 1
  for (let round = 0; round < rounds; round++) {
    peer.update(
      ids.map((id) => ({ id, hops: 1 + (round % 3) })),
      ids,
    )
  }
  const kinds = host.effects.map(({ kind }) => kind)
  t.is(kinds.filter((kind) => kind === 'pause').length, 1)
  t.is(kinds.filter((kind) => kind === 'resume').length, 0)
  t.is(host.core.counters.routesSlowed, 1)
  world.advance(1_000)
  t.is(host.effects.filter(({ kind }) => kind === 'resume').length, 1)
  t.true(peer.isOpen)
})
