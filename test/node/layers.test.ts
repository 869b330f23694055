import test from 'ava'
import type { BusMessage, BusNode, Undelivered } from '../../src/index.js'
import { CHILD, Nodes, OTHER, PARENT, Received, thrownCode, until } from './_nodes.js'

/** What a layer receives and what comes back to it. */
class Heard {
  readonly messages: BusMessage[] = []
  readonly failures: Undelivered[] = []

  open(node: BusNode, name: 'directory' | 'service' = 'directory') {
    return node.openLayer(name, {
      message: (message) => this.messages.push(message),
      undelivered: (failure) => this.failures.push(failure),
    })
  }
}

test('messages of a layer reach that layer alone, in order with their numbers', async (t) => {
  const { parent, child } = await new Nodes(t).pair('inproc')
  const directory = new Heard()
  const service = new Heard()
  const user = new Received(parent)
  directory.open(parent)
  service.open(parent, 'service')
  const out = new Heard().open(child)
  t.is(out.send(PARENT, Buffer.from('one'), { type: 7, number: 9n }), 'sent')
  t.is(out.send(PARENT, Buffer.from('two')), 'sent')
  t.is(child.send(PARENT, 'for the user'), 'sent')
  await user.count(1)
  const seen = directory.messages.map(({ from, text, type, number }) => [from, text, type, number])
  t.deepEqual(seen, [
    [CHILD, 'one', 7, 9n],
    [CHILD, 'two', 0, 0n],
  ])
  t.is(service.messages.length, 0)
  t.is(user.messages.length, 1)
})

test('a layer sends to its own node as to any other', async (t) => {
  const parent = await new Nodes(t).root('inproc')
  const heard = new Heard()
  t.is(heard.open(parent).send(PARENT, Buffer.from('me')), 'sent')
  await until(() => heard.messages.length === 1)
  t.is(heard.messages[0]?.text, 'me')
})

test('without such a layer messages of it are counted and nobody sees them', async (t) => {
  const { parent, child } = await new Nodes(t).pair('inproc')
  const user = new Received(parent)
  const layer = new Heard().open(parent)
  layer.close()
  new Heard().open(child).send(PARENT, Buffer.from('nobody there'))
  child.send(PARENT, 'after it')
  await user.count(1)
  t.is(user.messages.length, 1)
  t.is(parent.counters.unknownKinds, 1)
})

test('what a layer cannot deliver comes back to it and not to the user', async (t) => {
  const { parent, child } = await new Nodes(t).pair('inproc')
  const heard = new Heard()
  const layer = heard.open(child)
  await child.routes.ready()
  t.is(layer.send(OTHER, Buffer.from('nobody')), 'no_route')
  const refusals: Undelivered[] = []
  child.on('undelivered', (failure) => refusals.push(failure))
  const plain = await new Nodes(t).child(parent, OTHER, { announce: false })
  await child.routes.waitFor(OTHER)
  const outcome = layer.send(plain.id, Buffer.from('to a plain node'))
  if (outcome === 'sent') await until(() => heard.failures.length === 1)
  else t.is(outcome, 'unsupported')
  t.is(refusals.length, 0)
})

test('a layer is open once on a node, and again after it was closed', async (t) => {
  const node = await new Nodes(t).root('inproc')
  const layer = new Heard().open(node)
  t.is(
    thrownCode(() => new Heard().open(node)),
    'BAD_ARGUMENT',
  )
  layer.close()
  t.notThrows(() => new Heard().open(node))
})
