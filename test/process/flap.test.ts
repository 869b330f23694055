import test from 'ava'
import { BusNode } from '../../src/index.js'
import { settledResources } from '../prove/resources.js'
import { EAGER, inTheEnd, LOCAL, until } from './_process-node.js'
import { CuttingProxy } from './_proxy.js'

const PARENT = 0x1n
const CHILD = 0x10n

test.serial(
  'robustness 26: a link that is cut 100 times is one link, and leaves nothing behind',
  async (t) => {
    t.timeout(300_000)
    const parent = await BusNode.start({ id: PARENT, listen: [LOCAL] })
    const proxy = await CuttingProxy.to(parent.addresses[0]!)
    const before = await settledResources()
    const child = await BusNode.start({ id: CHILD, parent: proxy.address, retry: EAGER })
    t.teardown(async () => {
      await Promise.all([child.close(), parent.close()])
      await proxy.close()
    })
    const up: number[] = []
    const down: number[] = []
    parent.on('message', ({ text }) => up.push(Number(text)))
    child.on('message', ({ text }) => down.push(Number(text)))
    let sent = 0
    const burst = () => {
      for (let i = 0; i < 20; i++, sent++) {
        child.send(PARENT, String(sent))
        parent.send(CHILD, String(sent))
      }
    }
    for (let cut = 0; cut < 100; cut++) {
      await child.ready()
      burst()
      // Now and then in the middle of a transfer, now and then when it is over.
      if (cut % 3 === 0) await child.ping(PARENT).catch(() => {})
      else for (let i = 0; i < cut % 5; i++) await new Promise((resolve) => setImmediate(resolve))
      const ended = new Promise((resolve) => child.once('link_down', resolve))
      proxy.cut(cut % 2 === 0 ? 'reset' : 'close')
      await ended
    }
    await child.ready()
    await child.ping(PARENT)
    await until(() => parent.peers().length === 1)
    t.is(child.peers().length, 1)
    for (const { counters } of [parent, child]) {
      t.is(counters['linksUp']! - counters['linksDown']!, 1)
      t.is(counters['callsOpen'], 0)
    }
    for (const received of [up, down]) {
      t.is(new Set(received).size, received.length, 'nothing comes twice')
      t.deepEqual(
        received,
        [...received].sort((a, b) => a - b),
        'and nothing out of order',
      )
      t.true(received.length > 0)
    }
    await until(() => proxy.open === 1)
    await child.close()
    await until(() => proxy.open === 0 && parent.peers().length === 0)
    t.deepEqual(await inTheEnd(settledResources, before), before)
  },
)

test.serial(
  'robustness 6: what arrives a byte at a time is the same as what arrives whole',
  async (t) => {
    t.timeout(300_000)
    const parent = await BusNode.start({ id: PARENT, listen: [LOCAL] })
    const proxy = await CuttingProxy.to(parent.addresses[0]!)
    proxy.pieceBytes = 1
    const child = await BusNode.start({ id: CHILD, parent: proxy.address })
    t.teardown(async () => {
      await Promise.all([child.close(), parent.close()])
      await proxy.close()
    })
    await child.ready()
    parent.on('message', (message) => message.isRequest && message.reply(message.payload))
    for (const pieceBytes of [1, 2, 3, 7, 64]) {
      proxy.pieceBytes = pieceBytes
      const texts = ['', 'a', 'three frames '.repeat(10)]
      const answers = await Promise.all(texts.map((text) => child.request(PARENT, text)))
      t.deepEqual(
        answers.map(({ text }) => text),
        texts,
      )
    }
    t.is(parent.counters['badFrames']! + child.counters['badFrames']!, 0)
  },
)
