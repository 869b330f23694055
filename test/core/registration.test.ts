import test from 'ava'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import { World } from './_harness.js'

const PARENT = 'ipv4://10.0.0.1:7000'

function token(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

test('a child registers at its parent, and both can send at once', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const child = world.host({ id: 0x200n, parents: [PARENT] })
  parent.give({ kind: 'start' })
  child.give({ kind: 'start' })
  t.is(child.core.state, 'running')
  t.deepEqual(
    parent.core.links().map((link) => [link.id, link.role, link.plain]),
    [[0x200n, 'child', false]],
  )
  t.is(child.send(0x100n, 'up', { type: 7 }), 'sent')
  t.is(parent.send(0x200n, 'down'), 'sent')
  t.deepEqual(parent.messages, [{ from: 0x200n, type: 7, text: 'up', extensionKind: 0 }])
  t.is(child.messages[0]?.text, 'down')
})

test('a plain peer gets a second connection, which carries the data', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n, announce: false }).listen(PARENT)
  const child = world.host({ id: 0x200n, parents: [PARENT] })
  parent.give({ kind: 'start' })
  child.give({ kind: 'start' })
  t.is(child.ends.size, 2)
  t.true(child.core.link(0x100n)?.plain)
  t.true(parent.core.link(0x200n)?.plain)
  t.is(child.send(0x100n, 'x'), 'sent')
  t.is(parent.messages.length, 1)
})

test('children reach each other through their parent, and know at once who is not there', (t) => {
  const world = new World()
  const root = world.host({ id: 0x100n }).listen(PARENT)
  const a = world.host({ id: 0x200n, parents: [PARENT] })
  const b = world.host({ id: 0x300n, parents: [PARENT] })
  for (const host of [root, a, b]) host.give({ kind: 'start' })
  t.is(a.send(0x300n, 'hello'), 'sent')
  t.deepEqual(
    b.messages.map((m) => [m.from, m.text]),
    [[0x200n, 'hello']],
  )
  t.is(a.send(0x999n, 'nobody'), 'no_route')
  t.is(root.send(0x999n, 'nobody'), 'no_route')
})

for (const keyExchange of ['x25519', 'p256', 'p384', 'p521'] as const) {
  test(`with ${keyExchange} both directions are encrypted`, (t) => {
    const world = new World()
    const security = { ...DEFAULT_SECURITY, keyExchange }
    const tokens = [token('t')]
    const parent = world.host({ id: 0x100n, security, tokens }).listen(PARENT)
    const child = world.host({ id: 0x200n, security, tokens, parents: [PARENT] })
    for (const host of [parent, child]) host.give({ kind: 'start' })
    t.true(child.core.link(0x100n)?.encrypted)
    t.true(parent.core.link(0x200n)?.encrypted)
    child.send(0x100n, 'secret up')
    parent.send(0x200n, 'secret down')
    t.is(parent.messages[0]?.text, 'secret up')
    t.is(child.messages[0]?.text, 'secret down')
  })
}

test('a wrong token is refused on both ends and leaves no link', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n, tokens: [token('right')] }).listen(PARENT)
  const child = world.host({ id: 0x200n, tokens: [token('wrong')], parents: [PARENT] })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  const refusals = [...parent.events, ...child.events].filter((event) => event.kind === 'refused')
  t.deepEqual(
    refusals.map((event) => event.kind === 'refused' && [event.by, event.code]),
    [
      ['us', 'ACCESS_DENIED'],
      ['peer', 'ACCESS_DENIED'],
    ],
  )
  t.is(parent.core.links().length, 0)
  t.is(parent.ends.size, 0)
})
