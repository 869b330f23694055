import test from 'ava'
import { RELATIONS, type Relation, Topology } from '../../src/core/topology.js'

/** 1 > 2 > 3 > 4 > 5; 2 > 6 > 7; 9 > 8 apart. */
function tree(): Topology {
  const topology = new Topology()
  for (const [id, parent] of [
    [1n, 0n],
    [2n, 1n],
    [3n, 2n],
    [4n, 3n],
    [5n, 4n],
    [6n, 2n],
    [7n, 6n],
    [8n, 9n],
  ] as const) {
    topology.update(id, parent)
  }
  return topology
}

test('the eight relations have the numbers of the wire documentation', (t) => {
  t.deepEqual(Object.values(RELATIONS), [0, 1, 2, 3, 4, 5, 6, 7])
})

const RELATED: [bigint, bigint, Relation, bigint][] = [
  [3n, 0n, 'invalid', 0n],
  [0n, 3n, 'invalid', 0n],
  [3n, 77n, 'invalid', 0n],
  [77n, 3n, 'invalid', 0n],
  [3n, 3n, 'self', 3n],
  [3n, 2n, 'immediate_upstream', 2n],
  [3n, 1n, 'transitive_upstream', 2n],
  [5n, 1n, 'transitive_upstream', 4n],
  [3n, 4n, 'immediate_downstream', 4n],
  [2n, 5n, 'transitive_downstream', 3n],
  [1n, 7n, 'transitive_downstream', 2n],
  [3n, 6n, 'same_upstream', 2n],
  [3n, 7n, 'other_upstream', 2n],
  [4n, 8n, 'other_upstream', 3n],
  [1n, 9n, 'other_upstream', 9n],
  [1n, 8n, 'other_upstream', 8n],
]

test('parity atbus_topology.topology_registry_relations: each of the eight, with its next hop', (t) => {
  for (const [from, to, relation, nextHop] of RELATED) {
    t.deepEqual(tree().relation(from, to), { relation, nextHop }, `${to} seen from ${from}`)
  }
})

test('parity atbus_topology.topology_peer_basic: children come and go by what is told', (t) => {
  const topology = new Topology()
  topology.update(1n, 0n, { pid: 5, hostname: 'h', labels: { zone: 'a' } })
  t.deepEqual(topology.children(1n), [])
  topology.update(2n, 1n)
  topology.update(3n, 1n)
  topology.update(3n, 1n)
  t.deepEqual(topology.children(1n), [2n, 3n])
  topology.update(2n, 3n)
  t.deepEqual([topology.children(1n), topology.children(3n)], [[3n], [2n]])
  topology.remove(2n)
  t.deepEqual(topology.children(3n), [])
  t.deepEqual(topology.get(1n)?.data, { pid: 5, hostname: 'h', labels: { zone: 'a' } })
})

test('parity atbus_topology.topology_peer_downstream_iteration: a walk may stop, and meets no one gone', (t) => {
  const topology = tree()
  const met: bigint[] = []
  for (const { id } of topology) {
    met.push(id)
    if (id === 3n) break
  }
  t.is(met.at(-1), 3n)
  topology.remove(7n)
  t.false([...topology].some(({ id }) => id === 7n))
  t.deepEqual(topology.children(6n), [])
})

test('a node that moves takes all below it along', (t) => {
  const topology = tree()
  t.true(topology.update(3n, 6n))
  t.deepEqual([...topology.ancestors(5n)], [4n, 3n, 6n, 2n, 1n])
  t.deepEqual(topology.children(2n), [6n])
  t.deepEqual(topology.relation(2n, 5n), { relation: 'transitive_downstream', nextHop: 6n })
})

const CIRCLES: [string, bigint, bigint][] = [
  ['itself', 3n, 3n],
  ['its child', 3n, 4n],
  ['its grandchild', 2n, 4n],
  ['one far below', 1n, 5n],
  ['nobody as id 0', 0n, 1n],
]

test('parity atbus_topology.topology_registry_update_peer_cycle_detection: a circle changes nothing', (t) => {
  for (const [title, id, parent] of CIRCLES) {
    const topology = tree()
    const before = [...topology]
    t.false(topology.update(id, parent, { pid: 9 }), title)
    t.deepEqual([...topology], before, title)
  }
})

