// Messages of a node to itself: handed over on a later turn, bounded like any other queue.

import type { ReceivedData, ReceivedHead } from './bus-message.js'

/** So many in one turn; what their handlers send waits for the next, or nothing else got one. */
const TURN_MESSAGES_MAX = 256

/** The sender feels it like any other full queue. */
const BYTES_MAX = 8 * 1024 * 1024

export interface LoopbackOptions {
  readonly deliver: (data: ReceivedData, head: ReceivedHead) => void
  /** What one turn had to deliver is delivered. */
  readonly turnEnded: () => void
  /** It had refused a message and is half empty again. */
  readonly writable: () => void
  readonly empty: () => void
}

export class Loopback {
  readonly #options: LoopbackOptions
  readonly #waiting: { data: ReceivedData; head: ReceivedHead }[] = []
  #bytes = 0
  #scheduled = false
  #refused = false

  constructor(options: LoopbackOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False, and nothing is kept, where it is full. */
  push(data: ReceivedData, head: ReceivedHead): boolean {
    const bytes = data.contentEnd - data.contentStart
    if (this.#bytes > 0 && this.#bytes + bytes > BYTES_MAX) {
      this.#refused = true
      return false
    }
    this.#bytes += bytes
    this.#waiting.push({ data, head })
    if (!this.#scheduled) {
      this.#scheduled = true
      queueMicrotask(() => this.#turn())
    }
    return true
  }

  #turn(): void {
    for (const { data, head } of this.#waiting.splice(0, TURN_MESSAGES_MAX)) {
      this.#bytes -= data.contentEnd - data.contentStart
      this.#options.deliver(data, head)
    }
    this.#options.turnEnded()
    if (this.#waiting.length > 0) setImmediate(() => this.#turn())
    else this.#scheduled = false
    if (this.#refused && this.#bytes <= BYTES_MAX / 2) {
      this.#refused = false
      this.#options.writable()
    }
    if (this.#waiting.length === 0) this.#options.empty()
  }
}
