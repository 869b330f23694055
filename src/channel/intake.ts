// The read side of a stream connection: where the bytes of a socket land.
import { assert } from '../errors.js'
import type { ConnectionSink } from './channel.js'

/** The memory and callback that node:net reads into, see `onread` of net.Socket. */
export interface OnRead {
  buffer(): Uint8Array
  callback(bytes: number, memory: Uint8Array): boolean
}

// node:net asks for the memory of the next read right after the last one. Idle sockets therefore
// share this piece, whose content is copied out before the next socket can be read, and hold none
// of their sink's memory.
const LANDING = new Uint8Array(64 * 1024)
const LANDING_WORDS = new DataView(LANDING.buffer)

// From a read of this size on, the next one goes straight into the sink's memory: more is coming,
// and the copy would begin to show. Below it a copy costs about 100 ns.
const BULK_BYTES = 16 * 1024

/** Passes what a socket read to the sink, until `stop`. */
export class Intake {
  #sink: ConnectionSink | undefined
  #bulk = false

  readonly onread: OnRead = {
    buffer: () => (this.#bulk && this.#sink ? spaceOf(this.#sink) : LANDING),
    callback: (bytes, memory) => {
      this.#bulk = bytes >= BULK_BYTES
      if (memory !== LANDING) this.#sink?.filled(bytes)
      else if (!this.#sink?.copied?.(LANDING_WORDS, bytes)) this.feed(memory.subarray(0, bytes))
      return true
    },
  }

  start(sink: ConnectionSink): void {
    this.#sink = sink
  }

  /** Whatever is read from now on is dropped. */
  stop(): void {
    this.#sink = undefined
  }

  /** Copies into as many spaces as the sink makes of it. The sink may close in between. */
  feed(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && this.#sink) {
      const space = spaceOf(this.#sink)
      const part = bytes.subarray(at, at + space.length)
      space.set(part)
      at += part.length
      this.#sink.filled(part.length)
    }
  }
}

function spaceOf(sink: ConnectionSink): Uint8Array {
  const space = sink.space()
  assert(space.length > 0, 'a sink gave no space')
  return space
}
