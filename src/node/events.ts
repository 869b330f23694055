// What a node tells its user, by event name.

import type { LinkDownReason, LinkInfo, NodeState } from '../core/effects.js'
import type { RouteDownReason, RouteInfo } from '../core/routes/routes-view.js'
import type { BusErrorCode } from '../errors.js'
import type { BusMessage } from './bus-message.js'
import type { MessageBatch } from './message-batch.js'

/** A message that this node sent and that did not arrive. */
export interface Undelivered {
  /** The id that it was for. */
  readonly to: bigint
  readonly type: number
  readonly sequence: bigint
  readonly code: BusErrorCode
  /** The number on the wire, for codes of other implementations. */
  readonly wireCode: number
  /** The node that could not send it on. */
  readonly by: bigint
}

export interface LinkDown {
  readonly link: LinkInfo
  readonly reason: LinkDownReason
  /** With `fault`: what it broke. */
  readonly code?: BusErrorCode
}

export interface RouteDown {
  readonly id: bigint
  readonly reason: RouteDownReason
}

export interface Refused {
  readonly by: 'us' | 'peer'
  /** 0 where it did not come to an id. */
  readonly id: bigint
  readonly address: string
  readonly code: BusErrorCode
  readonly wireCode: number
}

export interface CommandEvent {
  readonly from: bigint
  readonly args: readonly Uint8Array[]
  /** Answers it, once. Without an answer the sender gets an empty one when the handlers return. */
  reply(args: readonly (Uint8Array | string)[]): void
  /** Keeps the command open for an answer that comes later. */
  defer(): void
}

/** The events of `BusNode` and their arguments. */
export interface BusNodeEvents {
  /** A message or a request for this node. */
  message: [message: BusMessage]
  /**
   * All messages and requests of one read. Where somebody listens for batches, no `message` is
   * told. The batch is valid until the handler returns.
   */
  batch: [batch: MessageBatch]
  /** A message that was `sent` came back: it was not delivered. */
  undelivered: [failure: Undelivered]
  link_up: [link: LinkInfo]
  /** What we send on it goes by another channel from now on: shared memory, or its socket again. */
  link_path: [link: LinkInfo]
  /** The other end is closing: it still answers, but new messages for it have no route. */
  link_leaving: [link: LinkInfo]
  link_down: [down: LinkDown]
  /** A registration failed, ours or somebody's at us. */
  refused: [refusal: Refused]
  dial_failed: [failure: { readonly address: string; readonly detail: string }]
  state: [state: NodeState]
  /** The parent is another node than before; `previous` is 0 at the first. */
  parent_changed: [change: { readonly previous: bigint; readonly parent: bigint }]
  /** An id became known. Routes are told once a turn; an id that came and went is not told. */
  route_up: [route: RouteInfo]
  /** An id is known to nobody any more; not at once for what was above a lost parent. */
  route_down: [down: RouteDown]
  /** Still known, but another way, another life or another parent may count for it. */
  route_changed: [route: RouteInfo]
  /** More than 65,536 changes came within one turn: look at `routes` as a whole. */
  route_reset: []
  /** A custom command of the libatbus family. */
  command: [command: CommandEvent]
  /** A neighbour answered a ping. */
  pong: [pong: { readonly id: bigint; readonly roundTripMs: number }]
  /** A connection that had answered `full` takes messages again. */
  writable: []
  /** With `firstConnection: 'give_up'`: the node has ended. */
  gave_up: [why: { readonly code: BusErrorCode; readonly detail: string }]
  closed: []
}
