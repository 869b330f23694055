// What goes into the core and what comes out: the only words between it and its shell.

import type { BusErrorCode } from '../errors.js'
import type { FrameReader } from '../wire/frame.js'
import type { Outlet } from '../wire/outlet.js'
import type { Carriage } from './carriage.js'

/** One open connection as the shell hands it over. */
export interface Port {
  readonly outlet: Outlet
  readonly reader: FrameReader
  readonly channel: 'tcp' | 'unix' | 'inproc' | 'ring'
  /** Absent where its bytes cannot move to shared memory. */
  readonly carriage?: Carriage
  readonly localAddress: string
  readonly remoteAddress: string
}

export type Input =
  /** Once, first. */
  | { readonly kind: 'start' }
  /** We listen there: announced to peers from now on. */
  | { readonly kind: 'listening'; readonly address: string; readonly announced?: string }
  | { readonly kind: 'accepted'; readonly connection: number; readonly port: Port }
  | { readonly kind: 'dialled'; readonly connection: number; readonly port: Port }
  | { readonly kind: 'dial_failed'; readonly connection: number; readonly detail: string }
  /**
   * `clean`: the other end closed in good order. Late ones, for connections we ended, are ignored.
   */
  | { readonly kind: 'closed'; readonly connection: number; readonly clean: boolean }
  /** A deadline may have passed. */
  | { readonly kind: 'tick' }
  /** The user wants a link to a sibling. */
  | { readonly kind: 'connect'; readonly address: string; readonly expectedId?: bigint }
  | { readonly kind: 'disconnect'; readonly id: bigint }
  | {
      readonly kind: 'command'
      readonly to: bigint
      readonly sequence: bigint
      readonly args: readonly Uint8Array[]
    }
  | {
      readonly kind: 'command_reply'
      readonly call: CommandCall
      readonly args: readonly Uint8Array[]
    }
  /** Tokens take effect at the next registration; links that stand are not touched. */
  | { readonly kind: 'tokens'; readonly tokens: readonly Uint8Array[] }
  /** Whether links of this host may move to shared memory, those that stand included. */
  | { readonly kind: 'shared_memory'; readonly isOn: boolean }
  /** About to leave: our own kind is told, and sends nothing more but answers. */
  | { readonly kind: 'drain' }
  /** Leave: every link is told and ended, nothing is dialled again. */
  | { readonly kind: 'stop' }

export type Effect =
  | { readonly kind: 'dial'; readonly connection: number; readonly address: string }
  /** A whole frame, to be written to that connection before anything that follows. */
  | { readonly kind: 'send'; readonly connection: number; readonly frame: Uint8Array }
  | { readonly kind: 'close'; readonly connection: number; readonly how: 'flush' | 'now' }
  /** Read no further: what has come by it has to wait. `receive` does nothing until `resume`. */
  | { readonly kind: 'pause'; readonly connection: number }
  /** Read on; what has come in the meantime is to be received on a later turn. */
  | { readonly kind: 'resume'; readonly connection: number }
  | { readonly kind: 'event'; readonly event: CoreEvent }

/** Where a command came from, so that its answer finds the way back. */
export interface CommandCall {
  readonly connection: number
  readonly from: bigint
  readonly sequence: bigint
  readonly type: number
}

export type LinkRole = 'parent' | 'child' | 'sibling'

/** Why a link ended. */
export type LinkDownReason =
  /** The other end said that it leaves, or closed in good order. */
  | 'left'
  /** The connection broke. */
  | 'lost'
  /** Nothing was heard for three ping intervals. */
  | 'silent'
  /** The same node, or a new life of it, registered anew. */
  | 'replaced'
  /** It broke the protocol; the event's code says how. */
  | 'fault'
  /** Opened on demand, and unused for long. */
  | 'idle'
  /** Its id belongs to another life that is known and lives. */
  | 'conflict'
  /** A plain peer's second connection never came. */
  | 'half_registered'
  /** The user asked for it. */
  | 'disconnected'
  /** This node is closing. */
  | 'closing'

/** A link as events and lists show it: a value, not the live thing. */
export interface LinkInfo {
  readonly id: bigint
  /** Names this life of the link; never used again. */
  readonly number: number
  readonly role: LinkRole
  /** A plain libatbus node, not one of ours. */
  readonly plain: boolean
  /** What carries the messages that we send; `ring` also where the link was made over a socket. */
  readonly channel: Port['channel']
  readonly address: string
  readonly pid: number
  readonly hostname: string
  readonly encrypted: boolean
  /** Of the last answered ping. */
  readonly roundTripMs: number | undefined
}

export type NodeState = 'connecting' | 'running' | 'parent_lost' | 'stopped'

export type CoreEvent =
  | { readonly kind: 'state'; readonly state: NodeState }
  | { readonly kind: 'link_up'; readonly link: LinkInfo }
  /** What we send goes by another channel from now on. */
  | { readonly kind: 'link_path'; readonly link: LinkInfo }
  /** The other end is about to leave: it takes nothing new. */
  | { readonly kind: 'link_leaving'; readonly link: LinkInfo }
  | {
      readonly kind: 'link_down'
      readonly link: LinkInfo
      readonly reason: LinkDownReason
      readonly code?: BusErrorCode
    }
  /** A registration failed, in either role; `id` where it is known. */
  | {
      readonly kind: 'refused'
      readonly by: 'us' | 'peer'
      readonly id: bigint
      readonly address: string
      readonly code: BusErrorCode
      readonly wireCode: number
    }
  | { readonly kind: 'dial_failed'; readonly address: string; readonly detail: string }
  /** The parent is another node than before (spec D.2). */
  | { readonly kind: 'parent_changed'; readonly previous: bigint; readonly parent: bigint }
  | {
      readonly kind: 'command'
      readonly call: CommandCall
      readonly args: readonly Uint8Array[]
    }
  | {
      readonly kind: 'command_reply'
      readonly from: bigint
      readonly sequence: bigint
      readonly args: readonly Uint8Array[]
    }
  /** A command could not be sent. That its link ended later shows in `link_down`. */
  | { readonly kind: 'command_failed'; readonly sequence: bigint; readonly code: BusErrorCode }
  | { readonly kind: 'pong'; readonly id: bigint; readonly roundTripMs: number }
  /** With `firstConnection: 'give_up'`: the node must end. */
  | { readonly kind: 'gave_up'; readonly code: BusErrorCode; readonly detail: string }
