// Which kinds of messages a connection takes in which phase, and which of them only sealed.

import type { BodyKind } from '../wire/body.js'
import type { Connection } from './connection.js'

/** Kinds that a keyed connection never takes in clear; the others are always in clear (A.6.1). */
export const SEALED_KINDS: ReadonlySet<BodyKind> = new Set([
  'data_req',
  'data_rsp',
  'command_req',
  'command_rsp',
  'subscribe_req',
  'subscribe_rsp',
  'route_update',
  'route_refuse',
  'unsubscribe',
  'conn_sync',
  'conn_sync_rsp',
  'ring_offer',
  'ring_answer',
  'carrier',
])

/** Which messages each phase takes; anything else ends the connection (robustness 7). */
export const LAWFUL_KINDS: Readonly<Record<Connection['phase'], ReadonlySet<BodyKind>>> = {
  dialling: new Set(),
  registering: new Set(['register_rsp']),
  awaiting: new Set(['register_req']),
  probing: new Set(),
  confirming: new Set(['handshake_confirm']),
  temporary: new Set(['handshake_confirm', 'leave', 'command_req', 'command_rsp']),
  bound: new Set(['register_req', 'handshake_confirm', 'leave', 'ping', 'pong', ...SEALED_KINDS]),
  ended: new Set(),
}

/** What counts on a connection that gave way; what is for its link as a whole came too late. */
export const LAST_KINDS: ReadonlySet<BodyKind> = new Set([
  'leave',
  'data_req',
  'data_rsp',
  'command_req',
  'command_rsp',
])
