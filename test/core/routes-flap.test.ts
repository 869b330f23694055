import test from 'ava'
import { type Host, World } from './_harness.js'

const ROOT = 'ipv4://10.0.0.1:1'
const MIDDLE = 'ipv4://10.0.0.2:1'

const tableOf = (host: Host) =>
  [...host.core.routes]
    .filter(({ stale }) => !stale)
    .map(({ id }) => id)
    .toSorted((a, b) => Number(a - b))

const othersOf = (hosts: readonly Host[], own: Host) =>
  hosts
    .filter((host) => host !== own)
    .map(({ core }) => core.id)
    .toSorted((a, b) => Number(a - b))

test('robustness 26: after each of 100 flaps of a link every table is whole again', (t) => {
  const world = new World()
  const root = world.host({ id: 0x100n }).listen(ROOT)
  const middle = world.host({ id: 0x200n, parents: [ROOT] }).listen(MIDDLE)
  const leaf = world.host({ id: 0x400n, parents: [MIDDLE] })
  const beside = world.host({ id: 0x300n, parents: [ROOT] })
  const hosts = [root, middle, leaf, beside]
  for (const host of hosts) host.give({ kind: 'start' })
  for (let round = 0; round < 100; round++) {
    const link = [...middle.ends.values()].find(({ peer }) => peer?.host === root)
    if (link === undefined) throw new Error('no connection')
    if (round % 2 === 0) world.cut(middle, link.connection)
    else world.blackhole(middle, link.connection)
    world.advance(60_000)
    for (const host of hosts) t.deepEqual(tableOf(host), othersOf(hosts, host), `round ${round}`)
  }
  t.is(beside.send(0x400n, 'once'), 'sent')
  t.deepEqual(
    leaf.messages.map(({ text }) => text),
    ['once'],
  )
})

test('robustness 25: 200 children of a parent in a new life know each other again', (t) => {
  const world = new World()
  const first = world.host({ id: 0x100n }).listen(ROOT)
  first.give({ kind: 'start' })
  const children = Array.from({ length: 200 }, (_, at) =>
    world.host({ id: 0x1000n + BigInt(at), parents: [ROOT] }),
  )
  for (const child of children) child.give({ kind: 'start' })
  world.advance(100)
  first.listens.pop()
  for (const connection of [...first.ends.keys()]) world.cut(first, connection)
  world.hosts.splice(world.hosts.indexOf(first), 1)
  const again = world.host({ id: 0x100n, incarnation: new Uint8Array(16).fill(7) }).listen(ROOT)
  again.give({ kind: 'start' })
  world.advance(20_000)
  const hosts = [again, ...children]
  t.is(again.core.links().length, children.length)
  for (const host of hosts) t.is(host.core.routes.size, hosts.length - 1)
  for (const child of children) t.is(child.core.links().length, 1)
})
