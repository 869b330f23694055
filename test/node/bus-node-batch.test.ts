import test from 'ava'
import type { BusMessage, BusNode, MessageBatch } from '../../src/index.js'
import {
  CARRIERS,
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  Received,
  thrownCode,
  turns,
  until,
} from './_nodes.js'

interface Seen {
  readonly from: bigint
  readonly type: number
  readonly sequence: bigint
  readonly text: string
}

/** What batches held, and how many came. */
class Batched {
  readonly seen: Seen[] = []
  sizes: number[] = []

  constructor(node: BusNode) {
    node.on('batch', (batch) => {
      this.sizes.push(batch.length)
      for (let i = 0; i < batch.length; i++) this.seen.push(seenAt(batch, i))
    })
  }
}

function seenAt(batch: MessageBatch, index: number): Seen {
  return {
    from: batch.from(index),
    type: batch.type(index),
    sequence: batch.sequence(index),
    text: Buffer.from(batch.payload(index)).toString(),
  }
}

for (const carrier of CARRIERS) {
  test(`${carrier}: a batch holds what single messages would have told`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    const batched = new Batched(parent)
    const singly = new Received(parent)
    const sequences: bigint[] = []
    for (let i = 0; i < 500; i++) {
      t.is(child.send(PARENT, `message ${i}`, { type: i - 250 }), 'sent')
      sequences.push(child.lastSequence)
    }
    await until(() => batched.seen.length === 500)
    t.deepEqual(
      batched.seen.map((seen) => ({ ...seen, type: seen.type + 0 })),
      sequences.map((sequence, i) => ({
        from: CHILD,
        type: i - 250,
        sequence,
        text: `message ${i}`,
      })),
    )
    t.true(batched.sizes.length < 500)
    t.is(singly.messages.length, 0)
  })

  test(`${carrier}: sendMany keeps order and says how many were taken`, async (t) => {
    const nodes = new Nodes(t)
    const limits = { messageBytesMax: 64 * 1024, sendBufferBytesMax: 256 * 1024 }
    const { parent, child } = await nodes.pair(carrier, { parent: limits, child: limits })
    const batched = new Batched(parent)
    const texts = Array.from({ length: 400 }, (_, i) => `${i}${'.'.repeat(60_000)}`)
    const payloads = texts.map((text, i) => (i % 2 === 0 ? text : Buffer.from(text)))
    let sent = 0
    let stops = 0
    while (sent < payloads.length) {
      const taken = child.sendMany(PARENT, payloads.slice(sent), { type: 7 })
      sent += taken
      if (sent === payloads.length) break
      stops++
      t.is(child.send(PARENT, texts[sent]!), 'full')
      await eventOf(child, 'writable')
    }
    t.true(stops > 0)
    await until(() => batched.seen.length === payloads.length)
    t.is(
      batched.seen.findIndex(({ text }, i) => text !== texts[i]),
      -1,
    )
    t.true(batched.seen.every(({ type }) => type === 7))
    t.is(batched.seen.at(-1)?.sequence, child.lastSequence)
  })
}

test('a read of several senders gives each message its own sender', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix', { child: { siblings: false } })
  const other = await nodes.child(parent, OTHER, {
    listen: [nodes.address('unix')],
    siblings: false,
  })
  const far = await nodes.child(other, 0x400n)
  await Promise.all([
    other.routes.waitFor(CHILD),
    far.routes.waitFor(CHILD),
    child.routes.waitFor(0x400n),
  ])
  const batched = new Batched(child)
  for (let i = 0; i < 200; i++) {
    parent.send(CHILD, `${PARENT}`)
    other.send(CHILD, `${OTHER}`)
    far.send(CHILD, `${far.id}`)
  }
  await until(() => batched.seen.length === 600)
  t.deepEqual(new Set(batched.seen.map(({ from }) => from)), new Set([PARENT, OTHER, 0x400n]))
  t.true(batched.seen.every(({ from, text }) => text === `${from}`))
})

test('requests in a batch are answered, in it or later', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix')
  const later: BusMessage[] = []
  parent.on('batch', (batch) => {
    for (let i = 0; i < batch.length; i++) {
      if (!batch.isRequest(i)) continue
      const message = batch.message(i)
      if (batch.type(i) === 1) message.reply(`now ${message.text}`)
      else later.push(message)
    }
  })
  const nows = [1, 2, 3].map((i) => child.request(PARENT, `${i}`, { type: 1 }))
  child.send(PARENT, 'no request')
  const laters = [4, 5].map((i) => child.request(PARENT, `${i}`, { type: 2 }))
  t.deepEqual(
    (await Promise.all(nows)).map(({ text }) => text),
    ['now 1', 'now 2', 'now 3'],
  )
  await until(() => later.length === 2)
  await turns(3)
  for (const message of later) t.is(message.reply(`later ${message.text}`), 'sent')
  t.deepEqual(
    (await Promise.all(laters)).map(({ text }) => text),
    ['later 4', 'later 5'],
  )
})