test('after a refused circle lawful moves still work', (t) => {
  const topology = tree()
  topology.update(2n, 5n)
  t.true(topology.update(5n, 1n))
  t.true(topology.update(2n, 5n))
  t.deepEqual([...topology.ancestors(3n)], [2n, 5n, 1n])
})

test('parity atbus_topology.topology_registry_update_and_remove: a removed node with children stays as their parent', (t) => {
  const topology = tree()
  t.true(topology.remove(3n))
  t.is(topology.get(4n)?.parent, 3n)
  t.is(topology.get(3n)?.parent, 0n)
  t.deepEqual(topology.children(2n), [6n])
})

test('a removed node without children is forgotten, and unknown ones are not there', (t) => {
  const topology = tree()
  t.true(topology.remove(5n))
  t.is(topology.get(5n), undefined)
  t.false(topology.remove(5n))
})

test('parity atbus_topology.topology_registry_passive_upstream_auto_removed_when_orphaned: a mere parent goes with its last child', (t) => {
  const topology = new Topology()
  topology.update(1n, 10n)
  topology.update(2n, 10n)
  topology.remove(1n)
  t.is(topology.size, 2)
  topology.remove(2n)
  t.is(topology.size, 0)
})

test('parity atbus_topology.topology_registry_proactive_peer_not_auto_removed_when_orphaned: a node known by name stays when its children go', (t) => {
  const topology = new Topology()
  topology.update(10n, 0n)
  topology.update(1n, 10n)
  topology.remove(1n)
  t.is(topology.get(10n)?.id, 10n)
})

test('parity atbus_topology.topology_registry_passive_to_proactive_prevents_auto_remove: a mere parent that is then named stays', (t) => {
  const topology = new Topology()
  topology.update(1n, 10n)
  topology.update(10n, 0n)
  topology.update(1n, 0n)
  t.is(topology.get(10n)?.id, 10n)
})

test('a chain of mere parents goes as a whole', (t) => {
  const topology = new Topology()
  topology.update(2n, 3n)
  topology.update(1n, 2n)
  topology.remove(2n)
  t.deepEqual(
    [...topology].map((peer) => peer.id),
    [2n, 1n],
  )
  topology.remove(1n)
  t.is(topology.size, 0)
})

test('data stays where an update brings none', (t) => {
  const topology = new Topology()
  topology.update(1n, 0n, { pid: 5 })
  topology.update(1n, 2n)
  t.deepEqual(topology.get(1n), { id: 1n, parent: 2n, data: { pid: 5 } })
})

const POLICIES: [string, Parameters<Topology['allows']>[0], boolean[]][] = [
  ['no rule', {}, [true, true, true]],
  ['the same host', { sameHost: true }, [true, true, false]],
  ['the same process', { sameProcess: true }, [true, false, false]],
  ['a label', { labels: { zone: ['a', 'b'] } }, [true, true, false]],
  ['two labels', { labels: { zone: ['a', 'b'], kind: ['x'] } }, [true, false, false]],
  ['a label nobody has', { labels: { rack: ['1'] } }, [false, false, false]],
]

test('parity atbus_topology.topology_registry_foreach_and_policy: host, process and labels each decide', (t) => {
  const topology = new Topology()
  topology.update(1n, 0n, { pid: 1, hostname: 'h' })
  topology.update(2n, 1n, { pid: 1, hostname: 'h', labels: { zone: 'a', kind: 'x' } })
  topology.update(3n, 1n, { pid: 2, hostname: 'h', labels: { zone: 'b', kind: 'y' } })
  topology.update(4n, 1n, { pid: 1, hostname: 'other', labels: { zone: 'c' } })
  for (const [title, rule, expected] of POLICIES) {
    const others = [...topology].map(({ id }) => id).filter((id) => id !== 1n)
    t.deepEqual(
      others.map((to) => topology.allows(rule, 1n, to)),
      expected,
      title,
    )
    t.false(topology.allows(rule, 1n, 99n), title)
  }
})
