// The public names of treebus.

export type { AdvertisingProvider, BootstrapProvider } from './bootstrap/bootstrap-provider.js'
export { EtcdProvider, type EtcdProviderOptions } from './bootstrap/etcd-provider.js'
export { FileProvider } from './bootstrap/file-provider.js'
export { RedisProvider, type RedisProviderOptions } from './bootstrap/redis-provider.js'
export { StaticProvider } from './bootstrap/static-provider.js'
export type { Address } from './channel/address.js'
export { type BusIdLike, formatId, parseId } from './core/bus-id.js'
export type { LinkDownReason, LinkInfo, LinkRole, NodeState } from './core/effects.js'
export type { RetryPolicy } from './core/parent-dialler.js'
export type { RouteChange, RouteDownReason, RouteInfo } from './core/routes/routes-view.js'
export type { PeerData, PolicyRule, Relation, TopologyPeer } from './core/topology.js'
export type { ClientTimes, DownReason } from './directory/client-config.js'
export {
  type LeaseKind,
  type NodeInfo,
  REGISTRY_APP,
  type Registration,
  type ServiceRecord,
  STATUS,
  type Status,
  type Wants,
} from './directory/record.js'
export type { RegistryLimits, RegistryTimes } from './directory/registry-config.js'
export type { RegistryStatus } from './directory/registry-core.js'
export { RESULT, type Refusal, type ResultCode } from './directory/result-code.js'
export { Directory, type ServiceChange, type ServiceQuery } from './directory/shell/directory.js'
export type {
  DirectoryEvents,
  DirectoryRefused,
  ServiceEntry,
} from './directory/shell/directory-events.js'
export type { DirectoryOptions, RegistryOptions } from './directory/shell/directory-options.js'
export type { DirectoryStatus } from './directory/shell/directory-status.js'
export type { OrderOptions, OrderResult } from './directory/shell/orders.js'
export type { ServiceOffer, ServiceOfferList } from './directory/shell/service-offer.js'
export type { RemovalReason } from './directory/tombstone.js'
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
export type { KnownTopology } from './node/known-topology.js'
export type { Layer, LayerFields, LayerHandlers, LayerName } from './node/layers.js'
export type { BusLogger } from './node/logger.js'
export type { MessageBatch } from './node/message-batch.js'
export type { BusNodeOptions, TopologyEntry } from './node/options.js'
export type { ReadyOptions } from './node/ready.js'
export type { ChangesOptions, Routes } from './node/routes.js'
export type { Payload, SendOptions, SendResult } from './node/send-result.js'
export type { SubnetGrant } from './node/subnets.js'
export {
  answerOf,
  type CallFailure,
  type CallOutcome,
  errorOf,
  outcomeOf,
} from './services/call-outcome.js'
export type { ServiceCallOptions } from './services/caller.js'
export type { Candidate } from './services/candidate.js'
export { Cluster, type ClusterSendResult, type HandleOptions } from './services/cluster.js'
export type {
  ClusterEvents,
  ClusterOptions,
  ClusterServiceOptions,
} from './services/cluster-options.js'
export { ClusterPeer, IP_KIND } from './services/cluster-peer.js'
export { bytesCodec, type Codec, jsonCodec, protobufCodec } from './services/codec.js'
export {
  type CallSpec,
  type Contract,
  defineCall,
  defineMessage,
  defineService,
  defineStream,
  type Implementation,
  implement,
  type MessageSpec,
  ServiceClient,
  type StreamSpec,
} from './services/contract.js'
export type { Handler } from './services/handler-table.js'
export type { IncomingCall } from './services/incoming-call.js'
export type { Selection, SelectOptions } from './services/pipeline.js'
export { all, Scope } from './services/scope.js'
export type { Selector } from './services/selector.js'
export type { HandlerFailed } from './services/service-desk.js'
export type { StreamOptions } from './services/stream-reader.js'
export type { Target } from './services/target.js'
