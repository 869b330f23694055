import test from 'ava'
import { DEFAULT_LIMITS, DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CompressionName } from '../../src/wire/compression.js'
import { EXTENSION } from '../../src/wire/extension.js'
import { frameOf } from '../../src/wire/frame.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { dataFrame, innerOf, Stranger } from './_stranger.js'

const ROOT = 'ipv4://10.0.0.1:1'
const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'
const REQUIRE_RESPONSE = 1

/** root 0x100 > a 0x200 > leaf 0x400; root > b 0x300; plain ones by name. */
function tree(plain: readonly string[] = []): {
  world: World
  root: Host
  a: Host
  b: Host
  leaf: Host
} {
  const world = new World()
  const announce = (name: string) => ({ announce: !plain.includes(name) })
  const root = world.host({ id: 0x100n, ...announce('root') }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT], ...announce('a') }).listen(A)
  const b = world.host({ id: 0x300n, parents: [ROOT], ...announce('b') }).listen(B)
  const leaf = world.host({ id: 0x400n, parents: [A], ...announce('leaf') })
  for (const host of [root, a, b, leaf]) host.give({ kind: 'start' })
  // The root is told what is below its children: nothing distributes it at this layer.
  root.core.topology.update(0x400n, 0x200n)
  return { world, root, a, b, leaf }
}

/** A parent, with children in the hands of the test. */
function parentOf(...ids: bigint[]): [Host, ...Stranger[]] {
  const host = new World().host({ id: 0x100n })
  host.give({ kind: 'start' })
  const children = ids.map((id) => Stranger.to(host).join(registrationOf({ id, life: Number(id) })))
  return [host, ...children]
}

function one(list: readonly (Stranger | undefined)[], index: number): Stranger {
  const item = list[index]
  if (item === undefined) throw new Error(`no stranger ${index}`)
  return item
}

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

const IMPOSSIBLE: [string, bigint][] = [
  ['a sibling', 0x300n],
  ['its parent', 0x100n],
  ['nobody', 0n],
  ['one below another child', 0x500n],
]

for (const [title, from] of IMPOSSIBLE) {
  test(`robustness 13: a child that speaks as ${title} is dropped and counted`, (t) => {
    const [host, ...children] = parentOf(0x200n, 0x300n)
    host.core.topology.update(0x500n, 0x300n)
    const child = one(children, 0)
    child.sayData({ from, to: 0x100n, text: 'forged' })
    child.sayData({ from, to: 0x300n, text: 'forged' })
    t.deepEqual(host.messages, [])
    t.is(one(children, 1).last().kind, 'register_rsp')
    t.is(host.core.counters.badSenders, 2)
    t.true(child.isOpen)
    t.is(child.last().kind, 'register_rsp')
  })
}

test('robustness 13: a child may speak for what can be below it', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  host.core.topology.update(0x500n, 0x200n)
  for (const from of [0x500n, 0x777n]) {
    one(children, 0).sayData({ from, to: 0x100n, text: 'relayed' })
  }
  t.is(host.messages.length, 2)
  t.is(host.core.counters.badSenders, 0)
})

test('robustness 13: a forged answer is dropped like a forged message', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  one(children, 0).sayData({ from: 0x300n, to: 0x100n, kind: 'data_rsp' })
  t.deepEqual(host.answers, [])
  t.is(host.core.counters.badSenders, 1)
})

test('robustness 13: from above anybody may come but us and those below us', (t) => {
  const host = new World().host({ id: 0x200n, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = one(dialled, 0)
  parent.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, life: 1 }) })
  Stranger.to(host).join(registrationOf({ id: 0x400n, life: 2 }))
  for (const from of [0x100n, 0x300n, 0x999n]) parent.sayData({ from, to: 0x200n })
  t.is(host.messages.length, 3)
  for (const from of [0x200n, 0x400n]) parent.sayData({ from, to: 0x200n })
  t.is(host.messages.length, 3)
  t.is(host.core.counters.badSenders, 2)
})

