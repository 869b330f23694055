// Frames over a ring connection: 4 bytes of length and the payload, on a raster of 4 bytes, written
// straight into the staging area and read where they landed.

import {
  type Connection,
  type ConnectionSink,
  DEFAULT_CONNECTION_LIMITS,
  type DialOptions,
} from '../../src/channel/channel.js'
import { RingChannel } from '../../src/channel/ring-channel.js'

const PREFIX_BYTES = 4
const SLAB_BYTES = 256 * 1024

/** Little is staged: what waits should wait in the processor's cache. */
export const RING_LIMITS: DialOptions = {
  ...DEFAULT_CONNECTION_LIMITS,
  sendBufferBytesMax: 256 * 1024,
  timeoutMs: 5_000,
}

/** Frames that fit one chunk of the staging area. */
export function batchOf(payloadBytes: number): number {
  return Math.max(1, Math.floor((64 * 1024) / (PREFIX_BYTES + payloadBytes)))
}

/** Lays frames into the staging area of one connection. */
export class RingFrameWriter {
  readonly #connection: Connection
  #memory: Uint8Array | undefined
  #words: Uint32Array = new Uint32Array(0)

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** `payload` once for each frame, every byte of it written anew. False: there is no room. */
  put(frames: number, payload: Uint32Array): boolean {
    const connection = this.#connection
    const bytes = frames * (PREFIX_BYTES + payload.byteLength)
    if (connection.claim(bytes) !== 'ok') return false
    if (connection.buffer !== this.#memory) {
      this.#memory = connection.buffer
      this.#words = new Uint32Array(this.#memory.buffer, this.#memory.byteOffset)
    }
    let to = connection.offset >> 2
    for (let i = 0; i < frames; i++) to = putFrame(this.#words, to, payload)
    connection.commit(bytes)
    return true
  }
}

/** By hand where the call of `set` would cost more than the copy; four words are a step. */
function putFrame(words: Uint32Array, at: number, payload: Uint32Array): number {
  const length = payload.length
  words[at] = length * 4
  if (length > 64 || length % 4 !== 0) {
    words.set(payload, at + 1)
    return at + 1 + length
  }
  for (let word = 0; word < length; word += 4) {
    words[at + 1 + word] = payload[word]!
    words[at + 2 + word] = payload[word + 1]!
    words[at + 3 + word] = payload[word + 2]!
    words[at + 4 + word] = payload[word + 3]!
  }
  return at + 1 + length
}

export interface RingFrameHandler {
  /** The payload is words `[start, end)` of `words`, valid during the call. */
  frame(words: Uint32Array, start: number, end: number): void
  readEnded?(): void
  closed?(error?: Error): void
}

/** Hands out frames in place. With `keeps`, their memory is never used again. */
export class RingFrameSink implements ConnectionSink {
  readonly #handler: RingFrameHandler
  readonly #keeps: boolean
  #slab = new Uint8Array(SLAB_BYTES)
  #words = new Uint32Array(this.#slab.buffer)
  /** Frames up to here were handed out. */
  #at = 0
  #end = 0
  writable: () => void = () => {}

  constructor(handler: RingFrameHandler, keeps = false) {
    this.#handler = handler
    this.#keeps = keeps
  }

  space(): Uint8Array {
    if (!this.#keeps || SLAB_BYTES - this.#end < SLAB_BYTES / 4) this.#turnSlab()
    return this.#slab.subarray(this.#end)
  }

  #turnSlab(): void {
    const old = this.#slab
    if (this.#keeps) {
      this.#slab = new Uint8Array(SLAB_BYTES)
      this.#words = new Uint32Array(this.#slab.buffer)
      this.#slab.set(old.subarray(this.#at, this.#end))
    } else if (this.#at > 0) old.copyWithin(0, this.#at, this.#end)
    this.#end -= this.#at
    this.#at = 0
  }

  filled(bytes: number): void {
    this.#end += bytes
    const words = this.#words
    const end = this.#end >> 2
    let at = this.#at >> 2
    while (at < end) {
      const next = at + 1 + (words[at]! >> 2)
      if (next > end) break
      this.#handler.frame(words, at + 1, next)
      at = next
    }
    this.#at = at * 4
    this.#handler.readEnded?.()
  }

  closed(error?: Error): void {
    this.#handler.closed?.(error)
  }
}

export function dialRing(
  address: string,
  sink: ConnectionSink,
  spinMicros = 0,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const opened = (connection: Connection) => {
      // The caller has its connection before anything is read into the sink.
      setImmediate(resolve, connection)
      return sink
    }
    new RingChannel({ spinMicros }).dial(address, opened, reject, RING_LIMITS)
  })
}

/** Resolves with the address. */
export async function listenRing(
  address: string,
  onConnection: (connection: Connection) => ConnectionSink,
  spinMicros = 0,
): Promise<string> {
  const listener = await new RingChannel({ spinMicros }).listen(address, onConnection, RING_LIMITS)
  return listener.address
}
