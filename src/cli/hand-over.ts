// Sending that waits for room: a full queue holds the caller back and keeps the order.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { BusError, type BusNode, type SendResult } from '../index.js'

/** Resolves when a message that found no room may be tried again, or when `signal` aborts. */
function room(node: BusNode, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      node.off('writable', done).off('link_down', done).off('closed', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) return resolve()
    // A link that ends takes its queue with it, and then never becomes writable.
    node.on('writable', done).on('link_down', done).on('closed', done)
    signal.addEventListener('abort', done)
  })
}

/** `full` only where `signal` aborted. */
export async function sendWithRoom(
  node: BusNode,
  signal: AbortSignal,
  send: () => SendResult,
): Promise<SendResult> {
  for (;;) {
    const outcome = send()
    if (outcome !== 'full' || signal.aborted) return outcome
    await room(node, signal)
  }
}

/**
 * A call that is on its way; its promise is wrapped, so that waiting for this does not wait for it.
 */
export interface Begun<T> {
  readonly answer: Promise<T>
}

/**
 * Resolves when the question has left, or when it cannot: then `answer` rejects. Nothing is sent
 * out of order as long as the caller waits for this before it sends anything else.
 */
export async function callWithRoom<T>(
  node: BusNode,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<Begun<T>> {
  for (;;) {
    const answer = call()
    const early = await Promise.race([
      answer.then(
        () => undefined,
        (error: unknown) => error,
      ),
      nextTurn(undefined),
    ])
    const isFull = early instanceof BusError && early.code === 'FULL'
    if (!isFull || signal.aborted) return { answer }
    await room(node, signal)
  }
}
