// Hooks for tracing tools: node:diagnostics_channel, free of cost while nobody subscribes.

import { channel } from 'node:diagnostics_channel'

/** `{ node, to, type, bytes, outcome }` for each message that the user sends. */
export const sendChannel = channel('treebus:send')

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
