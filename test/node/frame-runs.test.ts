import test from 'ava'
import { CHILD, eventOf, Nodes, PARENT, Received } from './_nodes.js'

// Plain nodes write frames: what these are sent arrives in runs, where there is native code.
const PLAIN = { announce: false }
const CARRIERS = ['unix', 'tcp'] as const

for (const carrier of CARRIERS) {
  test(`${carrier}: frames that are sent together and one by one keep their order`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier, { parent: PLAIN, child: PLAIN })
    const received = new Received(parent)
    const expected: string[] = []
    const textOf = (bytes: number) => `${expected.length} ${'x'.repeat(bytes)}`
    for (let round = 0; round < 40; round++) {
      const bytes = [20, 20, 20, 300, 5_000][round % 5]!
      const many = Array.from({ length: 1 + (round % 30) }, () => {
        const text = textOf(bytes).slice(0, 20 + bytes)
        expected.push(text)
        return Buffer.from(text)
      })
      t.is(child.sendMany(PARENT, many, { type: round }), many.length)
      expected.push(textOf(round))
      t.is(child.send(PARENT, expected.at(-1)!), 'sent')
    }
    await received.count(expected.length)
    t.deepEqual(received.texts, expected)
    t.deepEqual(new Set(received.messages.map(({ from }) => from)), new Set([CHILD]))
  })

  test(`${carrier}: a handler that ends the link gets no more of what had arrived`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier, { parent: PLAIN, child: PLAIN })
    let count = 0
    parent.on('message', () => {
      if (++count === 10) parent.disconnect(CHILD)
    })
    const down = eventOf(parent, 'link_down')
    const payloads = Array.from({ length: 100 }, () => new Uint8Array(40))
    t.is(child.sendMany(PARENT, payloads), 100)
    await down
    await new Promise((resolve) => setImmediate(resolve))
    t.is(count, 10)
  })
}
