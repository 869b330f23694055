import test from 'ava'
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
} from './_nodes.js'

const MIB = 1024 * 1024

/** Content that tells its place in a row. */
function numbered(index: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes).fill(index % 251)
  new DataView(payload.buffer).setUint32(0, index)
  return payload
}

function isNumbered(payload: Uint8Array, index: number, bytes: number): boolean {
  return Buffer.compare(payload, numbered(index, bytes)) === 0
}

for (const carrier of CARRIERS) {
  test(`${carrier}: messages arrive as sent, both ways and in order`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    const atParent = new Received(parent)
    const atChild = new Received(child)
    for (let i = 0; i < 100; i++) {
      t.is(child.send(PARENT, `up ${i}`, { type: i }), 'sent')
      t.is(parent.send('0x200', Buffer.from(`down ${i}`), { type: -i }), 'sent')
    }
    await Promise.all([atParent.count(100), atChild.count(100)])
    t.deepEqual(
      atParent.messages.map(({ from, text, type }) => ({ from, text, type })),
      Array.from({ length: 100 }, (_, i) => ({ from: CHILD, text: `up ${i}`, type: i })),
    )
    t.deepEqual(
      atChild.messages.map(({ from, text, type }) => ({ from, text, type: type + 0 })),
      Array.from({ length: 100 }, (_, i) => ({ from: PARENT, text: `down ${i}`, type: 0 - i })),
    )
  })

  test(`${carrier}: a full queue says so, takes more later, and keeps the order`, async (t) => {
    const nodes = new Nodes(t)
    const limits = { messageBytesMax: 64 * 1024, sendBufferBytesMax: 256 * 1024 }
    const { parent, child } = await nodes.pair(carrier, { parent: limits, child: limits })
    const received = new Received(parent)
    const bytes = 60_000
    let sent = 0
    let refusals = 0
    while (sent < 400) {
      const outcome = child.send(PARENT, numbered(sent, bytes))
      t.true(child.counters['bytesPending']! <= limits.sendBufferBytesMax)
      if (outcome === 'sent') {
        sent++
        continue
      }
      t.is(outcome, 'full')
      refusals++
      await eventOf(child, 'writable')
    }
    t.true(refusals > 0)
    await received.count(sent)
    const wrong = received.messages.findIndex(({ payload }, i) => !isNumbered(payload, i, bytes))
    t.is(wrong, -1)
    t.is(received.messages.length, sent)
  })

  test(`${carrier}: handlers that answer each message reorder nothing`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    parent.on('message', ({ from, payload }) => void parent.send(from, payload))
    const received = new Received(child)
    for (let i = 0; i < 1_000; i++) child.send(PARENT, String(i))
    await received.count(1_000)
    t.deepEqual(
      received.texts,
      Array.from({ length: 1_000 }, (_, i) => String(i)),
    )
  })
}

test('robustness 30: 2 MiB go through at default settings, one byte more is refused', async (t) => {
  t.timeout(300_000)
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const messages = 200
  const payload = numbered(0, 2 * MIB)
  let good = 0
  const done = new Promise<void>((resolve) => {
    const expected = Buffer.from(payload)
    let next = 0
    parent.on('message', (message) => {
      expected.writeUInt32BE(next)
      if (expected.equals(message.payload)) good++
      next++
      if (next === messages) resolve()
    })
  })
  for (let sent = 0; sent < messages; ) {
    new DataView(payload.buffer).setUint32(0, sent)
    const outcome = child.send(PARENT, payload)
    if (outcome === 'sent') {
      sent++
    } else {
      t.is(outcome, 'full')
      await eventOf(child, 'writable')
    }
  }
  await done
  t.is(good, messages)
  const tooLong = new Uint8Array(2 * MIB + 1)
  t.is(
    thrownCode(() => child.send(PARENT, tooLong)),
    'MESSAGE_TOO_LONG',
  )
  t.is(await codeOf(child.request(PARENT, tooLong)), 'MESSAGE_TOO_LONG')
  t.is(await codeOf(child.confirm(PARENT, tooLong)), 'MESSAGE_TOO_LONG')
  t.is(child.counters['callsOpen'], 0)
  t.is(child.state, 'running')
})

