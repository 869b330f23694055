import test from 'ava'
import {
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

test('a node knows of itself and its parent without being told', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const parents = (list: readonly { id: bigint; parent: bigint }[]) =>
    list.map(({ id, parent: above }) => [id, above])
  t.deepEqual(parents([...parent.topology]), [[PARENT, 0n]])
  t.deepEqual(new Map(parents([...child.topology]) as [bigint, bigint][]).get(CHILD), PARENT)
  t.is(child.topology.relation(PARENT), 'immediate_upstream')
  t.is(parent.topology.relation(PARENT), 'self')
  t.is(parent.topology.relation(0x999n), 'invalid')
})

test('a node below another is reached without a word of it, and not any more once it is gone', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('tcp')
  const branch = await nodes.child(root, CHILD, { listen: [nodes.address('tcp')] })
  t.is(root.send(OTHER, 'no way'), 'no_route')
  const leaf = await nodes.child(branch, OTHER)
  const received = new Received(leaf)
  await root.routes.waitFor(OTHER)
  t.is(root.route(OTHER)?.id, CHILD)
  t.is(root.send(OTHER, 'down'), 'sent')
  await received.count(1)
  await root.confirm(OTHER, 'and back')
  const gone = eventOf(root, 'route_down')
  await leaf.close()
  t.deepEqual(await gone, { id: OTHER, reason: 'left' })
  t.is(root.send(OTHER, 'no way'), 'no_route')
  t.is(await codeOf(root.confirm(OTHER, 'x')), 'NO_ROUTE')
})

test('behind a plain node the topology decides the way, from the next message on', async (t) => {
  const { RawPeer } = await import('./_raw-peer.js')
  const nodes = new Nodes(t)
  const root = await nodes.root('tcp')
  const plain = await RawPeer.join(root.addresses[0]!, CHILD)
  await until(() => root.peers().length === 1)
  t.is(root.send(OTHER, 'no way'), 'no_route')
  t.true(root.topology.update(OTHER, CHILD))
  t.is(root.route(OTHER)?.id, CHILD)
  t.is(root.send(OTHER, 'down'), 'sent')
  t.true(root.topology.remove(OTHER))
  t.false(root.topology.remove(OTHER))
  t.is(root.send(OTHER, 'no way'), 'no_route')
  plain.hangUp()
})

test('a topology can be given at the start, and a circle is refused', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.start({
    id: PARENT,
    listen: [nodes.address('tcp')],
    topology: [
      { id: CHILD, parent: PARENT, labels: { zone: 'a' } },
      { id: OTHER, parent: CHILD, labels: { zone: 'b' } },
    ],
  })
  t.is(root.topology.relation(OTHER), 'transitive_downstream')
  t.is(root.route(OTHER), undefined)
  const branch = await nodes.child(root, CHILD)
  t.is(root.route(CHILD)?.id, CHILD)
  // The branch tells all that it has below it: the topology adds nothing to that.
  t.is(root.route(OTHER), undefined)
  t.false(root.topology.update(CHILD, OTHER))
  t.false(root.topology.update(PARENT, PARENT))
  t.is(
    thrownCode(() => root.topology.update(-1n, PARENT)),
    'BAD_ARGUMENT',
  )
  t.is(branch.topology.relation(OTHER), 'invalid')
})

test('policies look at labels, hosts and processes', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const here = { hostname: 'here', pid: 1, labels: { zone: 'a', tier: 'x' } }
  root.topology.update(PARENT, 0n, here)
  root.topology.update(CHILD, PARENT, { ...here, pid: 2 })
  root.topology.update(OTHER, PARENT, { hostname: 'there', pid: 1, labels: { zone: 'b' } })
  const table: [Parameters<typeof root.topology.allows>[0], bigint, boolean][] = [
    [{}, CHILD, true],
    [{ sameHost: true }, CHILD, true],
    [{ sameHost: true }, OTHER, false],
    [{ sameProcess: true }, CHILD, false],
    [{ sameProcess: true }, OTHER, false],
    [{ labels: { zone: ['a', 'c'] } }, CHILD, true],
    [{ labels: { zone: ['a', 'c'] } }, OTHER, false],
    [{ labels: { zone: ['b'], tier: ['x'] } }, OTHER, false],
    [{}, 0x999n, false],
  ]
  for (const [rule, to, allowed] of table) {
    t.is(root.topology.allows(rule, to), allowed, `${JSON.stringify(rule)} ${to}`)
  }
})

test('robustness 13: a child that speaks for its parent is counted, then cut off', async (t) => {
  const { RawPeer } = await import('./_raw-peer.js')
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const received = new Received(parent)
  const down = eventOf(parent, 'link_down')
  const liar = await RawPeer.join(parent.addresses[0]!, OTHER, 1)
  for (let i = 0; i < 10; i++) liar.sayData({ from: PARENT, to: PARENT, text: 'as if' })
  t.like(await down, { reason: 'fault', code: 'BAD_SENDER', link: { id: OTHER } as never })
  await child.confirm(PARENT, 'honest')
  await turns()
  t.deepEqual(received.texts, ['honest'])
  t.is(parent.counters['badSenders'], 10)
  liar.hangUp()
})
