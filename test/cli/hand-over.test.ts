// Waiting for room, with a node whose outcomes are given.

import { EventEmitter, once } from 'node:events'
import test from 'ava'
import { callWithRoom, sendWithRoom } from '../../src/cli/hand-over.js'
import { BusError, type BusNode, type SendResult } from '../../src/index.js'

/** Only its events are used. */
function emitter(): BusNode {
  return new EventEmitter() as unknown as BusNode
}

/** Resolves when somebody waits for that event. */
async function awaited(node: BusNode, event: 'writable' | 'link_down'): Promise<void> {
  const emitting: EventEmitter = node
  while (node.listenerCount(event) === 0) await once(emitting, 'newListener')
}

test('a message that finds no room is tried again, and again, until it is taken', async (t) => {
  const node = emitter()
  const outcomes: SendResult[] = ['full', 'full', 'full', 'sent']
  const sending = sendWithRoom(node, new AbortController().signal, () => outcomes.shift()!)
  for (const event of ['writable', 'link_down', 'writable'] as const) {
    await awaited(node, event)
    node.emit(event as 'writable')
  }
  t.is(await sending, 'sent')
  t.is(node.listenerCount('writable'), 0)
})

test('who waits for room is let go when the node is to leave', async (t) => {
  const node = emitter()
  const leaving = new AbortController()
  const sending = sendWithRoom(node, leaving.signal, () => 'full')
  await awaited(node, 'writable')
  leaving.abort()
  t.is(await sending, 'full')
  t.is(node.listenerCount('writable'), 0)
})

test('a call that finds no room is made again before the next one may be', async (t) => {
  const node = emitter()
  let calls = 0
  const beginning = callWithRoom(node, new AbortController().signal, async () => {
    if (++calls === 1) throw new BusError('FULL', 'once')
    return 'answer'
  })
  await awaited(node, 'writable')
  t.is(calls, 1)
  node.emit('writable')
  t.is(await (await beginning).answer, 'answer')
  t.is(calls, 2)
})

test('a call that fails is begun, and fails once', async (t) => {
  const refused = async () => {
    throw new BusError('NO_ROUTE', 'nowhere')
  }
  const { answer } = await callWithRoom(emitter(), new AbortController().signal, refused)
  await t.throwsAsync(answer, { message: /NO_ROUTE/ })
})
