// The changes of the routing table as events of the node, and as the end of calls.

import type { EventEmitter } from 'node:events'
import type { RouteChange, RoutesView } from '../core/routes/routes-view.js'
import { unreachable } from '../errors.js'
import type { Calls } from './calls.js'
import type { BusNodeEvents } from './events.js'
import { RouteFeed } from './route-feed.js'
import { runUserCode } from './user-code.js'

const ROUTE_EVENTS = ['route_up', 'route_down', 'route_changed', 'route_reset'] as const

/** Events are made only while somebody listens to one of them. */
export function routeFeedOf(
  node: EventEmitter<BusNodeEvents>,
  view: RoutesView,
  calls: Calls,
): RouteFeed {
  return new RouteFeed({
    view,
    isHeard: () => ROUTE_EVENTS.some((name) => node.listenerCount(name) > 0),
    tell: (change) => runUserCode(() => emitRoute(node, change)),
    isNeeded: () => calls.size > 0,
    changed: () => calls.failGone(),
  })
}

function emitRoute(node: EventEmitter<BusNodeEvents>, change: RouteChange): boolean {
  switch (change.kind) {
    case 'up':
      return node.emit('route_up', change.route)
    case 'changed':
      return node.emit('route_changed', change.route)
    case 'down':
      return node.emit('route_down', { id: change.id, reason: change.reason })
    case 'reset':
      return node.emit('route_reset')
    default:
      return unreachable(change)
  }
}
