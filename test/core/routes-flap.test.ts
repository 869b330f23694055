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
    world.advance(30_000)
    for (const host of hosts) t.deepEqual(tableOf(host), othersOf(hosts, host), `round ${round}`)
  }
  t.is(beside.send(0x400n, 'once'), 'sent')
  t.deepEqual(
    leaf.messages.map(({ text }) => text),
    ['once'],
  )
})
