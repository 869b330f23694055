import test from 'ava'
import type { BusNode } from '../../src/index.js'
import { CHILD, eventOf, Nodes, OTHER, PARENT, Received, thrownCode } from './_nodes.js'

test('robustness 12: tokens are rotated under load, and no link is dropped', async (t) => {
  const nodes = new Nodes(t)
  const old = ['t1', 't2', 't3', 't4', 't5']
  const parent = await nodes.root('tcp', { tokens: old })
  const children = await Promise.all(
    old.map((token, i) => nodes.child(parent, CHILD + BigInt(i), { tokens: [token] })),
  )
  const all: BusNode[] = [parent, ...children]
  const downs: unknown[] = []
  for (const node of all) node.on('link_down', (down) => downs.push(down))
  const received = new Received(parent)
  let sent = 0
  const burst = async () => {
    for (const child of children) {
      for (let i = 0; i < 20; i++) {
        t.is(child.send(PARENT, String(sent)), 'sent')
        sent++
      }
    }
    await received.count(sent)
  }
  await burst()
  for (let step = 1; step <= old.length; step++) {
    const mixed = [...old.slice(step), ...old.slice(0, step).map((token) => `${token} new`)]
    parent.setTokens(mixed)
    await burst()
    children[step - 1]!.setTokens([`t${step} new`])
    await burst()
    const fresh = await nodes.child(parent, OTHER + BigInt(step), { tokens: [`t${step} new`] })
    t.is(fresh.state, 'running')
    const late = await nodes.child(parent, OTHER + 16n + BigInt(step), { tokens: [`t${step}`] })
    t.is(late.state, 'connecting')
    await Promise.all([late.close(), burst()])
  }
  t.deepEqual(downs, [])
  t.is(received.messages.length, sent)
  // Whoever comes back comes back under the new ones.
  const child = children[0]!
  const again = eventOf(child, 'link_up')
  parent.disconnect(child.id)
  t.like(await again, { id: PARENT })
})

test('tokens are checked when they are set', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc', { tokens: ['a'] })
  t.is(
    thrownCode(() => root.setTokens(['1', '2', '3', '4', '5', '6'])),
    'BAD_CONFIGURATION',
  )
  t.is(
    thrownCode(() => root.setTokens([''])),
    'BAD_CONFIGURATION',
  )
  // What was refused changed nothing.
  const child = await nodes.child(root, CHILD, { tokens: ['a'] })
  t.is(child.state, 'running')
})

test("setTokens keeps a copy of the caller's bytes", async (t) => {
  const nodes = new Nodes(t)
  const given = new TextEncoder().encode('first')
  const wanted = new TextEncoder().encode('second')
  const root = await nodes.root('inproc', { tokens: [given] })
  root.setTokens([wanted])
  wanted.fill(0)
  const child = await nodes.child(root, CHILD, { tokens: ['second'] })
  t.is(child.state, 'running')
})

for (const [name, parent, child, registers] of [
  ['one in common', ['a', 'b'], ['c', 'b'], true],
  ['none in common', ['a'], ['b'], false],
  ['only the parent has one', ['a'], [], false],
  ['only the child has one', [], ['a'], false],
  ['neither has one', [], [], true],
] as const) {
  test(`tokens: ${name}`, async (t) => {
    const nodes = new Nodes(t)
    const root = await nodes.root('inproc', { tokens: parent })
    const node = await nodes.child(root, CHILD, { tokens: child })
    t.is(node.state, registers ? 'running' : 'connecting')
    // The root has the link with the confirm, which is before the ping on its way.
    if (registers) await node.ping(PARENT)
    t.is(root.peers().length, registers ? 1 : 0)
  })
}
