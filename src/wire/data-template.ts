// The last usual frame as a pattern: the next one like it differs in sequence and content only.

import type { OutgoingData } from './data-codec.js'
import { murmur3InView } from './murmur3.js'
import type { Outlet } from './outlet.js'
import { copyBytes, longVarintBytes, writeLongVarint } from './proto-writer.js'

/** What stands before the content of a usual frame takes 90 bytes at most; kept as words. */
const PATTERN_BYTES_MAX = 128

/**
 * Whole words are written, up to three bytes too many. A content of this size covers those, and is
 * written after them.
 */
const CONTENT_BYTES_MIN = 4

/** Puts the hash before each of the frames that fill `[start, end)`; returns how many. */
export type FrameSeal = (memory: Uint8Array, start: number, end: number) => number

/** Which of some contents: `count` of one length, from `from` on. */
export interface ContentRun {
  readonly from: number
  readonly count: number
}

/**
 * Taken from frames that the encoder wrote, so the layout is known in one place only. A pattern is
 * for one target, type and size of content. It is taken when a message comes that is like the one
 * before; traffic that changes all the time pays for the comparison and no more.
 */
export class DataTemplate {
  readonly #pattern = new DataView(new ArrayBuffer(PATTERN_BYTES_MAX))
  // What the last message was like that the encoder wrote, or that the pattern is for.
  #toHi = 0
  #toLo = 0
  #type = 0
  #contentBytes = 0
  #sequenceBytes = 0
  /** From the beginning of the frame to the content; 0 where no pattern was taken. */
  #patternBytes = 0
  /** Offsets within the frame. */
  #innerAt = 0
  #sequenceAt = 0
  // The memory last written to, and its view: a carrier lends the same for many frames.
  #memory: Uint8Array | undefined
  #words: DataView = new DataView(new ArrayBuffer(0))

  /** Undefined: not like the last ones, and nothing was done. */
  write(outlet: Outlet, data: OutgoingData): 'ok' | 'full' | 'closed' | undefined {
    const patternBytes = this.#patternBytes
    if (patternBytes === 0 || !this.#isLike(data)) return undefined
    const contentBytes = this.#contentBytes
    const bytes = patternBytes + contentBytes
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    this.#writeAt(buffer, offset, data, data.content)
    this.#sealAt(offset, bytes)
    outlet.commit(bytes)
    return 'ok'
  }

  /**
   * Several of these, `count` contents of one length from `from` on, with one claim; `data` is left
   * with the sequence behind the last. Undefined: they are not all like the last ones.
   */
  writeRun(
    outlet: Outlet,
    data: OutgoingData,
    contents: readonly Uint8Array[],
    { from, count }: ContentRun,
    seal: FrameSeal | undefined,
  ): 'ok' | 'full' | 'closed' | undefined {
    if (this.#patternBytes === 0 || !this.#isLike(data)) return undefined
    // As the numbers grow they get longer.
    const lastLo = data.sequenceLo + count - 1
    if (lastLo > 0xffff_ffff) return undefined
    if (longVarintBytes(data.sequenceHi | 0, lastLo | 0) !== this.#sequenceBytes) return undefined
    const frameBytes = this.#patternBytes + this.#contentBytes
    const bytes = frameBytes * count
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    for (let i = 0, at = offset; i < count; i++, at += frameBytes) {
      this.#writeAt(buffer, at, data, contents[from + i]!)
      if (seal === undefined) this.#sealAt(at, frameBytes)
      data.sequenceLo++
    }
    if (seal !== undefined) seal(buffer, offset, offset + bytes)
    data.sequenceHi += data.sequenceLo > 0xffff_ffff ? 1 : 0
    data.sequenceLo >>>= 0
    outlet.commit(bytes)
    return 'ok'
  }

  /** All but the hash. */
  #writeAt(buffer: Uint8Array, offset: number, data: OutgoingData, content: Uint8Array): void {
    const words = this.#viewOf(buffer)
    const pattern = this.#pattern
    const patternBytes = this.#patternBytes
    for (let at = 0; at < patternBytes; at += 4) {
      words.setInt32(offset + at, pattern.getInt32(at, true), true)
    }
    writeLongVarint(buffer, offset + this.#sequenceAt, data.sequenceHi | 0, data.sequenceLo | 0)
    copyBytes(buffer, offset + patternBytes, content, 0, content.length)
  }

  #sealAt(offset: number, bytes: number): void {
    const words = this.#words
    words.setInt32(offset, murmur3InView(words, offset + this.#innerAt, offset + bytes), true)
  }

  /** The encoder wrote a usual frame at the outlet's offset and has not committed it yet. */
  learn(
    outlet: Outlet,
    data: OutgoingData,
    innerAt: number,
    sequenceAt: number,
    end: number,
  ): void {
    const isRepeated = this.#isLike(data)
    this.#patternBytes = 0
    if (!isRepeated) {
      this.#note(data)
      return
    }
    const { buffer, offset } = outlet
    const patternBytes = end - data.content.length - offset
    if (data.content.length < CONTENT_BYTES_MIN || patternBytes > PATTERN_BYTES_MAX - 4) return
    for (let i = 0; i < patternBytes; i++) this.#pattern.setUint8(i, buffer[offset + i]!)
    this.#patternBytes = patternBytes
    this.#innerAt = innerAt - offset
    this.#sequenceAt = sequenceAt - offset
  }

  #note(data: OutgoingData): void {
    this.#toHi = data.toHi
    this.#toLo = data.toLo
    this.#type = data.type
    this.#contentBytes = data.content.length
    this.#sequenceBytes = longVarintBytes(data.sequenceHi | 0, data.sequenceLo | 0)
  }

  #isLike(data: OutgoingData): boolean {
    return (
      data.content.length === this.#contentBytes &&
      data.toLo === this.#toLo &&
      data.toHi === this.#toHi &&
      data.type === this.#type &&
      longVarintBytes(data.sequenceHi | 0, data.sequenceLo | 0) === this.#sequenceBytes
    )
  }

  #viewOf(memory: Uint8Array): DataView {
    if (memory !== this.#memory) {
      this.#memory = memory
      this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
    }
    return this.#words
  }
}
