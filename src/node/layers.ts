// What rides on a node without being the user's: messages of the directory and of services.

import type { SendOutcome } from '../core/outbound.js'
import { BusError } from '../errors.js'
import { EXTENSION, LAYER_KINDS_FROM } from '../wire/extension.js'
import type { BusMessage } from './bus-message.js'
import type { Undelivered } from './events.js'
import type { Outgoing } from './outgoing.js'
import { handled, throwLater } from './user-code.js'

export const LAYERS = { directory: EXTENSION.DIRECTORY, service: EXTENSION.SERVICE } as const

export type LayerName = keyof typeof LAYERS

export interface LayerHandlers {
  /** As `message` of a node: it may be kept, and what is thrown ends in an uncaught exception. */
  readonly message: (message: BusMessage) => void
  /** A message of this layer came back. Default: nothing is done. */
  readonly undelivered?: (failure: Undelivered) => void
  /** The node begins to close: what is sent now still goes out, later it does not. */
  readonly closing?: () => void
}

/** One layer's way out. */
export interface Layer {
  /**
   * As `node.send`, and `unsupported` where the target is known to be a plain node. Throws
   * MESSAGE_TOO_LONG and BAD_ARGUMENT (a type that is not a whole number of 32 bits).
   */
  send(to: bigint, content: Uint8Array, fields?: LayerFields): SendOutcome
  /** More is thrown as MESSAGE_TOO_LONG. */
  readonly contentBytesMax: number
  /** Of the last message that was sent: `undelivered` names its sequence. */
  readonly lastSequence: number
  /** The number of the link that it left by; 0 for one to this node. */
  readonly lastLink: number
  /** More than half of what the connection it left by may keep is waiting: its reader is slow. */
  readonly isSlow: boolean
  /** Nothing is received any more, and the layer may be opened again. */
  close(): void
}

export interface LayerFields {
  /** Default 0. */
  readonly type?: number
  /** Names a question and its answer; default 0. */
  readonly number?: bigint
  /** Default 0. */
  readonly code?: number
}

export class Layers {
  readonly #outgoing: Outgoing
  readonly #slowBytes: number
  readonly #open = new Map<number, LayerHandlers>()

  /** `sendBufferBytesMax` is what a connection may keep. */
  constructor(outgoing: Outgoing, sendBufferBytesMax: number) {
    this.#outgoing = outgoing
    this.#slowBytes = sendBufferBytesMax / 2
  }

  /** Throws BAD_ARGUMENT where the layer is open already: one of each rides on a node. */
  open(name: LayerName, handlers: LayerHandlers): Layer {
    const kind = LAYERS[name]
    if (this.#open.has(kind)) throw new BusError('BAD_ARGUMENT', `layer ${name} is open already`)
    this.#open.set(kind, handlers)
    const outgoing = this.#outgoing
    const usual = { kind }
    const slowBytes = this.#slowBytes
    return {
      send: (to, content, fields) =>
        outgoing.send(to, content, fields === undefined ? usual : { ...fields, kind }),
      contentBytesMax: outgoing.payloadBytesMax,
      get lastSequence() {
        return outgoing.lastSequence
      },
      get isSlow() {
        return outgoing.lastPendingBytes > slowBytes
      },
      get lastLink() {
        return outgoing.lastLink
      },
      close: () => {
        if (this.#open.get(kind) === handlers) this.#open.delete(kind)
      },
    }
  }

  /** False where nobody here has such a layer. */
  message(kind: number, message: BusMessage): boolean {
    const layer = this.#open.get(kind)
    if (layer === undefined) return false
    // For every message: no function is made for it.
    try {
      layer.message(message)
    } catch (error) {
      throwLater(error)
    }
    return true
  }

  closing(): void {
    for (const layer of [...this.#open.values()]) {
      handled(() => {
        layer.closing?.()
        return true
      })
    }
  }

  /** False for what was not sent by a layer: then it is the user's. */
  undelivered(kind: number, failure: Undelivered): boolean {
    if (kind < LAYER_KINDS_FROM) return false
    const layer = this.#open.get(kind)
    handled(() => {
      layer?.undelivered?.(failure)
      return true
    })
    return true
  }
}
