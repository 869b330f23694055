// What is to be sent: waits for a link that is full, in order, and never without a bound.

import type { Layer } from '../../node/layers.js'
import type { DirectoryMessage } from '../directory-messages.js'
import { MessageEncoder } from '../message-encoder.js'

/**
 * What a layer's message is. A node whose directory begins after its links came up has missed the
 * greetings of registries and asks for them (`GREET_ME`, empty). Who is asked and is no registry
 * names the one it watches (`REGISTRY_IS`, its id in 8 bytes), so a parent is enough to find one.
 */
export const WORD = { MESSAGE: 0, GREET_ME: 1, REGISTRY_IS: 2 } as const

/** A snapshot of 50,000 nodes for each of several watchers that read slowly. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

const NOTHING = new Uint8Array(0)

export class Outbox {
  readonly #layer: Layer
  readonly #encoder = new MessageEncoder()
  /** For each who is not written to at once, what it is still to get. */
  readonly #waiting = new Map<bigint, Uint8Array[]>()
  #waitingBytes = 0
  sent = 0
  /** No way led there, or too much was waiting: lists are compared and repaired later. */
  dropped = 0

  constructor(layer: Layer) {
    this.#layer = layer
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  send(to: bigint, message: DirectoryMessage): void {
    const bytes = this.#encoder.encode(message)
    const queue = this.#waiting.get(to)
    if (queue !== undefined) this.#wait(to, queue, bytes)
    else if (!this.#write(to, bytes)) this.#wait(to, [], bytes)
  }

  askForGreeting(to: bigint): void {
    this.#layer.send(to, NOTHING, { type: WORD.GREET_ME })
  }

  introduce(to: bigint, registry: bigint): void {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, registry)
    this.#layer.send(to, bytes, { type: WORD.REGISTRY_IS })
  }

  /** A link that was full takes messages again. */
  writable(): void {
    for (const [to, queue] of this.#waiting) {
      while (queue[0] !== undefined && this.#write(to, queue[0])) {
        this.#waitingBytes -= queue.shift()?.length ?? 0
      }
      if (queue.length === 0) this.#waiting.delete(to)
    }
  }

  forget(to: bigint): void {
    for (const { length } of this.#waiting.get(to) ?? []) this.#waitingBytes -= length
    this.#waiting.delete(to)
  }

  /** False where it has to wait. */
  #write(to: bigint, bytes: Uint8Array): boolean {
    const outcome = this.#layer.send(to, bytes, { type: WORD.MESSAGE })
    if (outcome === 'full') return false
    if (outcome === 'sent') this.sent++
    else this.dropped++
    return true
  }

  #wait(to: bigint, queue: Uint8Array[], bytes: Uint8Array): void {
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.dropped++
      return
    }
    queue.push(bytes)
    this.#waiting.set(to, queue)
    this.#waitingBytes += bytes.length
  }
}
