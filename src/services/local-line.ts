// Messages of this process to itself: handed over later, in order, and without bytes.

import { throwLater } from '../node/user-code.js'
import type { ServiceMessage } from './service-protocol.js'

/** So many, and what their handlers send with them, before the loop turns: others want it too. */
const TURN_MESSAGES_MAX = 256

/** As much as a node takes of messages to itself; the sender feels it like any other full queue. */
const BYTES_MAX = 8 * 1024 * 1024
/** For what a message is besides its payload. */
const MESSAGE_BYTES = 64

export interface LocalLineOptions {
  readonly deliver: (message: ServiceMessage) => void
  /** It had refused a message and is half empty again. */
  readonly writable: () => void
}

export class LocalLine {
  readonly #options: LocalLineOptions
  #waiting: ServiceMessage[] = []
  #bytes = 0
  #isScheduled = false
  /** Messages that may still be handed over in this turn of the loop. */
  #left = TURN_MESSAGES_MAX
  #hasRefused = false

  constructor(options: LocalLineOptions) {
    this.#options = options
  }

  /** The payload is kept as it is: whoever sends has copied it. */
  push(message: ServiceMessage): 'sent' | 'full' {
    const bytes = MESSAGE_BYTES + message.payload.length
    if (this.#bytes > 0 && this.#bytes + bytes > BYTES_MAX) {
      this.#hasRefused = true
      return 'full'
    }
    this.#bytes += bytes
    this.#waiting.push(message)
    if (!this.#isScheduled) this.#schedule()
    return 'sent'
  }

  /** What waits is dropped. */
  close(): void {
    this.#waiting = []
    this.#bytes = 0
  }

  #schedule(): void {
    this.#isScheduled = true
    if (this.#left > 0) queueMicrotask(this.#deliver)
    else setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#left = TURN_MESSAGES_MAX
    this.#deliver()
  }

  readonly #deliver = (): void => {
    for (const message of this.#taken()) {
      this.#bytes -= MESSAGE_BYTES + message.payload.length
      try {
        this.#options.deliver(message)
      } catch (error) {
        throwLater(error)
      }
    }
    this.#isScheduled = false
    if (this.#waiting.length > 0) this.#schedule()
    if (this.#hasRefused && this.#bytes <= BYTES_MAX / 2) {
      this.#hasRefused = false
      this.#options.writable()
    }
  }

  #taken(): ServiceMessage[] {
    const isAll = this.#waiting.length <= this.#left
    const taken = isAll ? this.#waiting : this.#waiting.splice(0, this.#left)
    if (isAll) this.#waiting = []
    this.#left -= taken.length
    return taken
  }
}
