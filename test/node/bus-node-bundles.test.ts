import test from 'ava'
import type { BusNodeOptions, MessageBatch } from '../../src/index.js'
import { eventOf, Nodes, PARENT, Received, until } from './_nodes.js'

const LINKS: [title: string, options: Partial<BusNodeOptions>][] = [
  ['encrypted', { tokens: ['secret'], keyExchange: 'x25519' }],
  ['compressed', { compression: ['zlib'] }],
  ['both', { tokens: ['secret'], keyExchange: 'x25519', compression: ['zlib'] }],
]

for (const [title, options] of LINKS) {
  test(`${title}: what is sent many at a time travels together and stays in order`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('unix', { parent: options, child: options })
    const texts: string[] = []
    const sequences: bigint[] = []
    const memories = new Set<Uint8Array>()
    parent.on('batch', (batch: MessageBatch) => {
      for (let i = 0; i < batch.length; i++) {
        texts.push(batch.message(i).text)
        sequences.push(batch.sequence(i))
        memories.add(batch.memory(i))
      }
    })
    const expected: string[] = []
    const send = (payloads: string[]): void => {
      expected.push(...payloads)
      t.is(child.sendMany(PARENT, payloads), payloads.length)
    }
    send(Array.from({ length: 500 }, (_, i) => `first ${i}`))
    expected.push('between')
    child.send(PARENT, 'between')
    send(['alone'])
    send(['large'.repeat(10_000), 'small', 'larger'.repeat(10_000)])
    send(Array.from({ length: 500 }, (_, i) => `last ${i}`))
    await until(() => texts.length === expected.length)
    t.deepEqual(texts, expected)
    t.true(memories.size < 20, `${memories.size} memories for ${texts.length} messages`)
    t.is(sequences.at(-1), child.lastSequence)
    t.true(sequences.every((sequence, i) => i === 0 || sequence > sequences[i - 1]!))
  })
}

test('a bundle feels a full queue as a single message does', async (t) => {
  const nodes = new Nodes(t)
  const [, secure] = LINKS[0]!
  const limits = { ...secure, messageBytesMax: 64 * 1024, sendBufferBytesMax: 128 * 1024 }
  const { parent, child } = await nodes.pair('unix', { parent: limits, child: limits })
  const received = new Received(parent)
  const texts = Array.from({ length: 20_000 }, (_, i) => `${i} ${'.'.repeat(100)}`)
  let sent = 0
  let stops = 0
  while (sent < texts.length) {
    const taken = child.sendMany(PARENT, texts.slice(sent, sent + 5_000))
    sent += taken
    if (taken === 5_000 || sent === texts.length) continue
    stops++
    t.true(child.counters['bytesPending']! <= limits.sendBufferBytesMax)
    await eventOf(child, 'writable')
  }
  await received.count(texts.length)
  t.true(stops > 0)
  t.is(
    received.texts.findIndex((text, i) => text !== texts[i]),
    -1,
  )
})

test('a small message limit is not passed by a bundle', async (t) => {
  const nodes = new Nodes(t)
  const [, secure] = LINKS[0]!
  const limits = { ...secure, messageBytesMax: 1_024 }
  const { parent, child } = await nodes.pair('unix', { parent: limits, child: limits })
  const received = new Received(parent)
  const texts = Array.from({ length: 300 }, (_, i) => `${i} ${'.'.repeat(100)}`)
  t.is(child.sendMany(PARENT, texts), 300)
  await received.count(300)
  t.deepEqual(received.texts, texts)
})
