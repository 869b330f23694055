// Frames of a byte stream: `hash32 | vint(length) | payload`, back to back (spec A.1).

import { murmur3, murmur3InView } from './murmur3.js'
import type { Outlet } from './outlet.js'
import { type NewSlab, ReceiveMemory } from './receive-memory.js'
import { isRecord, RECORD_HEADER_BYTES } from './record-header.js'
import { readVint, Vint, vintBytes, writeVint } from './vint.js'

const HASH_BYTES = 4

/** What is offered for bytes that nobody will read. */
const SCRAP_BYTES = 1024

/** What stands before the payload: 5 to 12 bytes. */
export function frameHeaderBytes(payloadBytes: number): number {
  return HASH_BYTES + vintBytes(payloadBytes)
}

/** A whole frame: header and payload. */
export function frameBytes(payloadBytes: number): number {
  return frameHeaderBytes(payloadBytes) + payloadBytes
}

/**
 * Puts the header before a payload that stands at `frameStart + frameHeaderBytes(payloadBytes)`.
 * Returns the offset behind the frame.
 */
export function sealFrame(buffer: Uint8Array, frameStart: number, payloadBytes: number): number {
  const payloadStart = writeVint(buffer, frameStart + HASH_BYTES, payloadBytes)
  const end = payloadStart + payloadBytes
  const hash = murmur3(buffer, payloadStart, end)
  buffer[frameStart] = hash
  buffer[frameStart + 1] = hash >>> 8
  buffer[frameStart + 2] = hash >>> 16
  buffer[frameStart + 3] = hash >>> 24
  return end
}

/** What a frame that is known to be whole holds. */
export function payloadOfFrame(frame: Uint8Array): Uint8Array {
  const length = new Vint()
  readVint(frame, HASH_BYTES, frame.length, length)
  return frame.subarray(length.end)
}

/** A frame of its own around an inner message that is there already. */
export function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(frameBytes(payload.length))
  frame.set(payload, frameHeaderBytes(payload.length))
  sealFrame(frame, 0, payload.length)
  return frame
}

/** The same, straight into a carrier's memory. */
export function encodeFrame(outlet: Outlet, payload: Uint8Array): 'ok' | 'full' | 'closed' {
  const bytes = frameBytes(payload.length)
  const claimed = outlet.claim(bytes)
  if (claimed !== 'ok') return claimed
  const { buffer, offset } = outlet
  buffer.set(payload, offset + frameHeaderBytes(payload.length))
  sealFrame(buffer, offset, payload.length)
  outlet.commit(bytes)
  return 'ok'
}

/**
 * One connection's receive memory and the frames in it. The shell reads into `space()`, reports
 * with `filled()`, then calls `next()` until it says `more`. Nothing is copied: a frame stays where
 * it arrived, and that memory is never written again, so views of a payload may be kept. A record
 * stays until `space` is called next, or for good where `keep` was called for it; so does a frame
 * for which `letGo` was called.
 */
export class FrameReader {
  /** The memory of the frame that `next` found last; its payload is `[start, end)`. */
  buffer: Uint8Array
  start = 0
  end = 0
  /**
   * The longest payload taken, in bytes. Small before registration, so that a stranger cannot make
   * us spend memory; the message limit and 4,096 for head and body fields after it (spec A.1).
   * A change holds from the next frame whose length is read.
   */
  frameBytesMax: number
  /** Whether the peer may write records (see data-record.ts); else one is a frame of a bad size. */
  takesRecords = false
  readonly #memory: ReceiveMemory
  readonly #length = new Vint()
  #bad = false
  /** Whether its memory had to stay before the last frame was found there. */
  #wasKept = false
  /** Where the frame that was found last begins. */
  #from = 0

  constructor(frameBytesMax: number, newSlab?: NewSlab) {
    this.#memory = new ReceiveMemory(newSlab)
    this.frameBytesMax = frameBytesMax
    this.buffer = this.#memory.slab
  }