test('2 MiB pass a forwarder and come back as an answer', async (t) => {
  const nodes = new Nodes(t)
  const { child, other } = await nodes.family('unix')
  other.on('message', (message) => message.reply(message.payload))
  const payload = numbered(7, 2 * MIB)
  for (let i = 0; i < 5; i++) {
    const answer = await child.request(OTHER, payload)
    t.true(isNumbered(answer.payload, 7, 2 * MIB))
  }
})

test('outcomes: sent, no_route to who is not there, closed once this node closes', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  t.is(child.send(PARENT, ''), 'sent')
  t.is(parent.send(OTHER, ''), 'no_route')
  t.is(parent.send(0n, ''), 'no_route')
  const closing = child.close()
  t.is(child.send(PARENT, ''), 'closed')
  const down = eventOf(parent, 'link_down')
  await closing
  t.is(child.send(PARENT, ''), 'closed')
  await down
  t.is(parent.send(CHILD, ''), 'no_route')
})

test('while the other end of a link closes, this node is never called closed', async (t) => {
  const nodes = new Nodes(t)
  for (const carrier of CARRIERS) {
    const parent = await nodes.start({ id: PARENT, listen: [nodes.address(carrier)] })
    const child = await nodes.child(parent, CHILD)
    const outcomes = new Set<string>()
    let isDown = false
    parent.on('link_down', () => {
      isDown = true
    })
    void child.close()
    while (!isDown) {
      outcomes.add(parent.send(CHILD, ''))
      outcomes.add(await codeOf(parent.request(CHILD, '', { timeoutMs: 1 })))
      await turns(1)
    }
    t.false(outcomes.has('closed'), carrier)
    t.false(outcomes.has('NODE_CLOSED'), carrier)
  }
})

test('what cannot be passed on comes back, naming message, reason and place', async (t) => {
  const nodes = new Nodes(t)
  const { child } = await nodes.pair('tcp')
  const failed = eventOf(child, 'undelivered')
  t.is(child.send(0x999n, 'lost', { type: 7 }), 'sent')
  const sequence = child.lastSequence
  t.deepEqual(await failed, {
    to: 0x999n,
    type: 7,
    sequence,
    code: 'NO_ROUTE',
    wireCode: -66,
    by: PARENT,
  })
})

test('a receiver sees the sequence that the sender has for a message', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const received = new Received(parent)
  const sent: bigint[] = []
  for (let i = 0; i < 3; i++) {
    child.send(PARENT, 'x')
    sent.push(child.lastSequence)
  }
  await received.count(3)
  t.deepEqual(
    received.messages.map(({ sequence }) => sequence),
    sent,
  )
  t.is(new Set(sent).size, 3)
})

test('a payload is copied by send, and a received one is never written again', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const received = new Received(parent)
  const own = new Received(child)
  const payload = new Uint8Array(1_000).fill(1)
  for (let i = 1; i <= 200; i++) {
    payload.fill(i)
    child.send(PARENT, payload)
    child.send(CHILD, payload)
  }
  payload.fill(0)
  await Promise.all([received.count(200), own.count(200)])
  for (const { messages } of [received, own]) {
    const firsts = messages.map((message) => message.payload[999])
    t.deepEqual(
      firsts,
      Array.from({ length: 200 }, (_, i) => (i + 1) & 0xff),
    )
  }
})

test('ids of the whole range work, and come back unsigned', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.start({ id: 2n ** 64n - 1n, listen: [nodes.address('tcp')] })
  const low = await nodes.child(root, 0x8000_0000_0000_0000n)
  const high = await nodes.child(root, 0xffff_ffff_ffff_fffen)
  const atLow = eventOf(low, 'message')
  t.is(high.send('0x8000000000000000', 'far'), 'sent')
  t.is((await atLow).from, 0xffff_ffff_ffff_fffen)
  low.on('message', (message) => message.isRequest && message.reply('here'))
  const answer = await high.request(0x8000_0000_0000_0000n, 'where')
  t.is(answer.from, 0x8000_0000_0000_0000n)
  await root.confirm('18446744073709551614', 'x')
  t.is(await codeOf(high.confirm(0xffff_ffff_ffff_fffdn, 'x')), 'NO_ROUTE')
})

