// Hooks for tracing tools: node:diagnostics_channel, free of cost while nobody subscribes.

import { channel } from 'node:diagnostics_channel'
import type { Payload, SendOptions, SendResult } from './send-result.js'

/** `{ node, to, type, bytes, outcome }` for each message that the user sends. */
export const sendChannel = channel('treebus:send')

/** Only where somebody listens: it costs an object for each. */
export function traceSends(
  way: { readonly node: bigint; readonly to: bigint } & SendOptions,
  contents: readonly Payload[],
  outcome: SendResult,
): void {
  const { node, to, type = 0 } = way
  for (const content of contents) {
    sendChannel.publish({ node, to, type, bytes: Buffer.byteLength(content), outcome })
  }
}

/** `{ node, event, link, reason? }` when a link comes up or ends. */
export const linkChannel = channel('treebus:link')

/** `{ node, to, type, phase: 'start' | 'end' | 'error', error? }` around each request. */
export const requestChannel = channel('treebus:request')

/** Publishes the start and the end of a request. Only where somebody listens. */
export async function traceRequest<T>(fields: object, ask: () => Promise<T>): Promise<T> {
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
