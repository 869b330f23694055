import test from 'ava'
import type { BusMessage } from '../../src/index.js'
import { EXTENSION } from '../../src/wire/extension.js'
import {
  CARRIERS,
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  thrownCode,
  turns,
  until,
} from './_nodes.js'
import { RawPeer } from './_raw-peer.js'

for (const carrier of CARRIERS) {
  test(`${carrier}: a request is answered once, near and far`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child, other } = await nodes.family(carrier)
    for (const node of [parent, other]) {
      node.on('message', (message) => message.reply(`${message.text} from ${message.type}`))
    }
    for (const to of [PARENT, OTHER]) {
      const answer = await child.request(to, 'answer', { type: 9 })
      t.is(answer.text, 'answer from 9')
      t.is(answer.from, to)
      t.is(answer.type, 9)
      t.false(answer.isRequest)
    }
    t.is(parent.counters['callsOpen'], 0)
  })

  test(`${carrier}: many calls at once get each its own answer, in whatever order`, async (t) => {
    const nodes = new Nodes(t)
    const { child, other } = await nodes.family(carrier)
    const held: BusMessage[] = []
    other.on('message', (message) => {
      held.push(message)
      if (held.length === 50) for (const late of held.reverse()) late.reply(`re ${late.text}`)
    })
    const calls = Array.from({ length: 50 }, (_, i) => child.request(OTHER, `${i}`))
    t.is(child.counters['callsOpen'], 50)
    const answers = await Promise.all(calls)
    t.deepEqual(
      answers.map(({ text }) => text),
      Array.from({ length: 50 }, (_, i) => `re ${i}`),
    )
    t.is(child.counters['callsOpen'], 0)
  })

  test(`${carrier}: a call ends with LINK_LOST when its link ends`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    parent.on('message', () => parent.disconnect(CHILD))
    const calls = [
      codeOf(child.request(PARENT, 'last words')),
      codeOf(child.confirm(OTHER, 'x', { timeoutMs: 60_000 })),
    ]
    t.is(await calls[0], 'LINK_LOST')
    // The forwarder may have said NO_ROUTE before.
    t.true(['LINK_LOST', 'NO_ROUTE'].includes((await calls[1])!))
    t.is(child.counters['callsOpen'], 0)
  })
}

test('a call to the own id works like any other', async (t) => {
  const nodes = new Nodes(t)
  const root = await nodes.root('inproc')
  t.is(await codeOf(root.request(PARENT, 'x')), 'UNSUPPORTED')
  root.on('message', (message) => message.isRequest && message.reply('self'))
  t.is((await root.request(PARENT, 'x')).text, 'self')
  await root.confirm(PARENT, 'x')
  t.true((await root.ping(PARENT)) >= 0)
  t.deepEqual(await root.peersOf(PARENT), [])
})

test('a refusal ends the call with REMOTE and the reason', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  parent.on('message', (message) => message.refuse('not today'))
  const error = await t.throwsAsync(child.request(PARENT, 'x'))
  t.like(error, { code: 'REMOTE', cause: 'not today' })
})

test("a second answer is the caller's error, and a plain message takes none", async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const seen: string[] = []
  parent.on('message', (message) => {
    seen.push(String(message.isAnswered))
    if (message.isRequest) seen.push(message.reply('one'))
    seen.push(
      String(message.isAnswered),
      thrownCode(() => message.reply('two')),
    )
    seen.push(thrownCode(() => message.refuse('three')))
  })
  t.is((await child.request(PARENT, 'x')).text, 'one')
  child.send(PARENT, 'plain')
  await child.confirm(PARENT, 'end')
  const plain = ['false', 'false', 'BAD_ARGUMENT', 'BAD_ARGUMENT']
  t.deepEqual(seen, ['false', 'sent', 'true', 'BAD_ARGUMENT', 'BAD_ARGUMENT', ...plain, ...plain])
  t.is(child.counters['strayAnswers'], 0)
})

test('where nobody listens for messages a request is refused at once', async (t) => {
  const nodes = new Nodes(t)
  const { child } = await nodes.family('inproc')
  t.is(await codeOf(child.request(PARENT, 'x')), 'UNSUPPORTED')
  t.is(await codeOf(child.request(OTHER, 'x')), 'UNSUPPORTED')
})

test('a plain node is never asked, whether it is a neighbour or behind one', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const plain = await nodes.child(parent, OTHER, { announce: false })
  plain.on('message', (message) => {
    if (message.isRequest) message.reply('should not have been asked')
  })
  t.true(parent.peer(OTHER)?.plain)
  for (const asker of [parent, child]) {
    t.is(await codeOf(asker.request(OTHER, 'x')), 'UNSUPPORTED')
    t.is(await codeOf(asker.ping(OTHER)), 'UNSUPPORTED')
    t.is(await codeOf(asker.peersOf(OTHER)), 'UNSUPPORTED')
    await asker.confirm(OTHER, 'x')
  }
  t.is(plain.counters['received'], 2)
})

