// What a directory core asks its shell to do, and what it may ask about the bus.

import type { DirectoryMessage } from './directory-messages.js'

export interface Send {
  readonly kind: 'send'
  readonly to: bigint
  readonly message: DirectoryMessage
}

/** What both cores take in; each adds inputs of its own. */
export type BusInput =
  /** `from` is what the bus vouches for. */
  | { readonly kind: 'message'; readonly from: bigint; readonly message: DirectoryMessage }
  /** A direct link came up or ended. */
  | { readonly kind: 'link'; readonly id: bigint; readonly up: boolean }
  /** The routing table gained or lost its way to this node. */
  | { readonly kind: 'route'; readonly id: bigint; readonly up: boolean }
  /** A deadline may have passed. */
  | { readonly kind: 'tick' }

/** The routing table, asked and never copied: whether a way leads to the node now. */
export interface Reach {
  has(id: bigint): boolean
}
