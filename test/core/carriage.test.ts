import test from 'ava'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CompressionName } from '../../src/wire/compression.js'
import { EXTENSION } from '../../src/wire/extension.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { dataFrame, Stranger } from './_stranger.js'
import { ASKS_UPWARDS, one, parentOf, ROOT, tree } from './_tree.js'

function request(host: Host, to: bigint, extensionKind: number): string {
  const message = host.core.outbound.newMessage()
  message.toHi = Number(to >> 32n)
  message.toLo = Number(to & 0xffff_ffffn)
  message.extensionKind = extensionKind
  message.extensionLo = 7
  const outcome = host.core.outbound.send(message)
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
  t.is(root.send(0x200n, 'x'), 'no_route')
  t.is(a.messages.length, 0)
})

test('a forwarder answers FULL for a full outlet, NO_CONNECTION for a closed one', (t) => {
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
  const { root, a } = tree([], ASKS_UPWARDS)
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