test('a plain parent passes our calls on and answers none itself', async (t) => {
  const nodes = new Nodes(t)
  const { child, parent } = await nodes.pair('tcp', { parent: { announce: false } })
  const other = await nodes.child(parent, OTHER)
  t.true(child.peer(PARENT)?.plain)
  await until(() => parent.peers().length === 2)
  other.on('message', (message) => message.isRequest && message.reply('through'))
  t.is((await child.request(OTHER, 'x')).text, 'through')
  await child.confirm(OTHER, 'x')
  t.is(await codeOf(child.confirm(0x999n, 'x')), 'NO_ROUTE')
  t.is(await codeOf(child.request(PARENT, 'x')), 'UNSUPPORTED')
})

test('a call to an id that is nowhere fails where the way ends', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const undelivered: unknown[] = []
  child.on('undelivered', (failure) => undelivered.push(failure))
  t.is(await codeOf(parent.request(0x999n, 'x')), 'NO_ROUTE')
  t.is(await codeOf(child.request(0x999n, 'x')), 'NO_ROUTE')
  t.is(await codeOf(child.confirm(0x999n, 'x')), 'NO_ROUTE')
  t.is(await codeOf(child.ping(0x999n)), 'NO_ROUTE')
  t.is(await codeOf(child.peersOf(0x999n)), 'NO_ROUTE')
  t.deepEqual(undelivered, [], 'the failure of a call is told by the call alone')
})

test('a call without an answer times out, and a late one is dropped and counted', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const held = eventOf(parent, 'message')
  t.is(await codeOf(child.request(PARENT, 'x', { timeoutMs: 5 })), 'TIMEOUT')
  t.is((await held).reply('late'), 'sent')
  await parent.confirm(CHILD, 'behind it')
  t.is(child.counters['strayAnswers'], 1)
  t.is(child.counters['callsOpen'], 0)
})

test('a call ends with its signal, and leaves no listener on it', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  const asked = eventOf(parent, 'message')
  const controller = new AbortController()
  const reason = new Error('changed my mind')
  const call = child.request(PARENT, 'x', { signal: controller.signal })
  await asked
  controller.abort(reason)
  t.like(await t.throwsAsync(call), { code: 'ABORTED', cause: reason })
  const { received } = parent.counters
  const after = await t.throwsAsync(child.request(PARENT, 'x', { signal: controller.signal }))
  t.like(after, { code: 'ABORTED', cause: reason })
  await child.ping(PARENT)
  t.is(parent.counters['received'], received! + 1, 'an aborted call is not sent')

  parent.on('message', (message) => message.isRequest && message.reply('y'))
  const { signal } = new AbortController()
  const counts = { added: 0, removed: 0 }
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    counts.added++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    counts.removed++
    remove(...args)
  }
  await child.request(PARENT, 'x', { signal })
  t.deepEqual(counts, { added: 1, removed: 1 })
})

test('a full queue fails a call at once with FULL', async (t) => {
  const nodes = new Nodes(t)
  const limits = { messageBytesMax: 64 * 1024, sendBufferBytesMax: 128 * 1024 }
  const { child } = await nodes.pair('inproc', { child: limits })
  while (child.send(PARENT, new Uint8Array(60_000)) === 'sent');
  t.is(await codeOf(child.request(PARENT, new Uint8Array(60_000))), 'FULL')
  t.is(await codeOf(child.confirm(PARENT, new Uint8Array(60_000))), 'FULL')
  t.is(child.counters['callsOpen'], 0)
})

test('a close ends calls under way as not known, later ones as not done', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  parent.on('message', () => {})
  const open = codeOf(child.request(PARENT, 'x', { timeoutMs: 600_000 }))
  await child.close({ timeoutMs: 20 })
  t.is(await open, 'LINK_LOST')
  t.is(await codeOf(child.request(PARENT, 'x')), 'NODE_CLOSED')
  t.is(await codeOf(child.confirm(PARENT, 'x')), 'NODE_CLOSED')
  t.is(await codeOf(child.ping(PARENT)), 'NODE_CLOSED')
  t.is(await codeOf(child.peersOf(PARENT)), 'NODE_CLOSED')
  t.is(await codeOf(child.command(PARENT, ['x'])), 'NODE_CLOSED')
  t.is(
    thrownCode(() => child.connect('inproc://x')),
    'NODE_CLOSED',
  )
})

