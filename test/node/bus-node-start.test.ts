import test from 'ava'
import { BusNode } from '../../src/index.js'
import {
  CARRIERS,
  CHILD,
  codeOf,
  EAGER,
  eventOf,
  freePort,
  Nodes,
  OTHER,
  PARENT,
  Received,
} from './_nodes.js'

for (const carrier of CARRIERS) {
  test(`${carrier}: a root is running as soon as it listens, and says where`, async (t) => {
    const nodes = new Nodes(t)
    const root = await nodes.root(carrier)
    t.is(root.state, 'running')
    t.is(root.addresses.length, 1)
    t.regex(root.addresses[0]!, new RegExp(`^${carrier}://`))
    t.notRegex(root.addresses[0]!, /:0$/)
    await root.ready()
  })

  test(`${carrier}: once a child has started, both ends have the link`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    t.is(child.state, 'running')
    const up = child.peer(PARENT)
    const down = parent.peer(CHILD)
    t.like(up, { id: PARENT, role: 'parent', plain: false, channel: carrier, pid: process.pid })
    t.like(down, { id: CHILD, role: 'child', plain: false, channel: carrier, encrypted: false })
    t.deepEqual(
      parent.peers().map(({ id }) => id),
      [CHILD],
    )
    t.is(child.route(OTHER)?.id, PARENT)
    t.is(parent.route(OTHER), undefined)
  })

  test(`${carrier}: a child is connecting until its parent comes`, async (t) => {
    const nodes = new Nodes(t)
    const address =
      carrier === 'tcp' ? `tcp://127.0.0.1:${await freePort()}` : nodes.address(carrier)
    const child = await nodes.start({ id: CHILD, parent: address, retry: EAGER })
    t.is(child.state, 'connecting')
    t.is(child.send(PARENT, 'too early'), 'no_route')
    const changed = eventOf(child, 'parent_changed')
    const parent = await nodes.start({ id: PARENT, listen: [address] })
    await child.ready()
    t.is(child.state, 'running')
    t.deepEqual(await changed, { kind: 'parent_changed', previous: 0n, parent: PARENT } as never)
    t.is(parent.peer(CHILD)?.role, 'child')
  })
}

test('a first attempt that fails ends the node where that was asked for', async (t) => {
  const address = `tcp://127.0.0.1:${await freePort()}`
  const error = await t.throwsAsync(
    BusNode.start({ id: CHILD, parent: address, firstConnection: 'give_up' }),
  )
  t.like(error, { code: 'DIAL_FAILED' })
  t.true(error?.message.includes(address))
})

test('a refusal ends a node that gives up, with the reason', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp', { tokens: ['right'] })
  const start = BusNode.start({
    id: CHILD,
    parent: parent.addresses,
    tokens: ['wrong'],
    firstConnection: 'give_up',
  })
  t.is(await codeOf(start), 'ACCESS_DENIED')
  t.is(parent.counters['refusedByUs'], 1)
})

test('a refused child stays connecting, tells why, and both ends hear of it', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('inproc', { tokens: ['right'] })
  const atParent = eventOf(parent, 'refused')
  const child = await nodes.child(parent, CHILD, { tokens: ['wrong'] })
  t.is(child.state, 'connecting')
  t.like(await atParent, { by: 'us', code: 'ACCESS_DENIED', wireCode: -11 })
  t.like(await eventOf(child, 'refused'), { by: 'peer', code: 'ACCESS_DENIED', wireCode: -11 })
})

test('a second node with an id that lives is refused, and the first keeps its link', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const second = await nodes.child(parent, CHILD, { firstConnection: 'retry' })
  t.is(second.state, 'connecting')
  t.is(parent.counters['linksUp'], 1)
  t.is(child.state, 'running')
})

test('an address in use is one LISTEN_FAILED that names it, and nothing stays open', async (t) => {
  const nodes = new Nodes(t)
  for (const carrier of CARRIERS) {
    const root = await nodes.start({ id: PARENT, listen: [nodes.address(carrier)] })
    const free = nodes.address('inproc')
    const taken = root.addresses[0]!
    const error = await t.throwsAsync(BusNode.start({ id: OTHER, listen: [free, taken] }))
    t.like(error, { code: 'LISTEN_FAILED' })
    t.true(error?.message.includes(taken), error?.message)
    await nodes.start({ id: OTHER, listen: [free] })
  }
})

