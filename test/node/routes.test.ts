// The routing table of real nodes: who reaches whom without being told, and how users hear of it.

import test, { type ExecutionContext } from 'ava'
import type { RouteChange } from '../../src/index.js'
import {
  CARRIERS,
  type Carrier,
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  Received,
  thrownCode,
  turns,
  until,
} from './_nodes.js'

const LEFT = 0x210n
const RIGHT = 0x310n

/** A root, two branches, a leaf below each: all of them know all of them. */
async function threeLevels(t: ExecutionContext, carrier: Carrier) {
  const nodes = new Nodes(t)
  const root = await nodes.root(carrier)
  const listen = (): string[] => [nodes.address(carrier)]
  const left = await nodes.child(root, CHILD, { listen: listen() })
  const right = await nodes.child(root, OTHER, { listen: listen() })
  const leftLeaf = await nodes.child(left, LEFT)
  const rightLeaf = await nodes.child(right, RIGHT)
  const all = [root, left, right, leftLeaf, rightLeaf]
  await Promise.all(all.flatMap((node) => all.map(({ id }) => node.routes.waitFor(id))))
  return { nodes, root, left, right, leftLeaf, rightLeaf }
}

for (const carrier of CARRIERS) {
  test(`over ${carrier} root and leaves of three levels reach each other untold`, async (t) => {
    const { root, leftLeaf, rightLeaf } = await threeLevels(t, carrier)
    const left = new Received(leftLeaf)
    const right = new Received(rightLeaf)
    t.is(root.send(LEFT, 'from the root'), 'sent')
    await left.count(1)
    t.is(leftLeaf.send(RIGHT, 'across'), 'sent')
    await right.count(1)
    t.is(rightLeaf.send(LEFT, 'and back'), 'sent')
    await left.count(2)
    t.deepEqual(left.texts, ['from the root', 'and back'])
    t.deepEqual(right.texts, ['across'])
    t.is(right.messages[0]?.from, LEFT)
    t.is(leftLeaf.send(0x999n, 'nobody'), 'no_route')
  })
}

test('a leaf knows of every node the way, the distance and where it hangs', async (t) => {
  const { leftLeaf } = await threeLevels(t, 'inproc')
  const { routes } = leftLeaf
  const way = { via: CHILD, viaRole: 'parent', stale: false } as const
  const expected = [
    { ...way, id: PARENT, hops: 2, parent: 0n },
    { ...way, id: CHILD, hops: 1, parent: PARENT },
    { ...way, id: OTHER, hops: 3, parent: PARENT },
    { ...way, id: RIGHT, hops: 4, parent: OTHER },
  ]
  t.deepEqual(
    [...routes].sort((a, b) => (a.id < b.id ? -1 : 1)),
    [expected[0], expected[1], expected[2], expected[3]],
  )
  for (const route of expected) t.deepEqual(routes.get(route.id), route)
  t.is(routes.size, 4)
  t.true(routes.isComplete)
  t.true(routes.has(RIGHT))
  t.true(routes.has('0x310'))
  t.true(routes.has(LEFT))
  t.is(routes.get(LEFT), undefined)
  t.false(routes.has(0x999n))
  t.is(routes.get(0x999n), undefined)
  t.is(
    thrownCode(() => routes.has('nobody')),
    'BAD_ARGUMENT',
  )
  t.is(
    thrownCode(() => routes.get(-1)),
    'BAD_ARGUMENT',
  )
})

function kindsOf(changes: readonly RouteChange[]): string[] {
  return changes.map((change) => {
    if (change.kind === 'reset') return 'reset'
    if (change.kind === 'down') return `down ${change.id} ${change.reason}`
    return `${change.kind} ${change.route.id}`
  })
}

