// The public names of treebus.

export type { Address } from './channel/address.js'
export { type BusIdLike, formatId, parseId } from './core/bus-id.js'
export type { LinkDownReason, LinkInfo, LinkRole, NodeState } from './core/effects.js'
export type { RetryPolicy } from './core/parent-dialler.js'
export type { RouteChange, RouteDownReason, RouteInfo } from './core/routes/routes-view.js'
export type { PeerData, PolicyRule, Relation, TopologyPeer } from './core/topology.js'
export { BusError, type BusErrorCode, type Fault } from './errors.js'
export type { BusMessage } from './node/bus-message.js'
export { BusNode } from './node/bus-node.js'
export type { CallOptions, PeerReport } from './node/calls.js'
export type { Capabilities } from './node/capabilities.js'
export type {
  BusNodeEvents,
  CommandEvent,
  LinkDown,
  Refused,
  RouteDown,
  Undelivered,
} from './node/events.js'
export type { Layer, LayerFields, LayerHandlers, LayerName } from './node/layers.js'
export type { BusLogger } from './node/logger.js'
export type { MessageBatch } from './node/message-batch.js'
export type { BusNodeOptions, TopologyEntry } from './node/options.js'
export type { ReadyOptions } from './node/ready.js'
export type { ChangesOptions, Routes } from './node/routes.js'
export type { Payload, SendOptions, SendResult } from './node/send-result.js'
export type { SubnetGrant } from './node/subnets.js'
