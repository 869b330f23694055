// What a message is sent with, and what became of it.

/** Content of a message; a string is sent as UTF-8. */
export type Payload = Uint8Array | string

/**
 * What became of a message when it was handed over.
 *
 * sent      it is on its way, and in order behind what was sent before it
 * full      the connection's queue is full; try again after `writable`
 * closed    this node is closing
 * no_route  there is no way to that id
 */
export type SendResult = 'sent' | 'full' | 'closed' | 'no_route'

export interface SendOptions {
  /** A number of the caller's choice that travels with the message: signed 32 bits. Default 0. */
  readonly type?: number
}