test('a slow reader of changes is told what became of an id, not all that happened', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const changes = root.routes.changes()
  const child = await nodes.child(root, CHILD)
  await until(() => root.routes.has(CHILD) === true)
  await child.close()
  await until(() => root.routes.has(CHILD) === false)
  await nodes.child(root, OTHER)
  await until(() => root.routes.has(OTHER) === true)
  const first = await changes.next()
  t.deepEqual(kindsOf([first.value!]), [`up ${OTHER}`])
  const second = changes.next()
  await nodes.child(root, CHILD)
  t.deepEqual(kindsOf([(await second).value!]), [`up ${CHILD}`])
  const third = changes.next()
  await nodes.last(OTHER).close()
  t.deepEqual(kindsOf([(await third).value!]), [`down ${OTHER} left`])
})

test('an id that flaps is not told as changed or as gone before it was told as there', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('tcp')
  const told: string[] = []
  root.on('route_up', ({ id }) => told.push(`up ${id}`))
  root.on('route_down', ({ id }) => told.push(`down ${id}`))
  const changes = root.routes.changes()
  // More often than is told at once: what happens in the meantime is held back.
  for (let life = 0; life < 4; life++) {
    const child = await nodes.child(root, CHILD)
    await until(() => root.routes.has(CHILD) === true)
    await child.close()
    await until(() => root.routes.has(CHILD) === false)
  }
  const next = changes.next()
  await nodes.child(root, CHILD)
  t.deepEqual(kindsOf([(await next).value!]), [`up ${CHILD}`])
  const kinds = told.map((line) => line.split(' ')[0])
  t.deepEqual(
    kinds,
    kinds.map((_, index) => (index % 2 === 0 ? 'up' : 'down')),
  )
})

test('an iteration over changes ends by abort, by leaving it, and with the node', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const stop = new AbortController()
  const aborted = root.routes.changes({ signal: stop.signal })
  const left = root.routes.changes()
  const open = root.routes.changes()
  const ends = [aborted, left, open].map((changes) => changes.next())
  stop.abort()
  t.deepEqual(await ends[0], { done: true, value: undefined })
  await left.return?.()
  t.deepEqual(await ends[1], { done: true, value: undefined })
  await root.close()
  t.deepEqual(await ends[2], { done: true, value: undefined })
  const late = root.routes.changes({ signal: AbortSignal.abort() })
  t.deepEqual(await late.next(), { done: true, value: undefined })
})

test('events tell who came and who went and why, to those who listen by then', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('tcp')
  const told: string[] = []
  const before = await nodes.child(root, CHILD)
  await root.routes.waitFor(CHILD)
  await turns()
  root.on('route_up', ({ id }) => told.push(`up ${id}`))
  root.on('route_down', ({ id, reason }) => told.push(`down ${id} ${reason}`))
  const up = eventOf(root, 'route_up')
  await nodes.child(root, OTHER)
  t.is((await up).id, OTHER)
  const down = eventOf(root, 'route_down')
  await before.close()
  t.deepEqual(await down, { id: CHILD, reason: 'left' })
  // What was known before anybody listened is not told again.
  t.deepEqual(told, [`up ${OTHER}`, `down ${CHILD} left`])
  root.removeAllListeners('route_up').removeAllListeners('route_down')
  const third = await nodes.child(root, CHILD)
  await root.routes.waitFor(CHILD)
  await third.close()
  await until(() => root.routes.has(CHILD) === false)
  await turns()
  t.is(told.length, 2)
})

test('waiting for an id ends with it, or with the reason why not', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const found = root.routes.waitFor(CHILD)
  await nodes.child(root, CHILD)
  await t.notThrowsAsync(found)
  await t.notThrowsAsync(root.routes.waitFor(CHILD))
  await t.notThrowsAsync(root.routes.waitFor(PARENT))
  t.is(await codeOf(root.routes.waitFor(OTHER, { timeoutMs: 1 })), 'TIMEOUT')
  const stop = new AbortController()
  const stopped = codeOf(root.routes.waitFor(OTHER, { signal: stop.signal }))
  stop.abort()
  t.is(await stopped, 'ABORTED')
  t.is(await codeOf(root.routes.waitFor(OTHER, { signal: AbortSignal.abort() })), 'ABORTED')
  t.is(
    thrownCode(() => root.routes.waitFor('nobody')),
    'BAD_ARGUMENT',
  )
  const waiting = codeOf(root.routes.waitFor(OTHER))
  const ready = root.routes.ready()
  await t.notThrowsAsync(ready)
  await root.close()
  t.is(await waiting, 'NODE_CLOSED')
})