test('waiting for a parent ends with its timeout, the signal, or the node', async (t) => {
  const nodes = new Nodes(t)
  const parent = `tcp://127.0.0.1:${await freePort()}`
  const node = await nodes.start({ id: CHILD, parent, retry: EAGER })
  t.is(await codeOf(node.ready({ timeoutMs: 1 })), 'TIMEOUT')
  const reason = new Error('enough')
  const aborted = await t.throwsAsync(node.ready({ signal: AbortSignal.abort(reason) }))
  t.like(aborted, { code: 'ABORTED', cause: reason })
  const controller = new AbortController()
  const waiting = node.ready({ signal: controller.signal })
  controller.abort(reason)
  t.is(await codeOf(waiting), 'ABORTED')
  const open = node.ready()
  await node.close()
  t.is(await codeOf(open), 'NODE_CLOSED')
  t.is(await codeOf(node.ready()), 'NODE_CLOSED')
  t.is(node.listenerCount('state') + node.listenerCount('closed'), 0)
})

test('when a parent dies the next of its addresses is tried, and the change is told', async (t) => {
  const nodes = new Nodes(t)
  const first = await nodes.start({ id: 0x10n, listen: [nodes.address('tcp')] })
  const second = await nodes.start({ id: 0x11n, listen: [nodes.address('tcp')] })
  const child = await nodes.start({
    id: CHILD,
    parent: [first.addresses[0]!, second.addresses[0]!],
    retry: EAGER,
  })
  const states: string[] = []
  child.on('state', (state) => states.push(state))
  const changed = eventOf(child, 'parent_changed')
  const down = eventOf(child, 'link_down')
  await first.close()
  t.like(await down, { reason: 'left' })
  t.like(await changed, { previous: 0x10n, parent: 0x11n })
  t.deepEqual(states, ['parent_lost', 'running'])
  t.deepEqual(
    child.peers().map(({ id }) => id),
    [0x11n],
  )
})

test('addresses of the parent are tried in turn from the start', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp')
  const absent = `tcp://127.0.0.1:${await freePort()}`
  const child = await nodes.start({
    id: CHILD,
    parent: [absent, parent.addresses[0]!],
    retry: EAGER,
  })
  t.is(child.state, 'connecting')
  await child.ready()
  t.is(child.peer(PARENT)?.role, 'parent')
})

for (const carrier of CARRIERS) {
  test(`${carrier}: a parent's first words reach a handler set after the start`, async (t) => {
    const nodes = new Nodes(t)
    const parent = await nodes.root(carrier)
    parent.on('link_up', ({ id }) => parent.send(id, 'welcome'))
    const child = await nodes.child(parent, CHILD)
    const received = new Received(child)
    // An answer comes behind whatever was sent before it.
    await child.ping(PARENT)
    t.deepEqual(received.texts, ['welcome'])
  })
}

test('a temporary node runs commands at its parent, and sends nothing', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp')
  parent.on('command', (command) => command.reply(['pong', ...command.args]))
  const visitor = await nodes.start({ id: 0n, parent: parent.addresses })
  t.is(visitor.send(PARENT, 'x'), 'no_route')
  const answer = await visitor.command(PARENT, ['ping'])
  t.deepEqual(
    answer.map((arg) => Buffer.from(arg).toString()),
    ['pong', 'ping'],
  )
  t.deepEqual(parent.peers(), [])
})

test('siblings find each other by connect, and disconnect ends the link for both', async (t) => {
  const nodes = new Nodes(t)
  const left = await nodes.start({ id: CHILD, listen: [nodes.address('tcp')] })
  const right = await nodes.start({ id: OTHER })
  const up = eventOf(right, 'link_up')
  right.connect(left.addresses[0]!, { expectedId: CHILD })
  t.like(await up, { id: CHILD, role: 'sibling' })
  const leftDown = eventOf(left, 'link_down')
  const rightDown = eventOf(right, 'link_down')
  t.true(right.disconnect(CHILD))
  t.like(await rightDown, { reason: 'disconnected' })
  t.like(await leftDown, { reason: 'left' })
  t.false(right.disconnect(CHILD))
})

test('a sibling that is not the one expected refuses, and both hear of it', async (t) => {
  const nodes = new Nodes(t)
  const left = await nodes.start({ id: CHILD, listen: [nodes.address('inproc')] })
  const right = await nodes.start({ id: OTHER })
  const refused = eventOf(right, 'refused')
  right.connect(left.addresses[0]!, { expectedId: 0x999n })
  t.like(await refused, { by: 'peer', code: 'ID_MISMATCH' })
  t.deepEqual([left.peers(), right.peers()], [[], []])
  const failed = eventOf(right, 'dial_failed')
  right.connect('inproc://nobody-is-there')
  t.like(await failed, { address: 'inproc://nobody-is-there' })
})
