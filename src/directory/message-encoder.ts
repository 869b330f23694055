// Encodes messages of which many carry the same registration: a change goes to every watcher.

import { varintBytes, writeVarint } from '../wire/proto-writer.js'
import { encodeBatchWithoutPuts, encodeMessage, encodeRegistration } from './directory-encode.js'
import type { Batch, DirectoryMessage } from './directory-messages.js'
import type { Registration } from './record.js'

/** A burst of changes; a snapshot is larger and goes to few. */
const KEPT_MAX = 256

/** Field numbers of `directory.proto` with the wire type of what has a length. */
const TAG = { batch: (11 << 3) | 2, put: (8 << 3) | 2 } as const

export class MessageEncoder {
  /** Registrations are values: one object never has other bytes. */
  readonly #kept = new Map<Registration, Uint8Array>()

  /** The same bytes for a reader as those of `encodeMessage`; fields may stand in another order. */
  encode(message: DirectoryMessage): Uint8Array {
    const isShared = message.kind === 'batch' && message.puts.length > 0
    return isShared ? this.#batch(message) : encodeMessage(message)
  }

  #batch(batch: Batch): Uint8Array {
    const rest = encodeBatchWithoutPuts(batch)
    const puts = batch.puts.map((registration) => this.#registration(registration))
    let length = rest.length
    for (const put of puts) length += 1 + varintBytes(put.length) + put.length
    const bytes = new Uint8Array(1 + varintBytes(length) + length)
    let at = writeHead(bytes, 0, TAG.batch, length)
    bytes.set(rest, at)
    at += rest.length
    for (const put of puts) {
      at = writeHead(bytes, at, TAG.put, put.length)
      bytes.set(put, at)
      at += put.length
    }
    return bytes
  }

  #registration(registration: Registration): Uint8Array {
    const kept = this.#kept.get(registration)
    if (kept !== undefined) return kept
    const bytes = encodeRegistration(registration)
    // All at once: the next change is another one.
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear()
    this.#kept.set(registration, bytes)
    return bytes
  }
}

/** Writes a tag and a length; answers where the content begins. */
function writeHead(bytes: Uint8Array, start: number, tag: number, length: number): number {
  bytes[start] = tag
  return writeVarint(bytes, start + 1, length)
}