test('what is no id is refused before anything is sent', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const wrong = [
    -1n,
    2n ** 64n,
    1.5,
    Number.NaN,
    2 ** 53,
    '',
    '0x',
    '0x11112222333344445',
    'abc',
    ' 1',
    '-1',
  ]
  for (const id of wrong) {
    t.is(
      thrownCode(() => root.send(id, '')),
      'BAD_ARGUMENT',
      String(id),
    )
    t.is(await codeOf(root.request(id, '')), 'BAD_ARGUMENT', String(id))
  }
  t.is(
    thrownCode(() => root.send(undefined as never, '')),
    'BAD_ARGUMENT',
  )
  t.is(root.counters['sent'], 0)
})

test('a message type outside 32 bits is refused, or arrives as it was given', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const received = new Received(parent)
  const lawful = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]
  for (const type of lawful) child.send(PARENT, 'x', { type })
  for (const type of [2 ** 31, -(2 ** 31) - 1, 2 ** 40, 1.5, Number.NaN]) {
    t.is(
      thrownCode(() => child.send(PARENT, 'x', { type })),
      'BAD_ARGUMENT',
      String(type),
    )
  }
  await child.confirm(PARENT, 'end')
  t.deepEqual(
    received.messages.slice(0, lawful.length).map(({ type }) => type),
    lawful,
  )
  t.is(parent.counters['badMessages'], 0)
})

test('messages to the own id come in order, and never from within send', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  let sending = false
  const order: number[] = []
  const whole = new Promise<void>((resolve) => {
    root.on('message', (message) => {
      t.false(sending)
      t.is(message.from, PARENT)
      order.push(message.type)
      if (order.length === 1_000) resolve()
      if (message.type >= 500) return
      sending = true
      t.is(root.send(PARENT, message.payload, { type: message.type + 500 }), 'sent')
      sending = false
    })
  })
  sending = true
  for (let type = 0; type < 500; type++) root.send(PARENT, 'x', { type })
  sending = false
  t.deepEqual(order, [])
  await whole
  t.deepEqual(
    order,
    Array.from({ length: 1_000 }, (_, i) => i),
  )
})

test('a node that talks to itself without end leaves the loop its turns', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  let rounds = 0
  root.on('message', () => {
    rounds++
    root.send(PARENT, 'again')
  })
  root.send(PARENT, 'once')
  await turns(50)
  t.true(rounds > 1)
})

test('what waits for the own id is bounded, and the sender is told when it has room', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  const received = new Received(root)
  const payload = new Uint8Array(MIB)
  let sent = 0
  while (root.send(PARENT, payload) === 'sent') sent++
  t.is(sent, 8)
  const writable = eventOf(root, 'writable')
  await received.count(sent)
  await writable
  t.is(root.send(PARENT, payload), 'sent')
})

for (const options of [
  { keyExchange: 'x25519' },
  { keyExchange: 'p256', ciphers: ['aes-128-gcm'] },
  { compression: ['zlib'] },
  { keyExchange: 'p384', compression: ['zlib'], tokens: ['secret'] },
] as const) {
  test(`two hops with ${JSON.stringify(options)}: all goes through`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child, other } = await nodes.family('tcp', options)
    const keyed = 'keyExchange' in options
    t.is(parent.peer(CHILD)?.encrypted, keyed)
    const received = new Received(other)
    const content = 'many words '.repeat(1_000)
    for (let i = 0; i < 20; i++) child.send(OTHER, `${i} ${content}`)
    await child.confirm(OTHER, 'last')
    t.deepEqual(
      received.texts.slice(0, 20),
      Array.from({ length: 20 }, (_, i) => `${i} ${content}`),
    )
    other.on('message', (message) => message.isRequest && message.reply(message.payload))
    t.is((await child.request(OTHER, content)).text, content)
    t.is(await codeOf(child.request(0x999n, content)), 'NO_ROUTE')
    t.is(parent.counters['badCiphers'], 0)
  })
}
