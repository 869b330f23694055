// The changes of the routing table as events of the node.

import type { EventEmitter } from 'node:events'
import type { RouteChange } from '../core/routes/routes-view.js'
import { unreachable } from '../errors.js'
import type { BusNodeEvents } from './events.js'

const ROUTE_EVENTS = ['route_up', 'route_down', 'route_changed', 'route_reset'] as const

export function hearsRoutes(node: EventEmitter<BusNodeEvents>): boolean {
  return ROUTE_EVENTS.some((name) => node.listenerCount(name) > 0)
}

export function emitRoute(node: EventEmitter<BusNodeEvents>, change: RouteChange): boolean {
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
