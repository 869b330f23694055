// Waiting with an end: for a node to be running, and for whatever closing waits for.

import { formatId } from '../core/bus-id.js'
import { BusError } from '../errors.js'
import type { BusNode } from './bus-node.js'
import type { RouteFeed } from './route-feed.js'

const READY_TIMEOUT_MS = 30_000

export interface ReadyOptions {
  /** Default 30,000 ms. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Rejects with TIMEOUT, ABORTED, or NODE_CLOSED where the node closes first. */
export function untilRunning(node: BusNode, options: ReadyOptions): Promise<void> {
  return untilTrue(node, options, { holds: () => node.state === 'running' })
}

/** Until the node runs and every neighbour has told it all that it knows; rejects likewise. */
export function untilRoutesComplete(
  node: BusNode,
  feed: RouteFeed,
  options: ReadyOptions,
): Promise<void> {
  const holds = (): boolean => node.state === 'running' && node.routes.isComplete
  return untilTrue(node, options, { holds, feed })
}

function untilTrue(
  node: BusNode,
  options: ReadyOptions,
  { holds, feed }: { readonly holds: () => boolean; readonly feed?: RouteFeed },
): Promise<void> {
  const { timeoutMs = READY_TIMEOUT_MS, signal } = options
  return new Promise<void>((resolve, reject) => {
    const settle = (error?: BusError) => {
      clearTimeout(timer)
      node.off('state', look).off('closed', closed)
      feed?.forget(look)
      signal?.removeEventListener('abort', aborted)
      if (error === undefined) resolve()
      else reject(error)
    }
    const what = `${formatId(node.id)} is ${node.state}`
    const timer = setTimeout(() => settle(new BusError('TIMEOUT', what)), timeoutMs)
    const closed = () => settle(new BusError('NODE_CLOSED', what))
    const aborted = () => settle(new BusError('ABORTED', what, { cause: signal?.reason }))
    const look = () => {
      if (holds()) settle()
      else feed?.onComplete(look)
    }
    node.on('state', look).on('closed', closed)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) aborted()
    else look()
  })
}

/** Waits for `done`, but not longer than that. */
export async function within(limitMs: number, begin: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, limitMs)
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