test('robustness 13: the tenth forged sender within ten seconds ends the link', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  const child = one(children, 0)
  const forge = () => child.sayData({ from: 0x300n, to: 0x100n })
  for (let count = 0; count < 9; count++) forge()
  t.true(child.isOpen)
  host.world.advance(5_000)
  forge()
  t.false(child.isOpen)
  const down = host.events.find(({ kind }) => kind === 'link_down')
  t.is(down?.kind === 'link_down' && down.code, 'BAD_SENDER')
})

test('robustness 13: forged senders far apart do not add up', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  for (let round = 0; round < 10; round++) {
    for (let count = 0; count < 9; count++) child.sayData({ from: 0x100n, to: 0x100n })
    host.world.advance(5_000)
    child.say({ kind: 'ping', ping: { timePointUs: 0n, refreshBindings: [] } })
    host.world.advance(5_001)
  }
  t.true(child.isOpen)
  t.is(host.core.counters.badSenders, 90)
})

test('robustness 13: a sender that was good is checked anew once it has a link of its own', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  child.sayData({ from: 0x300n, to: 0x100n })
  t.is(host.messages.length, 1)
  Stranger.to(host).join(registrationOf({ id: 0x300n, life: 3 }))
  child.sayData({ from: 0x300n, to: 0x100n })
  t.is(host.messages.length, 1)
  t.is(host.core.counters.badSenders, 1)
})

