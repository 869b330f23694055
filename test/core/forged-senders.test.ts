import test from 'ava'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'
import { one, parentOf, ROOT, tree } from './_tree.js'

function ping(child: Stranger): void {
  child.say({ kind: 'ping', ping: { timePointUs: 0n, refreshBindings: [] } })
}

/** Longer than a message may be under way. */
function liveOn(host: Host, children: readonly Stranger[]): void {
  for (let passedMs = 0; passedMs <= 24_000; passedMs += 6_000) {
    host.world.advance(6_000)
    for (const child of children) ping(child)
  }
}

const IMPOSSIBLE: [string, bigint][] = [
  ['a sibling', 0x300n],
  ['its parent', 0x100n],
  ['nobody', 0n],
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

test('robustness 13: one whom the topology places elsewhere is told, and the link stays', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  host.core.topology.update(0x500n, 0x300n)
  const child = one(children, 0)
  for (let count = 1; count <= 20; count++) {
    child.sayData({ from: 0x500n, to: 0x100n, text: 'moved or forged' })
    t.is(child.last().resultCode, -66)
    t.is(host.core.counters.badSenders, count)
  }
  t.deepEqual(host.messages, [])
  t.true(child.isOpen)
})

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
  liveOn(host, children)
  for (let count = 0; count < 9; count++) {
    forge()
    host.world.advance(1)
    ping(one(children, 1))
  }
  t.true(child.isOpen)
  host.world.advance(5_000)
  for (let count = 0; count < 2; count++) forge()
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
    ping(child)
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

test('robustness 13: answers from where a node was before never end the link', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  host.core.topology.update(0x500n, 0x300n)
  const child = one(children, 0)
  for (let count = 1; count <= 20; count++) {
    child.sayData({ from: 0x500n, to: 0x100n, kind: 'data_rsp' })
    t.is(host.core.counters.badSenders, count)
  }
  t.deepEqual(host.answers, [])
  t.true(child.isOpen)
})

test('robustness 13: late words of a node that has just moved to us end no link', (t) => {
  const [host, ...children] = parentOf(0x200n)
  const child = one(children, 0)
  liveOn(host, children)
  const moved = Stranger.to(host).join(registrationOf({ id: 0x300n, life: 3 }))
  for (let count = 1; count <= 20; count++) {
    child.sayData({ from: 0x300n, to: 0x100n })
    host.world.advance(1)
    ping(moved)
  }
  t.is(host.core.counters.badSenders, 20)
  t.deepEqual(host.messages, [])
  t.true(child.isOpen)
})

test('robustness 13: words of a node whose own link has fallen silent end no other link', (t) => {
  const [host, ...children] = parentOf(0x200n, 0x300n)
  const child = one(children, 0)
  liveOn(host, children)
  host.world.advance(1)
  for (let count = 1; count <= 20; count++) child.sayData({ from: 0x300n, to: 0x100n })
  t.is(host.core.counters.badSenders, 20)
  t.true(child.isOpen)
})

test('a message of a sibling that is below us comes by its place in the tree', (t) => {
  const { world, root, a, b, leaf } = tree()
  leaf.give({ kind: 'connect', address: ROOT, expectedId: 0x100n })
  t.is(root.core.link(0x400n)?.role, 'sibling')
  t.is(leaf.send(0x300n, 'hello', { flags: 1 }), 'sent')
  world.settle()
  t.deepEqual(
    b.messages.map(({ from, text }) => [from, text]),
    [[0x400n, 'hello']],
  )
  t.deepEqual(
    leaf.answers.map(({ resultCode }) => resultCode),
    [0],
  )
  t.is(root.core.counters.badSenders + a.core.counters.badSenders, 0)
})
