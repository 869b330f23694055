import test from 'ava'
import { CARRIERS, CHILD, codeOf, eventOf, Nodes, OTHER, PARENT } from './_nodes.js'
import { controlFrame, RawPeer } from './_raw-peer.js'

for (const carrier of CARRIERS) {
  test(`${carrier}: a node that closes answers what reached it, and then gets nothing new`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    child.on('message', (message) => {
      if (message.isRequest) setImmediate(() => message.reply('done'))
    })
    const early = Array.from({ length: 50 }, () => codeOf(parent.request(CHILD, 'x')))
    const leaving = eventOf(parent, 'link_leaving')
    const closed = child.close({ timeoutMs: 60_000 })
    const crossing = Array.from({ length: 50 }, () => codeOf(parent.request(CHILD, 'x')))
    t.like(await leaving, { id: CHILD })
    t.is(parent.route(CHILD), undefined)
    t.is(parent.send(CHILD, 'x'), 'no_route')
    t.is(await codeOf(parent.request(CHILD, 'x')), 'NO_ROUTE')
    t.deepEqual(new Set(await Promise.all([...early, ...crossing])), new Set(['no error']))
    await closed
  })
}

test('a node that closes still gets the answers to what it asked', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const leaving = eventOf(parent, 'link_leaving')
  parent.on('message', (message) => void leaving.then(() => message.reply('late')))
  const answer = child.request(PARENT, 'x')
  const closed = child.close({ timeoutMs: 60_000 })
  t.is((await answer).text, 'late')
  await closed
})

test('what comes from further away for a node that closes is told that there is no route', async (t) => {
  const nodes = new Nodes(t)
  const { parent, other } = await nodes.family('tcp')
  // It says that it leaves, and stays: only answers go there from now on.
  const peer = await RawPeer.join(parent.addresses[0]!, 0x900n, 1)
  const leaving = eventOf(parent, 'link_leaving')
  peer.say(controlFrame({ kind: 'leave', code: 0, drains: false }))
  peer.say(controlFrame({ kind: 'leave', code: 0, drains: false }))
  await leaving
  t.is(await codeOf(other.request(0x900n, 'x')), 'NO_ROUTE')
  t.is(await codeOf(other.confirm(0x900n, 'x')), 'NO_ROUTE')
  const answered = other.confirm(PARENT, 'x')
  t.is(await codeOf(answered), 'no error')
  t.is(other.id, OTHER)
})

test('a neighbour that does not say that it heard of it delays a close, and no more', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp')
  const peer = await RawPeer.join(parent.addresses[0]!, 0x900n, 1)
  await parent.close({ timeoutMs: 40 })
  t.is((await peer.hear('ping')).kind, 'ping')
  await peer.closed
})
