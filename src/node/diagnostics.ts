// Hooks for tracing tools: node:diagnostics_channel, free of cost while nobody subscribes.

import { channel } from 'node:diagnostics_channel'
import { bytesOf } from './outgoing.js'
import type { Payload, SendOptions, SendResult } from './send-result.js'

/** `{ node, to, type, bytes, outcome }` for each message that the user sends. */
const sendChannel = channel('treebus:send')

type Traced = [node: bigint, to: bigint, options: SendOptions | undefined]

export function traceSend(
  ...[node, to, options, content, outcome]: [...Traced, Uint8Array, SendResult]
): void {
  if (!sendChannel.hasSubscribers) return
  const { type = 0 } = options ?? {}
  sendChannel.publish({ node, to, type, bytes: content.length, outcome })
}

/** The first `sent` of them were taken. */
export function traceSends(
  ...[node, to, options, contents, sent]: [...Traced, readonly Payload[], number]
): void {
  if (!sendChannel.hasSubscribers) return
  for (const content of contents.slice(0, sent)) {
    traceSend(node, to, options, bytesOf(content), 'sent')
  }
}

/** `{ node, event, link, reason? }` when a link comes up or ends. */
export const linkChannel = channel('treebus:link')

/** `{ node, to, type, phase: 'start' | 'end' | 'error', error? }` around each request. */
const requestChannel = channel('treebus:request')

/** Publishes the start and the end of a request, where somebody listens. */
export async function traceRequest<T>(fields: object, ask: () => Promise<T>): Promise<T> {
  if (!requestChannel.hasSubscribers) return ask()
  requestChannel.publish({ ...fields, phase: 'start' })
  try {
    const answer = await ask()
    requestChannel.publish({ ...fields, phase: 'end' })
    return answer
  } catch (error) {
    requestChannel.publish({ ...fields, phase: 'error', error })
    throw error
  }
}
