// The messages beside the data path as plain typed values.

import type { AccessData } from './access.js'
import type { CarrierBody } from './carrier-messages.js'
import type { RouteBody } from './route-messages.js'

export type { AccessData }

/** 64-bit numbers are bigints; unsigned unless said otherwise. */
/** Enumerations stay numbers: a newer peer may know more of them than we do. */
export interface Handshake {
  readonly sequence: bigint
  readonly type: number
  readonly kdfs: readonly number[]
  readonly algorithms: readonly number[]
  readonly publicKey: Uint8Array
  readonly ivBytes: number
  readonly tagBytes: number
}

export interface IdRange {
  readonly prefix: bigint
  readonly maskBits: number
}

/** What one of ours says of itself; plain peers have none. */
export interface Announcement {
  readonly revision: number
  readonly capabilities: bigint
  /** 1 child, 2 sibling; 0 in a response. */
  readonly role: number
  readonly incarnation: Uint8Array
  readonly attach: bigint
  /** 0 where the dialler does not know whom it will find. */
  readonly expectedId: bigint
  readonly ranges: readonly IdRange[]
  readonly ownAddresses: readonly string[]
  readonly bindings: readonly Uint8Array[]
}

export interface RegisterData {
  readonly id: bigint
  readonly pid: number
  readonly hostname: string
  readonly addresses: readonly string[]
  readonly schemes: readonly string[]
  readonly compressions: readonly number[]
  readonly flags: number
  readonly access?: AccessData
  readonly hashCode: string
  readonly handshake?: Handshake
  readonly announcement?: Announcement
  /** Of a decoded one: register_data as it came, a view of receive memory; bindings cover it. */
  readonly raw?: Uint8Array
}

export interface PingData {
  /** Since 1970, signed. */
  readonly timePointUs: bigint
  /** With a key refresh only. */
  readonly handshake?: Handshake
  readonly refreshBindings: readonly Uint8Array[]
}

export interface CommandData {
  readonly from: bigint
  readonly args: readonly Uint8Array[]
  readonly access?: AccessData
  /** Over the command and its link, one for each token: none from a plain peer. */
  readonly bindings?: readonly Uint8Array[]
}

export interface ConfirmData {
  /** Of the handshake that is in force; 0 without one. */
  readonly sequence: bigint
  /** Over the response that it completes, one for each token: none from a plain peer. */
  readonly bindings?: readonly Uint8Array[]
}

export type ControlBody =
  | { readonly kind: 'command_req' | 'command_rsp'; readonly command: CommandData }
  | { readonly kind: 'register_req' | 'register_rsp'; readonly register: RegisterData }
  | { readonly kind: 'ping' | 'pong'; readonly ping: PingData }
  | ({ readonly kind: 'handshake_confirm' } & ConfirmData)
  /**
   * `code`: 0, or the wire number of the error for which the receiver has to go. `yields`: the last
   * word on this connection alone; `follows`: there is a last word to be waited for elsewhere.
   */
  | {
      readonly kind: 'leave'
      readonly code: number
      readonly drains: boolean
      readonly yields?: boolean
      readonly follows?: boolean
    }
  | RouteBody
  | CarrierBody

export type ControlKind = ControlBody['kind']