test('a call that is open ends at once when the last way to its target goes', async (t) => {
  const { leftLeaf, right, rightLeaf } = await threeLevels(t, 'tcp')
  const asked = eventOf(rightLeaf, 'message')
  const answer = codeOf(leftLeaf.request(RIGHT, 'are you there?', { timeoutMs: 2 ** 31 - 1 }))
  await asked
  const gone = eventOf(leftLeaf, 'route_down', ({ id }) => id === RIGHT)
  // The branch goes, and its leaf with it, two links away from who asks.
  await right.close()
  await gone
  t.is(await answer, 'LINK_LOST')
})

/** A branch with a leaf below the root and below a second node, which is a child of the root. */
async function twoParents(t: ExecutionContext) {
  const nodes = new Nodes(t)
  const first = await nodes.root('tcp')
  const second = await nodes.start({
    id: 0x101n,
    listen: [nodes.address('tcp')],
    parent: first.addresses,
  })
  const both = await nodes.start({
    id: CHILD,
    parent: [...first.addresses, ...second.addresses],
    parentMode: 'all',
    listen: [nodes.address('tcp')],
  })
  const leaf = await nodes.child(both, LEFT)
  await Promise.all([first, second, both].map((node) => node.routes.waitFor(LEFT)))
  await until(() => both.peers().filter(({ role }) => role === 'parent').length === 2)
  return { nodes, first, second, both, leaf }
}

test('with several parents the loss of one takes nobody whom the other vouches for', async (t) => {
  const { nodes, first, second, both, leaf } = await twoParents(t)
  const other = await nodes.child(first, OTHER)
  await Promise.all([both, leaf].map((node) => node.routes.waitFor(OTHER)))
  const downs: bigint[] = []
  for (const node of [first, both, leaf, other]) {
    node.on('route_down', ({ id }) => downs.push(id))
  }
  const lost = eventOf(both, 'link_down', ({ link }) => link.id === 0x101n)
  // Below a lost parent its own id is kept for a while; elsewhere it is gone at once.
  const known = Promise.all([first, other].map((node) => eventOf(node, 'route_down')))
  await second.close()
  await lost
  await known
  const received = new Received(leaf)
  await other.confirm(LEFT, 'still')
  await leaf.confirm(OTHER, 'and back')
  await turns()
  await received.count(1)
  t.deepEqual(new Set(downs), new Set([0x101n]))
})

for (const carrier of ['tcp', 'unix'] as const) {
  test(`over ${carrier} two that talk get a link of their own, and all stays in order`, async (t) => {
    const nodes = new Nodes(t)
    const root = await nodes.root(carrier)
    const one = await nodes.child(root, CHILD, { listen: [nodes.address(carrier)] })
    const two = await nodes.child(root, OTHER, { listen: [nodes.address(carrier)] })
    await Promise.all([one.routes.waitFor(OTHER), two.routes.waitFor(CHILD)])
    const received = new Received(two)
    const isSibling = (): boolean => one.routes.get(OTHER)?.viaRole === 'sibling'
    let sent = 0
    for (let after = 0; after < 100; after += isSibling() ? 1 : 0) {
      t.is(one.send(OTHER, String(sent++)), 'sent')
      await turns(1)
    }
    await received.count(sent)
    t.deepEqual(
      received.texts,
      Array.from({ length: sent }, (_, number) => String(number)),
    )
    t.deepEqual(one.routes.get(OTHER), {
      id: OTHER,
      via: OTHER,
      viaRole: 'sibling',
      hops: 1,
      parent: PARENT,
      stale: false,
    })
  })
}