test('a message that is taken out of its batch may be kept', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix', { parent: { debug: true } })
  const kept: BusMessage[] = []
  parent.on('batch', (batch) => {
    for (let i = 0; i < batch.length; i += 100) kept.push(batch.message(i))
  })
  child.sendMany(
    PARENT,
    Array.from({ length: 1_000 }, () => 'kept'),
    { type: 5 },
  )
  await until(() => kept.length > 0)
  child.sendMany(
    PARENT,
    Array.from({ length: 20_000 }, () => 'over'),
  )
  await turns(20)
  const [first] = kept
  t.is(first?.text, 'kept')
  t.is(first?.from, CHILD)
  t.is(first?.type, 5)
  t.false(first?.isRequest)
  t.is(
    thrownCode(() => first?.reply('none is wanted')),
    'BAD_ARGUMENT',
  )
})

for (const debug of [false, true]) {
  test(`a batch that is read late says so, with debug ${debug}`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('inproc', { parent: { debug } })
    let late: MessageBatch | undefined
    parent.on('batch', (batch) => {
      late ??= batch
      for (const index of [-1, batch.length, 0.5, Number.NaN]) {
        t.is(
          thrownCode(() => batch.type(index)),
          'BAD_ARGUMENT',
        )
      }
    })
    child.send(PARENT, 'first')
    await until(() => late !== undefined)
    const read = late!
    t.is(read.length, 0)
    const reads = [
      () => read.from(0),
      () => read.type(0),
      () => read.sequence(0),
      () => read.payload(0),
      () => read.payloadBytes(0),
      () => read.memory(0),
      () => read.start(0),
      () => read.end(0),
      () => read.isRequest(0),
      () => read.message(0),
    ]
    for (const act of reads) t.is(thrownCode(act), 'BAD_ARGUMENT')
  })
}

test('with debug a batch never comes to life again, and its payloads end with it', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix', { parent: { debug: true } })
  const batches = new Set<MessageBatch>()
  const payloads: Uint8Array[] = []
  let calls = 0
  parent.on('batch', (batch) => {
    calls++
    batches.add(batch)
    const payload = batch.payload(0)
    payloads.push(payload)
    t.is(Buffer.from(payload).toString(), 'payload')
    t.is(Buffer.from(batch.memory(0).slice(batch.start(0), batch.end(0))).toString(), 'payload')
  })
  for (let i = 0; i < 5; i++) {
    child.send(PARENT, 'payload')
    await until(() => calls === i + 1)
  }
  t.is(batches.size, 5)
  t.deepEqual(
    payloads.map(({ length }) => length),
    [0, 0, 0, 0, 0],
  )
})

test('what a batch handler throws ends in an uncaught exception, and the next batch comes', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const thrown: unknown[] = []
  const listeners = process.rawListeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => thrown.push(error))
  let calls = 0
  parent.on('batch', () => {
    calls++
    if (calls === 1) throw new Error('of the user')
  })
  child.send(PARENT, 'one')
  await until(() => calls === 1)
  await turns(2)
  child.send(PARENT, 'two')
  await until(() => calls === 2)
  process.removeAllListeners('uncaughtException')
  for (const listener of listeners) process.on('uncaughtException', listener as never)
  t.deepEqual(thrown.map(String), ['Error: of the user'])
})

test('messages before the first listener are given to it in one batch', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const pending = nodes.child(root, CHILD)
  await until(() => root.send(CHILD, 'early 0', { type: 3 }) === 'sent')
  root.send(CHILD, 'early 1', { type: 4 })
  const question = root.request(CHILD, 'early 2')
  const child = await pending
  const batched = new Batched(child)
  child.on('batch', (batch) => {
    for (let i = 0; i < batch.length; i++) if (batch.isRequest(i)) batch.message(i).reply('yes')
  })
  t.is((await question).text, 'yes')
  t.deepEqual(
    batched.seen.map(({ from, type, text }) => ({ from, type, text })),
    [
      { from: PARENT, type: 3, text: 'early 0' },
      { from: PARENT, type: 4, text: 'early 1' },
      { from: PARENT, type: 0, text: 'early 2' },
    ],
  )
})

test('messages to the own id come in batches too', async (t) => {
  const nodes = new Nodes(t)
  const node = await nodes.root('inproc')
  const batched = new Batched(node)
  t.is(node.sendMany(PARENT, ['a', Buffer.from('b'), 'c'], { type: 9 }), 3)
  await until(() => batched.seen.length === 3)
  t.deepEqual(
    batched.seen.map(({ from, type, text }) => `${from} ${type} ${text}`),
    ['a', 'b', 'c'].map((text) => `${PARENT} 9 ${text}`),
  )
  t.deepEqual(batched.sizes, [3])
})