  /** Memory for the next bytes from the peer; valid until the next call of `filled` or `space`. */
  space(): Uint8Array {
    // After a bad size nothing is kept: whatever still arrives goes nowhere.
    if (this.#bad) return new Uint8Array(SCRAP_BYTES)
    return this.#memory.space(this.#pendingFrameBytes())
  }

  /**
   * In place of `space` and `filled`: copies the first `bytes` of memory that will be used again.
   * For small reads: there it costs less than the views. False where nothing was done.
   */
  copied(words: DataView, bytes: number): boolean {
    return !this.#bad && this.#memory.copied(words, bytes, this.#pendingFrameBytes())
  }

  /** The peer's bytes fill the first `bytes` of what `space` gave. */
  filled(bytes: number): void {
    if (!this.#bad) this.#memory.filled(bytes)
  }

  /**
   * Steps to the next whole frame. After `bad_hash` the frame is stepped over and reading goes on.
   * `bad_size` is final: the stream's framing is lost and the connection is to be closed.
   */
  next(): 'frame' | 'record' | 'more' | 'bad_hash' | 'bad_size' {
    if (this.#bad) return 'bad_size'
    const memory = this.#memory
    const from = memory.readAt
    this.#from = from
    if (this.takesRecords && isRecord(memory.slab, from, memory.writeAt)) return this.#record(from)
    const length = this.#readLength()
    if (length !== 'ok') return length
    const start = this.#length.end
    const end = start + this.#length.value
    if (end > memory.writeAt) return 'more'
    memory.consume(end)
    this.#wasKept = memory.isKept
    memory.isKept = true
    this.buffer = memory.slab
    this.start = start
    this.end = end
    const declared = memory.view.getUint32(from, true)
    return declared === murmur3InView(memory.view, start, end) ? 'frame' : 'bad_hash'
  }

  /** What has arrived and was not stepped over: `[arrivedFrom, arrivedTo)` of `memory`. */
  get memory(): Uint8Array {
    return this.#memory.slab
  }

  get arrivedFrom(): number {
    return this.#memory.readAt
  }

  get arrivedTo(): number {
    return this.#bad ? this.#memory.readAt : this.#memory.writeAt
  }

  /** As `next`, for the next whole frame, whose payload somebody else found and checked. */
  stepOver(start: number, end: number): void {
    const memory = this.#memory
    this.#from = memory.readAt
    memory.consume(end)
    this.buffer = memory.slab
    this.start = start
    this.end = end
  }

  /** All of the memory that `next` found something in, for readers of words. */
  get view(): DataView {
    return this.#memory.view
  }

  /** Somebody may still look at the record that was found last when the next bytes arrive. */
  keep(): void {
    this.#memory.isKept = true
  }

  /** Nobody will look at the frame that was found last when the next bytes arrive. */
  letGo(): void {
    this.#memory.isKept = this.#wasKept
  }

  /** A record is found as a whole, with its header: `[start, end)`. */
  #record(from: number): 'record' | 'more' | 'bad_size' {
    const memory = this.#memory
    if (memory.writeAt - from < RECORD_HEADER_BYTES) return 'more'
    const bytes = memory.view.getUint32(from, true)
    if (bytes > this.frameBytesMax) {
      this.#bad = true
      return 'bad_size'
    }
    const end = from + RECORD_HEADER_BYTES + bytes
    if (end > memory.writeAt) return 'more'
    memory.consume(end)
    // Storing it again would cost the collector's barrier each time.
    if (this.buffer !== memory.slab) this.buffer = memory.slab
    this.start = from
    this.end = end
    return 'record'
  }

  /** The frame that was found last is found again: nobody has looked at it yet. */
  unread(): void {
    this.#memory.consume(this.#from)
  }

  /** The bound is checked here, before any memory is spent on what a length says. */
  #readLength(): 'ok' | 'more' | 'bad_size' {
    const { slab, readAt, writeAt } = this.#memory
    const found = readVint(slab, readAt + HASH_BYTES, writeAt, this.#length)
    if (found === 'more') return 'more'
    const { value } = this.#length
    if (found === 'ok' && value > 0 && value <= this.frameBytesMax) return 'ok'
    this.#bad = true
    return 'bad_size'
  }

  /** Bytes of the frame that has begun to arrive, as far as is known; 0 between frames. */
  #pendingFrameBytes(): number {
    const { slab, view, readAt, writeAt } = this.#memory
    if (writeAt === readAt) return 0
    if (this.takesRecords && isRecord(slab, readAt, writeAt)) {
      // The bound was checked: all that had arrived when `next` said `more`.
      if (writeAt - readAt < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES
      return RECORD_HEADER_BYTES + view.getUint32(readAt, true)
    }
    if (this.#readLength() !== 'ok') return writeAt - readAt
    return this.#length.end - readAt + this.#length.value
  }
}
