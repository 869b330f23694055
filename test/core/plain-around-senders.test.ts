import test from 'ava'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'
import { one, ROOT } from './_tree.js'

const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'
const C = 'ipv4://10.0.0.4:1'

const BELOW = [
  ['is behind the lower one', 0x500n],
  ['is the lower one', 0x400n],
] as const

/** A parent and a child in the hands of the test; the child has spoken for one behind it. */
function between(parentIsPlain: boolean, childIsPlain: boolean): { host: Host; parent: Stranger } {
  const host = new World().host({ id: 0x200n, parents: [ROOT] })
  const dialled = Stranger.listening(host, ROOT)
  host.give({ kind: 'start' })
  const parent = one(dialled, 0)
  const above = registrationOf({ id: 0x100n, ...(!parentIsPlain && { life: 1 }) })
  parent.say({ kind: 'register_rsp', register: above })
  const below = registrationOf({ id: 0x400n, ...(!childIsPlain && { life: 2 }) })
  Stranger.to(host).join(below).sayData({ from: 0x500n, to: 0x200n, text: 'from below' })
  return { host, parent }
}

for (const [title, from] of BELOW) {
  test(`between two plain nodes one may speak from above who ${title}`, (t) => {
    const { host, parent } = between(true, true)
    parent.sayData({ from, to: 0x200n, text: 'from above' })
    t.is(host.messages.at(-1)?.text, 'from above')
    t.is(host.core.counters.badSenders, 0)
  })
}

test('who is below may not speak from above where a neighbour would have named it', (t) => {
  for (const [parentIsPlain, childIsPlain] of [
    [false, true],
    [true, false],
  ] as const) {
    const { host, parent } = between(parentIsPlain, childIsPlain)
    const before = host.messages.length
    parent.sayData({ from: 0x400n, to: 0x200n, text: 'from above' })
    t.is(host.messages.length, before, `${parentIsPlain} ${childIsPlain}`)
    t.is(host.core.counters.badSenders, 1)
  }
})

test('a message by a sibling link past plain nodes comes down through them', (t) => {
  const world = new World()
  const plain = { announce: false }
  const root = world.host({ id: 0x100n }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT], ...plain }).listen(A)
  const b = world.host({ id: 0x300n, parents: [A], ...plain }).listen(B)
  const x = world.host({ id: 0x400n, parents: [B] })
  const y = world.host({ id: 0x500n, parents: [B] })
  for (const host of [root, a, b, x, y]) host.give({ kind: 'start' })
  world.advance(1_000)
  x.give({ kind: 'connect', address: ROOT, expectedId: 0x100n })
  world.advance(1_000)
  t.is(y.send(0x100n, 'seen from the root'), 'sent')
  t.is(x.core.routes.get(0x500n)?.viaRole, 'sibling')
  t.is(x.send(0x500n, 'past the plain ones'), 'sent')
  t.deepEqual(
    y.messages.map(({ text }) => text),
    ['past the plain ones'],
  )
})

for (const plain of [[], [0x200n], [0x300n], [0x200n, 0x300n], [0x300n, 0x400n]]) {
  const who = plain.map((id) => id.toString(16)).join(' and ') || 'nobody'
  test(`who has a link to the root reaches the one beside it where ${who} is plain`, (t) => {
    const world = new World()
    // A life that counts as known: one of a host in a test looks like one that is made up.
    const own = { incarnation: new Uint8Array(16).fill(7) }
    const host = (id: bigint, parents: string[] = []) =>
      world.host({ id, parents, announce: !plain.includes(id), ...(id === 0x400n && own) })
    const root = host(0x100n).listen(ROOT)
    const hosts = [root, host(0x200n, [ROOT]).listen(A), host(0x300n, [A]).listen(B)]
    const [x, y] = [host(0x400n, [B]), host(0x500n, [B])]
    hosts.push(x, y)
    for (const each of hosts) each.give({ kind: 'start' })
    world.advance(1_000)
    x.give({ kind: 'connect', address: ROOT, expectedId: 0x100n })
    world.advance(1_000)
    t.is(y.send(0x100n, 'seen from the root'), 'sent')
    t.is(x.send(0x500n, 'to the one beside'), 'sent')
    t.is(y.messages.at(-1)?.text, 'to the one beside')
    for (const { core } of hosts) t.is(core.counters.badSenders, 0)
  })
}

test('a sibling that is below us behind plain nodes is reached from above, and answers', (t) => {
  const world = new World()
  const plain = { announce: false }
  const top = world.host({ id: 0x100n, ...plain }).listen(ROOT)
  const middle = world.host({ id: 0x200n, parents: [ROOT] }).listen(A)
  const child = world.host({ id: 0x300n, parents: [A] }).listen(B)
  const lower = world.host({ id: 0x400n, parents: [B], ...plain }).listen(C)
  // A life that counts as known: one of a host in a test looks like one that is made up.
  const incarnation = new Uint8Array(16).fill(7)
  const leaf = world.host({ id: 0x500n, parents: [C], incarnation })
  const aside = world.host({ id: 0x600n, parents: [ROOT] })
  const hosts = [top, middle, child, lower, leaf, aside]
  for (const { core } of hosts) {
    const above = [0x100n, 0x200n, 0x300n, 0x400n]
    for (const parent of above) core.topology.update(parent + 0x100n, parent)
    core.topology.update(0x600n, 0x100n)
  }
  for (const host of hosts) host.give({ kind: 'start' })
  world.advance(1_000)
  leaf.give({ kind: 'connect', address: A, expectedId: 0x200n })
  world.advance(1_000)
  t.is(leaf.core.routes.get(0x200n)?.viaRole, 'sibling')
  t.is(aside.send(0x500n, 'down', { flags: 1 }), 'sent')
  t.is(leaf.send(0x600n, 'up', { flags: 1 }), 'sent')
  t.deepEqual([leaf.messages.at(-1)?.text, aside.messages.at(-1)?.text], ['down', 'up'])
  t.deepEqual([aside.answers.at(-1)?.resultCode, leaf.answers.at(-1)?.resultCode], [0, 0])
})
