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
  const watch: Watch = {
    wake: (look) => feed.onComplete(look),
    forget: (look) => feed.forget(look),
  }
  return untilTrue(node, options, { holds, watch })
}

/** Until an id is known to be reachable; rejects likewise. */
export function untilReachable(
  node: BusNode,
  feed: RouteFeed,
  id: bigint,
  options: ReadyOptions,
): Promise<void> {
  const holds = (): boolean => node.state === 'running' && node.routes.has(id) === true
  const watch: Watch = {
    wake: (look) => feed.onChange(look),
    forget: (look) => feed.forget(look),
  }
  return untilTrue(node, options, { holds, watch })
}

/** What else than the node's state is to be looked at: calls back once, if it is not forgotten. */
interface Watch {
  readonly wake: (look: () => void) => void
  readonly forget: (look: () => void) => void
}

function untilTrue(
  node: BusNode,
  options: ReadyOptions,
  { holds, watch }: { readonly holds: () => boolean; readonly watch?: Watch },
): Promise<void> {
  const { timeoutMs = READY_TIMEOUT_MS, signal } = options
  return new Promise<void>((resolve, reject) => {
    const settle = (error?: BusError) => {
      clearTimeout(timer)
      node.off('state', look).off('closed', closed)
      watch?.forget(look)
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
      else watch?.wake(look)
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
