import test from 'ava'
import { DEFAULT_LIMITS } from '../../src/core/config.js'
import { frameOf } from '../../src/wire/frame.js'
import { World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { innerOf, Stranger } from './_stranger.js'
import { ASKS_UPWARDS, one, parentOf, ROOT, tree } from './_tree.js'

const REQUIRE_RESPONSE = 1

test('every node of a tree reaches every other', (t) => {
  const { root, a, b, leaf } = tree()
  const all = [root, a, b, leaf]
  const ids = [0x100n, 0x200n, 0x300n, 0x400n]
  for (const [from, host] of all.entries()) {
    for (const [to, other] of all.entries()) {
      if (host === other) continue
      const text = `${from} to ${to}`
      t.is(host.send(ids[to] ?? 0n, text, { type: -7 }), 'sent', text)
      const message = other.messages.at(-1)
      t.deepEqual([message?.from, message?.text, message?.type], [ids[from], text, -7])
    }
  }
  t.is(
    all.reduce((sum, host) => sum + host.messages.length, 0),
    12,
  )
})

for (const [hops, arrives] of [
  [15, true],
  [16, false],
] as const) {
  test(`a message past ${hops} nodes ${arrives ? 'goes on' : 'is answered with TTL'}`, (t) => {
    const [host, ...children] = parentOf(0x200n, 0x300n)
    const [from, to] = [one(children, 0), one(children, 1)]
    from.sayBytes(withRouter(hops))
    t.is(to.last().kind, arrives ? 'data_req' : 'register_rsp')
    if (arrives) t.is(to.last().data?.router, 16)
    else t.is(from.last().resultCode, -71)
    t.is(host.core.counters.forwarded, arrives ? 1 : 0)
  })
}

/** From 0x200 to 0x300 by way of `hops` nodes, none of which is real. */
function withRouter(hops: number, through = 0x40): Uint8Array {
  const router = [0x1a, hops, ...Array(hops).fill(through)]
  const forward = [0x08, 0x80, 0x04, 0x10, 0x80, 0x06, ...router]
  return frameOf(innerOf(Uint8Array.of(0x1a, forward.length, ...forward)))
}

test('a message for us is delivered however many nodes it passed', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const router = [0x1a, 40, ...Array(40).fill(0x40)]
  const forward = [0x08, 0x80, 0x04, 0x10, 0x80, 0x02, ...router]
  one(children, 0).sayMessage(innerOf(Uint8Array.of(0x1a, forward.length, ...forward)))
  t.is(host.messages.length, 1)
})

test('a message that passed us already is answered with LOOP', (t) => {
  const host = new World().host({ id: 0x40n })
  const from = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  const to = Stranger.to(host).join(registrationOf({ id: 0x300n, life: 2 }))
  from.sayBytes(withRouter(1))
  t.is(from.last().resultCode, -75)
  t.is(to.last().kind, 'register_rsp')
})

test('an unknown target is answered with its content for plain origins, without for ours', (t) => {
  for (const [plain, text] of [
    [['a'], 'lost'],
    [[], ''],
  ] as const) {
    const { root, a } = tree(plain, ASKS_UPWARDS)
    t.is(a.send(0x999n, 'lost'), 'sent')
    t.deepEqual(
      a.answers.map((answer) => [answer.from, answer.resultCode, answer.text]),
      [[0x999n, -66, text]],
    )
    t.is(root.core.counters.answered, 1)
  }
})

test('a root that knows no way says so at once', (t) => {
  const { root } = tree()
  t.is(root.send(0x999n, 'x'), 'no_route')
})

test('a message to nobody is answered as a bad argument', (t) => {
  const [, ...children] = parentOf(0x200n)
  one(children, 0).sayData({ from: 0x200n, to: 0n, text: 'x' })
  t.is(one(children, 0).last().resultCode, -1)
})

