import test from 'ava'
import { frameOf } from '../../src/wire/frame.js'
import { OutgoingHead } from '../../src/wire/head-writer.js'
import { Nodes, until } from '../node/_nodes.js'
import { RawPeer } from '../node/_raw-peer.js'
import { innerOfHead } from './_keyed-peer.js'

// Ids of one byte on the wire, so that bodies can be written down.
const SELF = 0x10n
const FORWARDER = 0x20n
const TARGET = 0x30n

/** A response with result 0 for a message of SELF to TARGET, from the last node of `router`. */
function delivered(sequence: bigint, router: readonly number[]): Uint8Array {
  const forward = [0x08, Number(TARGET), 0x10, Number(SELF), 0x1a, router.length, ...router]
  const body = Uint8Array.of(0x22, forward.length, ...forward)
  const head = new OutgoingHead()
  head.sequenceHi = Number(sequence >> 32n)
  head.sequenceLo = Number(sequence & 0xffff_ffffn)
  head.bodyBytes = body.length
  return frameOf(innerOfHead(head, body))
}

test('quirk G.4-23: of one answer for each hop only that of the target confirms', async (t) => {
  const nodes = new Nodes(t)
  const node = await nodes.root('tcp', { id: SELF })
  const forwarder = await RawPeer.join(node.addresses[0]!, FORWARDER)
  node.topology.update(TARGET, FORWARDER)
  let isConfirmed = false
  const confirmed = node.confirm(TARGET, 'are you there').then(() => {
    isConfirmed = true
  })
  const { sequence } = await forwarder.hear('data_req')
  const received = node.counters['received'] ?? 0
  forwarder.say(delivered(sequence, [0x10, 0x20]))
  await until(() => node.counters['received'] === received + 1)
  t.false(isConfirmed)
  forwarder.say(delivered(sequence, [0x10, 0x20, 0x30]))
  await confirmed
  t.is(node.counters['callsOpen'], 0)
  // One more, from a hop that is late, disturbs nobody.
  forwarder.say(delivered(sequence, [0x10, 0x20]))
  await until(() => node.counters['received'] === received + 3)
  t.is(node.peers().length, 1)
  forwarder.hangUp()
})

test('quirk K-7: a message that no call waits for may be confirmed by every hop', async (t) => {
  const nodes = new Nodes(t)
  const node = await nodes.root('tcp', { id: SELF })
  const forwarder = await RawPeer.join(node.addresses[0]!, FORWARDER)
  node.topology.update(TARGET, FORWARDER)
  node.on('undelivered', () => t.fail('it was delivered'))
  t.is(node.send(TARGET, 'x'), 'sent')
  const { sequence } = await forwarder.hear('data_req')
  for (const router of [
    [0x10, 0x20],
    [0x10, 0x20, 0x30],
  ]) {
    forwarder.say(delivered(sequence, router))
  }
  await until(() => node.counters['received'] === 2)
  t.is(node.peers().length, 1)
  forwarder.hangUp()
})

test('quirk G.4-27: a parent given as 0.0.0.0 is found, and is the parent', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.start({ id: SELF, listen: ['tcp://0.0.0.0:0'], allowOpenListener: true })
  const port = root.addresses[0]!.split(':').at(-1)
  const child = await nodes.start({ id: TARGET, parent: `tcp://0.0.0.0:${port}` })
  t.is(child.state, 'running')
  t.is(child.peer(SELF)?.role, 'parent')
})

test('quirk K-5: six children that come at once through one unix socket are all taken', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('unix')
  const ids = Array.from({ length: 6 }, (_, index) => 0x200n + BigInt(index))
  const children = await Promise.all(ids.map((id) => nodes.child(root, id, { announce: false })))
  await until(() => root.peers().length === 6)
  for (const child of children) await child.ready()
  t.deepEqual(
    root
      .peers()
      .map(({ id }) => id)
      .sort(),
    ids,
  )
})
