import { randomBytes } from 'node:crypto'
import test from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import { CHILD, codeOf, Nodes, PARENT, Received } from './_nodes.js'

const addon = loadAddon()
const withAddon = typeof addon === 'string' ? test.skip : test

function address(): string {
  return `ring://test-${randomBytes(6).toString('hex')}`
}

withAddon('two nodes talk through shared memory, and say so', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.start({ id: PARENT, listen: [address()] })
  const child = await nodes.start({ id: CHILD, parent: parent.addresses[0]! })
  await child.ready()
  t.is(child.capabilities.sharedMemory, true)
  t.deepEqual(
    [child, parent].map((node) => node.peers().map(({ channel }) => channel)),
    [['ring'], ['ring']],
  )
  const received = new Received(parent)
  for (const size of [0, 1, 1_000, 600_000, 2 * 1024 * 1024]) {
    t.is(child.send(PARENT, new Uint8Array(size).fill(7)), 'sent')
    await child.confirm(PARENT, 'so far')
  }
  await received.count(10)
  parent.on('message', (message) => message.isRequest && message.reply('y'))
  t.is((await child.request(PARENT, 'x')).text, 'y')
})

withAddon('a parent behind a ring that closes is known to be gone at once', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.start({ id: PARENT, listen: [address()] })
  const child = await nodes.start({ id: CHILD, parent: parent.addresses[0]! })
  await child.ready()
  const call = codeOf(child.request(PARENT, 'x', { timeoutMs: 3_600_000 }))
  await parent.close({ timeoutMs: 0 })
  t.is(await call, 'LINK_LOST')
})
