import test from 'ava'
import { type BusMessage, BusNode } from '../../src/index.js'
import {
  CARRIERS,
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  Received,
  turns,
  until,
} from './_nodes.js'

/** Far beyond any test's patience: who waits for it has hung. */
const NEVER_MS = 3_600_000
const LONG_MS = 10_000

function resources(): string {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  // Immediates are those of the test itself.
  counts.delete('Immediate')
  counts.delete('CloseReq')
  return [...counts]
    .map(([kind, count]) => `${kind} ${count}`)
    .sort()
    .join(', ')
}

for (const carrier of CARRIERS) {
  test.serial(
    `${carrier}: a tree that was used and closed leaves no handle and no timer`,
    async (t) => {
      const nodes = new Nodes(t)
      await turns()
      const before = resources()
      for (let round = 0; round < 3; round++) {
        const { parent, child, other } = await nodes.family(carrier)
        other.on('message', (message) => message.isRequest && message.reply('y'))
        await child.request(OTHER, 'x')
        parent.send(CHILD, 'x')
        await Promise.all([child.close(), other.close(), parent.close()])
      }
      await until(() => resources() === before)
      t.is(resources(), before)
    },
  )

  test.serial(`${carrier}: a node says goodbye, and what it had sent arrives before`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    const received = new Received(parent)
    const down = eventOf(parent, 'link_down')
    const payload = new Uint8Array(100_000)
    let sent = 0
    while (sent < 60 && child.send(PARENT, payload) === 'sent') sent++
    await child.close({ timeoutMs: NEVER_MS })
    t.like(await down, { reason: 'left' })
    t.is(received.messages.length, sent)
    t.is(child.state, 'stopped')
    t.deepEqual(child.peers(), [])
    t.deepEqual(child.addresses, [])
  })
}

test.serial(
  'close waits for answers in both directions, takes no new work, and then ends at once',
  async (t) => {
    t.timeout(300_000)
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('tcp')
    const atParent = eventOf(parent, 'message')
    const atChild = eventOf(child, 'message')
    const up = child.request(PARENT, 'up')
    const down = parent.request(CHILD, 'down')
    const [first, second] = await Promise.all([atParent, atChild])
    let closed = false
    const closing = child.close({ timeoutMs: NEVER_MS }).then(() => {
      closed = true
    })
    t.is(child.send(PARENT, 'too late'), 'closed')
    t.is(await codeOf(child.request(PARENT, 'too late')), 'NODE_CLOSED')
    await turns(20)
    t.false(closed)
    t.is(first.reply('to up'), 'sent')
    t.is((await up).text, 'to up')
    await turns(20)
    t.false(closed)
    t.is(second.reply('to down'), 'sent')
    t.is((await down).text, 'to down')
    await closing
  },
)

test.serial(
  'a request that was refused or answered by nobody does not hold up close',
  async (t) => {
    t.timeout(300_000)
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('inproc')
    await codeOf(child.request(PARENT, 'nobody listens'))
    parent.once('message', (message) => message.refuse('no'))
    await codeOf(child.request(PARENT, 'x'))
    await Promise.all([child.close({ timeoutMs: NEVER_MS }), parent.close({ timeoutMs: NEVER_MS })])
    t.is(parent.state, 'stopped')
  },
)

const UNDER_WAY: Record<string, (child: BusNode) => Promise<unknown> | undefined> = {
  'a confirm': (child) => child.confirm(OTHER, 'x'),
  'a ping': (child) => child.ping(OTHER),
  'a list of peers': (child) => child.peersOf(OTHER),
  'a command': (child) => child.command(PARENT, ['x']),
  'a request': (child) => child.request(OTHER, 'x'),
  'a message to itself': (child) => void child.send(CHILD, 'x'),
  'a request to itself': (child) => child.request(CHILD, 'x'),
}

for (const [what, begin] of Object.entries(UNDER_WAY)) {
  test.serial(`${what} under way is finished by close, which then waits no longer`, async (t) => {
    const nodes = new Nodes(t)
    const { child, other } = await nodes.family('tcp')
    let messages = 0
    for (const node of [child, other]) {
      node.on('message', (message) => {
        messages++
        if (message.isRequest) message.reply('y')
      })
    }
    const call = begin(child)
    let isClosed = false
    child.once('closed', () => {
      isClosed = true
    })
    void child.close({ timeoutMs: LONG_MS })
    // Idle turns take no time: a node that waits for its limit does not get there.
    for (let turn = 0; turn < 5_000 && !isClosed; turn++) await turns(1)
    t.true(isClosed)
    await t.notThrowsAsync(async () => call)
    if (call === undefined) t.is(messages, 1)
  })
}

test.serial('a close with no time ends at once, whatever is under way', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const held: BusMessage[] = []
  parent.on('message', (message) => held.push(message))
  const call = codeOf(child.request(PARENT, 'x', { timeoutMs: NEVER_MS }))
  await until(() => held.length === 1)
  await child.close({ timeoutMs: 0 })
  t.is(await call, 'LINK_LOST')
  await until(() => parent.peers().length === 0)
  t.is(held[0]!.reply('nobody there'), 'no_route')
  t.is(parent.counters['callsOpen'], 0)
})

test.serial('closing twice is one close, and the event comes once', async (t) => {
  const nodes = new Nodes(t)
  const { child } = await nodes.pair('unix')
  let events = 0
  child.on('closed', () => events++)
  const first = child.close()
  t.is(child.close(), first)
  await first
  await child.close()
  t.is(events, 1)
})

test.serial('a node ends with the block that owns it', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const down = eventOf(root, 'link_down')
  const child = await BusNode.start({ id: CHILD, parent: root.addresses })
  await child[Symbol.asyncDispose]()
  t.is(child.state, 'stopped')
  t.like(await down, { reason: 'left' })
})

test.serial('a node that closes while it looks for its parent stops looking', async (t) => {
  const nodes = new Nodes(t)
  await turns()
  const before = resources()
  const address = nodes.address('inproc')
  const child = await nodes.start({ id: CHILD, parent: address })
  await child.close()
  const parent = await nodes.start({ id: PARENT, listen: [address] })
  await turns()
  t.is(parent.counters['linksUp'], 0)
  await parent.close()
  await until(() => resources() === before)
  t.is(child.state, 'stopped')
})

test.serial(
  'a node that closes while another registers leaves it free to go elsewhere',
  async (t) => {
    const nodes = new Nodes(t)
    const first = await nodes.start({ id: 0x10n, listen: [nodes.address('tcp')] })
    const second = await nodes.start({ id: 0x11n, listen: [nodes.address('tcp')] })
    const starting = nodes.start({
      id: CHILD,
      parent: [first.addresses[0]!, second.addresses[0]!],
      retry: { firstMs: 1, maxMs: 1 },
    })
    await turns(1)
    await first.close()
    const child = await starting
    await until(() => child.peer(0x11n) !== undefined)
    t.is(child.state, 'running')
  },
)
