// What a node can be waited for: that it runs, that its routes are complete, that an id is there.

import { formatId } from '../core/bus-id.js'
import type { BusNode } from './bus-node.js'
import type { RouteFeed } from './route-feed.js'
import { type UntilOptions, until } from './until.js'

export type ReadyOptions = UntilOptions

/** Rejects with TIMEOUT, ABORTED, or NODE_CLOSED where the node closes first. */
export function untilRunning(node: BusNode, options: ReadyOptions): Promise<void> {
  return untilTrue(node, options, { holds: () => true })
}

/** Until the node runs and every neighbour has told it all that it knows; rejects likewise. */
export function untilRoutesComplete(
  node: BusNode,
  feed: RouteFeed,
  options: ReadyOptions,
): Promise<void> {
  const holds = (): boolean => node.routes.isComplete
  const wake = (look: () => void): void => feed.onComplete(look)
  return untilTrue(node, options, { holds, feed: { wake, forget: (look) => feed.forget(look) } })
}

/** Until an id is known to be reachable; rejects likewise. */
export function untilReachable(
  node: BusNode,
  feed: RouteFeed,
  id: bigint,
  options: ReadyOptions,
): Promise<void> {
  const holds = (): boolean => node.routes.has(id) === true
  const wake = (look: () => void): void => feed.onChange(look)
  return untilTrue(node, options, { holds, feed: { wake, forget: (look) => feed.forget(look) } })
}

/** What else than the node's state is to be looked at: calls back once, if it is not forgotten. */
interface Feed {
  readonly wake: (look: () => void) => void
  readonly forget: (look: () => void) => void
}

function untilTrue(
  node: BusNode,
  options: ReadyOptions,
  { holds, feed }: { readonly holds: () => boolean; readonly feed?: Feed },
): Promise<void> {
  const what = `${formatId(node.id)} is ${node.state}`
  const watch = (look: () => void, closed: () => void): (() => void) => {
    const woken = (): void => {
      feed?.wake(woken)
      look()
    }
    feed?.wake(woken)
    node.on('state', look).on('closed', closed)
    return () => {
      node.off('state', look).off('closed', closed)
      feed?.forget(woken)
    }
  }
  const says = { TIMEOUT: what, NODE_CLOSED: what, ABORTED: what }
  return until({ holds: () => node.state === 'running' && holds(), watch, says }, options)
}