for (const [hops, arrives] of [
  [15, true],
  [16, false],
] as const) {
  test(`a message that passed ${hops} nodes ${arrives ? 'goes on' : 'is answered with TTL'}`, (t) => {
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
    const { root, a } = tree(plain)
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
  const { leaf } = tree()
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
  t.is(other.last().kind, 'register_rsp')
  t.is(parent.last().kind, 'handshake_confirm')
  s.sayData({ from: 0x300n, to: 0x400n, text: 'down' })
  t.is(child.last().data?.text, 'down')
})

function request(host: Host, to: bigint, extensionKind: number): string {
  const message = host.core.data.newMessage()
  message.toHi = Number(to >> 32n)
  message.toLo = Number(to & 0xffff_ffffn)
  message.extensionKind = extensionKind
  message.extensionLo = 7
  const outcome = host.core.data.send(message)
  host.world.settle()
  return outcome
}

const QUESTIONS = [EXTENSION.REQUEST, EXTENSION.PROBE, EXTENSION.PEERS_QUERY]
const OTHERS = [EXTENSION.REPLY, EXTENSION.REFUSAL, EXTENSION.PROBE_REPLY, EXTENSION.PEERS_REPLY]

test('questions of our own kind are not sent to a plain neighbour', (t) => {
  const { root, b } = tree(['b'])
  for (const kind of QUESTIONS) t.is(request(root, 0x300n, kind), 'unsupported', `${kind}`)
  for (const kind of OTHERS) t.is(request(root, 0x300n, kind), 'sent', `${kind}`)
  t.is(b.messages.length, OTHERS.length)
})

test('questions of our own kind for a plain node are answered by its neighbour', (t) => {
  const { a, b } = tree(['b'])
  for (const kind of QUESTIONS) t.is(request(a, 0x300n, kind), 'sent')
  t.deepEqual(
    a.answers.map(({ resultCode }) => resultCode),
    QUESTIONS.map(() => -105),
  )
  t.is(b.messages.length, 0)
})

test('questions of our own kind pass through a plain node', (t) => {
  const { b, leaf } = tree(['a'])
  t.is(request(leaf, 0x300n, EXTENSION.REQUEST), 'sent')
  t.deepEqual(
    b.messages.map(({ from, extensionKind }) => [from, extensionKind]),
    [[0x400n, EXTENSION.REQUEST]],
  )
})

function ends(host: Host) {
  return [...host.ends.values()]
}

test('a full outlet is told to whoever sends', (t) => {
  const { root } = tree()
  for (const each of ends(root)) each.wire.limitBytes = 100
  t.is(root.send(0x200n, 'x'.repeat(200)), 'full')
  t.is(root.send(0x200n, 'x'), 'sent')
})

test('a closed outlet is told to whoever sends', (t) => {
  const { root, a } = tree()
  for (const each of ends(root)) each.wire.isClosed = true
  t.is(root.send(0x200n, 'x'), 'closed')
  t.is(a.messages.length, 0)
})

test('a forwarder whose outlet is full answers FULL, one whose outlet is closed NO_CONNECTION', (t) => {
  const { root, a, b } = tree()
  const toB = ends(root).filter(({ peer }) => peer?.host === b)
  for (const each of toB) each.wire.limitBytes = 100
  a.send(0x300n, 'x'.repeat(200))
  for (const each of toB) each.wire.isClosed = true
  a.send(0x300n, 'x')
  t.deepEqual(
    a.answers.map(({ resultCode }) => resultCode),
    [-4, -67],
  )
  t.is(b.messages.length, 0)
})

test('an answer that finds a full outlet is lost and counted', (t) => {
  const { root, a } = tree()
  for (const each of ends(root)) each.wire.limitBytes = 10
  a.send(0x999n, 'x')
  t.is(root.core.counters.answersLost, 1)
  t.is(a.answers.length, 0)
})

const SIZES = [0, 1, 100, 511, 1_024, 4_096, 65_535, 65_536, 300_000, 2 * 1024 * 1024]

const CARRIAGES: [string, CompressionName[], 'none' | 'x25519'][] = [
  ['in clear', [], 'none'],
  ['compressed', ['zlib'], 'none'],
  ['encrypted', [], 'x25519'],
]

for (const [title, compressions, keyExchange] of CARRIAGES) {
  test(`robustness 29: messages of every size keep their order, ${title}`, (t) => {
    const world = new World()
    const security = { ...DEFAULT_SECURITY, keyExchange }
    const both = { compressions, security }
    const root = world.host({ id: 0x100n, ...both }).listen(ROOT)
    const a = world.host({ id: 0x200n, parents: [ROOT], ...both })
    const b = world.host({ id: 0x300n, parents: [ROOT], ...both })
    for (const host of [root, a, b]) host.give({ kind: 'start' })
    const sent = []
    for (let number = 0; number < 60; number++) {
      const size = SIZES[(number * 7) % SIZES.length] ?? 0
      const text = `${number}:`.padEnd(size, 'x')
      sent.push(`${number}:${text.length}`)
      t.is(a.send(0x300n, text), 'sent')
    }
    t.deepEqual(
      b.messages.map(({ text }) => `${text.slice(0, text.indexOf(':'))}:${text.length}`),
      sent,
    )
  })
}

test('robustness 29: messages sent in one go arrive in their order', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const frames = Array.from({ length: 500 }, (_, number) =>
    dataFrame({ from: 0x200n, to: 0x100n, text: `${number}`.padEnd((number * 37) % 900) }),
  )
  const all = Buffer.concat(frames)
  const child = one(children, 0)
  for (let at = 0; at < all.length; at += 977) child.sayBytes(all.subarray(at, at + 977))
  t.deepEqual(
    host.messages.map(({ text }) => Number(text)),
    frames.map((_, number) => number),
  )
})

test('a head that says of encryption or compression is not carried on by a forwarder', (t) => {
  const world = new World()
  const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
  const compressions = ['zlib'] as const
  const root = world.host({ id: 0x100n, security, compressions }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT], security, compressions })
  root.give({ kind: 'start' })
  a.give({ kind: 'start' })
  const b = Stranger.to(root).join(registrationOf({ id: 0x300n, life: 3 }))
  a.send(0x300n, 'x'.repeat(5_000))
  t.deepEqual(
    [b.last().kind, b.last().cryptoAlgorithm, b.last().compressionType, b.last().data?.text.length],
    ['data_req', 0, 0, 5_000],
  )
})

test('a smaller ttl stops messages sooner', (t) => {
  const host = new World().host({ id: 0x100n, limits: { ...DEFAULT_LIMITS, ttl: 1 } })
  const from = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  Stranger.to(host).join(registrationOf({ id: 0x300n, life: 2 }))
  from.sayBytes(withRouter(1))
  t.is(from.last().resultCode, -71)
})
