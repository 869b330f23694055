// What one read brought, gathered for the `batch` handlers.

import type { MessageColumns } from '../wire/message-columns.js'
import type { BusMessage, ReceivedData, ReceivedHead, Replier } from './bus-message.js'
import { MessageBatch } from './message-batch.js'

export interface BatchesOptions {
  readonly replier: Replier
  /** Makes late use of a batch fail: each is an object of its own, and its payloads are copies. */
  readonly debug: boolean
  /** Whether anybody listens for batches. */
  readonly isHeard: () => boolean
  /** Does not throw. */
  readonly onBatch: (batch: MessageBatch) => void
}

/**
 * Whether messages go one by one or in batches is decided at the first message of a read and holds
 * until `deliver`: a listener that comes or goes within a read changes the order of nothing.
 */
export class Batches {
  readonly #options: BatchesOptions
  #batch: MessageBatch | undefined
  #decision: 'open' | 'gathers' | 'singly' = 'open'

  constructor(options: BatchesOptions) {
    this.#options = options
  }

  /** Whether messages are to be given to `add`. */
  get gathers(): boolean {
    if (this.#decision === 'open') this.#decision = this.#options.isHeard() ? 'gathers' : 'singly'
    return this.#decision === 'gathers'
  }

  add(data: ReceivedData, head: ReceivedHead, request: BusMessage | undefined): void {
    this.#current.add(data, head, request)
    this.listed()
  }

  /** Where messages are listed, which `gathers` has allowed; there is room for one at least. */
  get columns(): MessageColumns {
    return this.#current.columns
  }

  /** Something was added to `columns`. */
  listed(): void {
    if (this.columns.isFull) this.deliver()
  }

  get #current(): MessageBatch {
    const { replier, debug } = this.#options
    this.#batch ??= new MessageBatch(replier, debug)
    return this.#batch
  }

  /** The read is over: what was gathered is handed over. */
  deliver(): void {
    this.#decision = 'open'
    const batch = this.#batch
    if (batch === undefined || batch.length === 0) return
    // A handler may have more delivered, which must not meet the batch that it is reading.
    this.#batch = undefined
    this.#options.onBatch(batch)
    batch.emptied()
    if (!this.#options.debug) this.#batch = batch
  }
}