test('what comes back is told behind the batch that came before it', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix')
  const told: string[] = []
  child.on('batch', (batch) => told.push(`batch of ${batch.length}`))
  child.on('undelivered', ({ to }) => told.push(`undelivered ${to}`))
  parent.on('message', () => void parent.sendMany(CHILD, ['one', 'two']))
  child.send(PARENT, 'go')
  child.send(0x999n, 'nowhere')
  await until(() => told.length === 2)
  t.deepEqual(told, ['batch of 2', 'undelivered 2457'])
})

test('a listener for single messages gets them where none is for batches', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const received = new Received(parent)
  let batches = 0
  const listener = () => void batches++
  parent.on('batch', listener)
  child.send(PARENT, 'in a batch')
  await until(() => batches === 1)
  parent.off('batch', listener)
  child.send(PARENT, 'on its own')
  await received.count(1)
  t.deepEqual(received.texts, ['on its own'])
  t.is(batches, 1)
})

test('sendMany refuses before it sends what send would refuse', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const received = new Received(parent)
  const tooLong = new Uint8Array(2 * 1024 * 1024 + 1)
  const refused = [
    () => child.sendMany(PARENT, ['good', tooLong]),
    () => child.sendMany(PARENT, ['good', 'é'.repeat(1024 * 1024 + 1)]),
  ]
  for (const act of refused) t.is(thrownCode(act), 'MESSAGE_TOO_LONG')
  t.is(
    thrownCode(() => child.sendMany(PARENT, ['good'], { type: 0.5 })),
    'BAD_ARGUMENT',
  )
  t.is(
    thrownCode(() => child.sendMany('no id', ['good'])),
    'BAD_ARGUMENT',
  )
  t.is(child.sendMany(PARENT, []), 0)
  t.is(parent.sendMany(0x999n, ['nowhere']), 0)
  t.is(await codeOf(child.confirm(PARENT, 'last')), 'no error')
  t.deepEqual(received.texts, ['last'])
  await child.close()
  t.is(child.sendMany(PARENT, ['closed']), 0)
})

for (const carrier of CARRIERS) {
  test(`${carrier}: whatever is kept stays as it was while batches use memory again`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    const kept: BusMessage[] = []
    const memories = new Set<ArrayBufferLike>()
    let seen = 0
    const listener = (batch: MessageBatch): void => {
      for (let i = 0; i < batch.length; i++) {
        memories.add(batch.memory(i).buffer)
        if (batch.type(i) % 50 === 0 || batch.isRequest(i)) kept.push(batch.message(i))
      }
      seen += batch.length
    }
    const single = (message: BusMessage): void => {
      kept.push(message)
      seen++
    }
    const rounds = 60
    const calls: Promise<BusMessage>[] = []
    for (let round = 0; round < rounds; round++) {
      parent.removeAllListeners('batch').removeAllListeners('message')
      if (round % 10 === 5) parent.on('message', single)
      else parent.on('batch', listener)
      // Other lengths and other words than the round before: what is written over shows.
      const first = round * 1_000
      for (let i = first; i < first + 200; i++) child.send(PARENT, textOf(i), { type: i })
      if (round % 10 === 7) calls.push(child.request(PARENT, textOf(9), { type: 9 }))
      const sent = (round + 1) * 200 + calls.length
      await until(() => seen === sent)
    }
    t.is(kept.length, 54 * 4 + 6 * 200 + 6)
    t.is(
      kept.find(({ text, type }) => text !== textOf(type)),
      undefined,
    )
    // Two MiB arrived; what was lent did not take new memory each time.
    t.true(memories.size < 40, `${memories.size} memories`)
    for (const message of kept) if (message.isRequest) message.reply('')
    await Promise.all(calls)
  })
}

test('single frames of a plain peer that a batch took use their memory again', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp', { child: { announce: false } })
  const memories = new Set<ArrayBufferLike>()
  let seen = 0
  parent.on('batch', (batch) => {
    for (let i = 0; i < batch.length; i++) memories.add(batch.memory(i).buffer)
    seen += batch.length
  })
  // Each comes in a read of its own, too small to be looked for by native code.
  for (let i = 1; i <= 1_000; i++) {
    child.send(PARENT, textOf(7))
    await until(() => seen === i)
  }
  // What is heard of the link itself in between, a ping, keeps where it stands; without it, 10.
  t.true(memories.size < 6, `${memories.size} memories`)
})

function textOf(type: number): string {
  return `${type} `.repeat(40)
}
