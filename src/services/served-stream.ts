// One stream of replies at its handler: its parts are made when they are asked for, and not before.

import type { HandlerEntry } from './handler-table.js'
import type { IncomingCall } from './incoming-call.js'
import { bytesOfPart, type StreamBatch } from './stream-messages.js'

/** Over that a batch is sent with what it has; one part alone may be longer. */
export const BATCH_BYTES_MAX = 64 * 1024

/** A part that was made, or the end, which may be an error. */
type Step = IteratorResult<unknown>

const NOT_YET = Symbol('not yet')

export class ServedStream {
  /** What opened it: its handler sees this one. */
  readonly opener: IncomingCall
  readonly #entry: HandlerEntry
  readonly #iterator: AsyncIterator<unknown>
  /** A part that is being made and was not there when its batch left. */
  #ahead: Promise<Step> | undefined
  /** Made, and too long for the batch before. */
  #over: Uint8Array | undefined
  /** Thrown after parts that had to leave first. */
  #thrown: { readonly error: unknown } | undefined
  /** That is being answered. */
  ask: IncomingCall | undefined
  /** Nobody reads it any more. */
  isStopped = false
  heardAtMs = 0

  constructor(opener: IncomingCall, entry: HandlerEntry, parts: AsyncIterable<unknown>) {
    this.opener = opener
    this.#entry = entry
    this.#iterator = parts[Symbol.asyncIterator]()
  }

  /**
   * At least one part, or the end; of further ones those that are there within the turn. Throws
   * what the handler threw, once all parts before it have been given.
   */
  async batch(partsMax: number): Promise<StreamBatch> {
    const parts: Uint8Array[] = []
    const thrown = this.#thrown
    if (thrown !== undefined) throw thrown.error
    try {
      return { parts, isDone: await this.#fill(parts, partsMax) }
    } catch (error) {
      if (parts.length === 0) throw error
      this.#thrown = { error }
      return { parts, isDone: false }
    }
  }

  /** Whether it has ended. */
  async #fill(parts: Uint8Array[], partsMax: number): Promise<boolean> {
    let turn: Promise<typeof NOT_YET> | undefined
    for (let bytes = 0; parts.length < partsMax; ) {
      const over = this.#over
      let part = over
      this.#over = undefined
      if (part === undefined) {
        this.#ahead ??= this.#iterator.next()
        // Looked at later, maybe: until then it must not count as an error that nobody handles.
        this.#ahead.catch(() => undefined)
        if (parts.length > 0) turn ??= turnOver()
        const step = await (turn === undefined ? this.#ahead : Promise.race([this.#ahead, turn]))
        if (step === NOT_YET) return false
        this.#ahead = undefined
        if (step.done === true) return true
        part = this.#entry.response.encode(step.value)
      }
      bytes += bytesOfPart(part)
      if (parts.length > 0 && bytes > BATCH_BYTES_MAX) {
        this.#over = part
        return false
      }
      // The codec may use its memory again for the next one.
      parts.push(part.slice())
    }
    return false
  }

  /** The handler is told: by its signal, and where it stands at a `yield`, there. */
  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    this.opener.gaveUp()
    // It ends when it ends, and what it throws then concerns nobody.
    Promise.resolve(this.#iterator.return?.()).catch(() => undefined)
  }
}

function turnOver(): Promise<typeof NOT_YET> {
  return new Promise((resolve) => setImmediate(() => resolve(NOT_YET)))
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function'
}
