// Frames of a bare socket: 4 bytes of length, little-endian, and the payload.

export const PREFIX_BYTES = 4

/** As large as the slabs of treebus; a message of 64 KiB fits whole. */
const MEMORY_BYTES = 256 * 1024

export interface FrameHandler {
  /** The payload is `[start, end)` of `memory`, valid during the call. */
  frame(memory: Buffer, start: number, end: number): void
  /** All whole frames of one read were handed over. */
  readEnded?(): void
}

/** Finds the frames in what a socket reads (`onread`) into one buffer that is used again. */
export class PrefixReader {
  #memory: Buffer = Buffer.allocUnsafeSlow(MEMORY_BYTES)
  /** What is left of a frame that is not whole yet lies at the front. */
  #held = 0
  readonly #handler: FrameHandler

  readonly onread = {
    buffer: (): Uint8Array => this.#memory.subarray(this.#held),
    callback: (bytes: number): boolean => {
      this.#scan(this.#held + bytes)
      return true
    },
  }

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  #scan(end: number): void {
    const memory = this.#memory
    let at = 0
    while (end - at >= PREFIX_BYTES) {
      const start = at + PREFIX_BYTES
      const next = start + memory.readUInt32LE(at)
      if (next > end) break
      this.#handler.frame(memory, start, next)
      at = next
    }
    this.#handler.readEnded?.()
    // The handler may have exchanged the memory.
    memory.copy(this.#memory, 0, at, end)
    this.#held = end - at
  }

  /** From within `readEnded`: takes the memory over, the next read goes into `fresh`. */
  exchange(fresh: Buffer): Buffer {
    const taken = this.#memory
    this.#memory = fresh
    return taken
  }

  static newMemory(): Buffer {
    return Buffer.allocUnsafeSlow(MEMORY_BYTES)
  }
}

/** A frame made beforehand. Its payload is the same byte throughout. */
export function newFrame(payloadBytes: number): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + payloadBytes, 0x5a)
  frame.writeUInt32LE(payloadBytes, 0)
  return frame
}