test('an answer carries type and sequence of its question, and both ends changed places', (t) => {
  const [, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  child.sayData({ from: 0x200n, to: 0x999n, text: 'x', sequence: 4_242, type: 9 })
  const answer = child.last()
  t.deepEqual(
    [answer.kind, answer.sequence, answer.resultCode, answer.data?.from, answer.data?.to],
    ['data_rsp', 4_242n, -66, 0x999n, 0x200n],
  )
})

test('a response that is asked for comes from the target alone', (t) => {
  const { root, a, b, leaf } = tree()
  leaf.send(0x300n, 'x', { flags: REQUIRE_RESPONSE })
  t.deepEqual(
    leaf.answers.map(({ from, resultCode }) => [from, resultCode]),
    [[0x300n, 0]],
  )
  t.is(b.messages.length, 1)
  t.deepEqual(
    [root, a].map((host) => host.core.counters.answered),
    [0, 0],
  )
})

test('a failed message with a wanted response is answered once', (t) => {
  const { leaf } = tree([], ASKS_UPWARDS)
  leaf.send(0x999n, 'x', { flags: REQUIRE_RESPONSE })
  t.deepEqual(
    leaf.answers.map(({ resultCode }) => resultCode),
    [-66],
  )
})

test('a message of an older protocol is answered with BAD_VERSION', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  const forward = [0x08, 0x80, 0x04, 0x10, 0x80, 0x02]
  const inner = innerOf(Uint8Array.of(0x1a, forward.length, ...forward))
  inner[2] = 2
  child.sayMessage(inner)
  t.is(child.last().resultCode, -14)
  t.deepEqual(host.messages, [])
})

test('an answer with nowhere to go is counted and not answered', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  child.sayData({ from: 0x200n, to: 0x999n, kind: 'data_rsp' })
  t.is(host.core.counters.answersLost, 1)
  t.is(child.last().kind, 'register_rsp')
})

test('what came from above does not go up again', (t) => {
  const host = new World().host({ id: 0x200n, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = one(dialled, 0)
  parent.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
  parent.sayData({ from: 0x300n, to: 0x999n, text: 'x' })
  t.deepEqual([parent.last().kind, parent.last().resultCode], ['data_rsp', -66])
})

test('what came from a sibling goes down, neither up nor to the side', (t) => {
  const world = new World()
  const host = world.host({ id: 0x200n, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = one(dialled, 0)
  parent.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
  const sibling = (id: bigint) =>
    Stranger.to(host).join(
      registrationOf({ id, life: Number(id), announcement: { role: 2, expectedId: 0x200n } }),
    )
  const [s, other] = [sibling(0x300n), sibling(0x301n)]
  const child = Stranger.to(host).join(registrationOf({ id: 0x400n, life: 4 }))
  for (const to of [0x100n, 0x301n, 0x999n]) s.sayData({ from: 0x300n, to, text: 'x' })
  t.deepEqual(
    s.heardMessages.filter(({ kind }) => kind === 'data_rsp').map(({ resultCode }) => resultCode),
    [-66, -66, -66],
  )
  for (const quiet of [other, parent]) {
    t.false(quiet.heardMessages.some(({ data }) => data?.text === 'x'))
  }
  s.sayData({ from: 0x300n, to: 0x400n, text: 'down' })
  t.is(child.last().data?.text, 'down')
})

test('a smaller ttl stops messages sooner', (t) => {
  const host = new World().host({ id: 0x100n, limits: { ...DEFAULT_LIMITS, ttl: 1 } })
  const from = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  Stranger.to(host).join(registrationOf({ id: 0x300n, life: 2 }))
  from.sayBytes(withRouter(1))
  t.is(from.last().resultCode, -71)
})

test('an answer goes back by the nodes that its question passed, whoever else is known', (t) => {
  const world = new World()
  const B = 'ipv4://10.0.0.3:1'
  const a = world.host({ id: 0x100n }).listen(ROOT)
  const b = world.host({ id: 0x300n }).listen(B)
  const origin = world.host({ id: 0x200n, parents: [ROOT] })
  const target = world.host({ id: 0x400n, parents: [B] })
  for (const host of [a, b, origin, target]) host.give({ kind: 'start' })
  a.give({ kind: 'connect', address: B, expectedId: 0x300n })
  // Nobody tells the other side of the link what is below this one.
  a.core.topology.update(0x400n, 0x300n)
  t.is(origin.send(0x400n, 'there', { flags: REQUIRE_RESPONSE }), 'sent')
  t.is(target.messages.length, 1)
  t.deepEqual(
    origin.answers.map(({ from, resultCode }) => [from, resultCode]),
    [[0x400n, 0]],
  )
  t.is(b.core.counters.answersLost, 0)
})