test('an answer counts only with the right number and from the id that was asked', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const asked = await RawPeer.join(parent.addresses[0]!, OTHER, 1)
  const thief = await RawPeer.join(parent.addresses[0]!, 0x400n, 2)
  const answer = child.request(OTHER, 'question')
  const question = await asked.hear('data_req')
  t.is(question.text, 'question')
  const { number } = question
  t.not(number, 0n)
  const kind = EXTENSION.REPLY
  const forgeries = [
    // The right number from another id, by reply and by refusal.
    { by: thief, words: { from: 0x400n, extensionKind: kind, number } },
    { by: thief, words: { from: 0x400n, extensionKind: EXTENSION.REFUSAL, number } },
    // From the right id, with other numbers.
    { by: asked, words: { from: OTHER, extensionKind: kind, number: number ^ 1n } },
    { by: asked, words: { from: OTHER, extensionKind: kind, number: 0n } },
    // The right number on the answer to another sort of question.
    { by: asked, words: { from: OTHER, extensionKind: EXTENSION.PROBE_REPLY, number } },
    { by: asked, words: { from: OTHER, extensionKind: EXTENSION.PEERS_REPLY, number } },
  ]
  for (const [index, { by, words }] of forgeries.entries()) {
    by.sayData({ ...words, to: CHILD, text: 'forged' })
    await until(() => child.counters['strayAnswers'] === index + 1)
    t.is(child.counters['callsOpen'], 1)
  }
  // A failure that somebody else reports for it.
  const failure = {
    to: CHILD,
    kind: 'data_rsp',
    resultCode: -66,
    extensionKind: 1,
    number,
  } as const
  thief.sayData({ ...failure, from: 0x400n, sequence: question.sequence })
  asked.sayData({ from: OTHER, to: CHILD, extensionKind: kind, number, text: 'true' })
  t.is((await answer).text, 'true')
  asked.sayData({ from: OTHER, to: CHILD, extensionKind: kind, number, text: 'again' })
  await until(() => child.counters['strayAnswers'] === forgeries.length + 1)
  asked.hangUp()
  thief.hangUp()
})

test('who claims the id that was asked is stopped by who knows better', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const asked = await RawPeer.join(parent.addresses[0]!, OTHER, 1)
  const thief = await RawPeer.join(parent.addresses[0]!, 0x400n, 2)
  const answer = codeOf(child.request(OTHER, 'question', { timeoutMs: 60_000 }))
  const { number } = await asked.hear('data_req')
  thief.sayData({ from: OTHER, to: CHILD, extensionKind: EXTENSION.REPLY, number, text: 'forged' })
  await until(() => parent.counters['badSenders'] === 1)
  await child.ping(PARENT)
  t.is(child.counters['callsOpen'], 1)
  t.is(child.counters['strayAnswers'], 0)
  asked.hangUp()
  thief.hangUp()
  await child.close({ timeoutMs: 2 })
  t.is(await answer, 'LINK_LOST')
})

test('messages of an unknown kind are counted, and harm nothing', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp')
  const peer = await RawPeer.join(parent.addresses[0]!, OTHER, 1)
  peer.sayData({ from: OTHER, to: PARENT, extensionKind: 999, number: 5n })
  await until(() => parent.counters['unknownKinds'] === 1)
  t.is(parent.peers().length, 1)
  peer.hangUp()
})

test('a list of peers that does not read is BAD_MESSAGE for who asked', async (t) => {
  const nodes = new Nodes(t)
  const parent = await nodes.root('tcp')
  const peer = await RawPeer.join(parent.addresses[0]!, OTHER, 1)
  for (const text of ['', '{', 'null', '[null]', '[1]', '[{"id":"x"}]', '{"id":1}']) {
    const list = codeOf(parent.peersOf(OTHER))
    const { number } = await peer.hear('data_req')
    peer.sayData({ from: OTHER, to: PARENT, extensionKind: EXTENSION.PEERS_REPLY, number, text })
    t.is(await list, 'BAD_MESSAGE', text)
  }
  peer.hangUp()
})

test('ping measures, and peersOf lists the neighbours of a node near or far', async (t) => {
  const nodes = new Nodes(t)
  const { child, other } = await nodes.family('tcp', { sharedMemory: 'off' })
  t.true((await child.ping(OTHER)) >= 0)
  const seen = await child.peersOf(PARENT)
  t.deepEqual(
    seen.map(({ id, role, plain, channel }) => ({ id, role, plain, channel })),
    [
      { id: CHILD, role: 'child', plain: false, channel: 'tcp' },
      { id: OTHER, role: 'child', plain: false, channel: 'tcp' },
    ],
  )
  t.deepEqual(
    (await child.peersOf(OTHER)).map(({ id }) => id),
    [PARENT],
  )
  other.on('message', () => t.fail('questions to the node are not for its user'))
  await child.ping(OTHER)
  await turns()
})

test("confirm resolves when the target's node has the message", async (t) => {
  const nodes = new Nodes(t)
  const { child, other } = await nodes.family('tcp')
  const texts: string[] = []
  other.on('message', ({ text }) => texts.push(text))
  for (let i = 0; i < 10; i++) await child.confirm(OTHER, String(i), { type: i })
  t.deepEqual(
    texts,
    Array.from({ length: 10 }, (_, i) => String(i)),
  )
  t.is(await codeOf(child.confirm(OTHER, 'x', { signal: AbortSignal.abort() })), 'ABORTED')
})
