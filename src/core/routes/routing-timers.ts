// The deadlines of the routing table, by what they are for.

const ROUTING_TIMERS = [
  'routes',
  'warm',
  'grace',
  'circle',
  'judge',
  'refused',
  'own',
  'sight',
  'flap',
  'sync',
  'idle',
  'gate',
  'pace',
] as const

export type RoutingTimer = (typeof ROUTING_TIMERS)[number]

export function isRoutingTimer(kind: string | undefined): kind is RoutingTimer {
  return (ROUTING_TIMERS as readonly (string | undefined)[]).includes(kind)
}
