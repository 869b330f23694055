// A data message between neighbours of our own kind, in a form that costs little to write and read.

import { encodeData, OutgoingData, SelfId } from './data-codec.js'
import { DataCursor } from './data-cursor.js'
import { payloadOfFrame } from './frame.js'
import { InnerCursor } from './head.js'
import { PROTOCOL_VERSION } from './head-fields.js'
import type { Outlet } from './outlet.js'
import { copyBytes } from './proto-writer.js'
import {
  RECORD_AT,
  RECORD_EXTENSION_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_WORD,
} from './record-header.js'

const NOTHING = new Uint8Array(0)

/** What is claimed at a time for many messages: a quarter of a carrier's memory. */
export const RUN_BYTES_MAX = 16 * 1024

/** As many contents as are written with one claim. */
export class RecordRun {
  from = 0
  count = 0
  bytes = 0

  /** From `from` on; at least one, where there is one. */
  take(contents: readonly Uint8Array[], from: number): void {
    const end = contents.length
    let bytes = 0
    let at = from
    while (at < end) {
      const more = RECORD_HEADER_BYTES + contents[at]!.length
      if (at > from && bytes + more > RUN_BYTES_MAX) break
      bytes += more
      at++
    }
    this.from = from
    this.count = at - from
    this.bytes = bytes
  }
}

/** The words of the memory written to last: a carrier lends the same for many messages. */
export class RecordWriter {
  #memory: Uint8Array | undefined
  #words: DataView = new DataView(new ArrayBuffer(0))

  /**
   * A message of our own for the neighbour itself, without flags: neither is on the wire. The
   * caller has seen to that.
   */
  write(outlet: Outlet, data: OutgoingData): 'ok' | 'full' | 'closed' {
    const { content, extensionKind } = data
    const extensionBytes = extensionKind === 0 ? 0 : RECORD_EXTENSION_BYTES
    const bytes = RECORD_HEADER_BYTES + extensionBytes + content.length
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    if (buffer !== this.#memory) this.#view(buffer)
    const mark = extensionKind === 0 ? RECORD_WORD.PLAIN : RECORD_WORD.EXTENSION
    this.#writeHeader(offset, bytes - RECORD_HEADER_BYTES, mark, data)
    const at = offset + RECORD_HEADER_BYTES
    if (extensionKind !== 0) this.#writeExtension(at, data)
    copyBytes(buffer, at + extensionBytes, content, 0, content.length)
    outlet.commit(bytes)
    return 'ok'
  }

  /**
   * Messages that differ in content and sequence alone and have no extension: `run.count` of them
   * from `run.from` on, in one claim. `data` is left with the sequence behind the last.
   */
  writeRun(
    outlet: Outlet,
    data: OutgoingData,
    contents: readonly Uint8Array[],
    run: RecordRun,
  ): 'ok' | 'full' | 'closed' {
    const claimed = outlet.claim(run.bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    if (buffer !== this.#memory) this.#view(buffer)
    const end = run.from + run.count
    let at = offset
    for (let i = run.from; i < end; i++) {
      const content = contents[i]!
      this.#writeHeader(at, content.length, RECORD_WORD.PLAIN, data)
      at = copyBytes(buffer, at + RECORD_HEADER_BYTES, content, 0, content.length)
      data.sequenceLo = (data.sequenceLo + 1) >>> 0
      if (data.sequenceLo === 0) data.sequenceHi++
    }
    outlet.commit(run.bytes)
    return 'ok'
  }

  #writeHeader(at: number, bytes: number, mark: number, data: OutgoingData): void {
    const words = this.#words
    words.setInt32(at, bytes, true)
    words.setInt32(at + RECORD_AT.MARK, mark, true)
    words.setInt32(at + RECORD_AT.TYPE, data.type, true)
    words.setInt32(at + RECORD_AT.SEQUENCE_LOW, data.sequenceLo, true)
    words.setInt32(at + RECORD_AT.SEQUENCE_HIGH, data.sequenceHi, true)
  }

  #view(memory: Uint8Array): void {
    this.#memory = memory
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
  }

  #writeExtension(at: number, data: OutgoingData): void {
    const words = this.#words
    words.setInt32(at, data.extensionKind, true)
    words.setInt32(at + RECORD_AT.CODE, data.extensionCode, true)
    words.setInt32(at + RECORD_AT.NUMBER_LOW, data.extensionLo, true)
    words.setInt32(at + RECORD_AT.NUMBER_HIGH, data.extensionHi, true)
  }
}

/** Reads records, one after the other, into the cursors that a frame would be read into. */
export class RecordCursor {
  readonly head = new InnerCursor()
  readonly data = new DataCursor()

  /** For records to that node. */
  constructor(self: SelfId) {
    this.head.version = PROTOCOL_VERSION
    this.data.routerCount = 1
    this.data.toHi = self.high
    this.data.toLo = self.low
  }

  /**
   * The record at `start`; `end` is what its own length says, and lies in `view`. False for one
   * that no peer of ours writes. The offsets of a protobuf message that the cursors have stay
   * unset: only `rewrite` makes something that can be sent on.
   */
  read(view: DataView, buffer: Uint8Array, start: number, end: number): boolean {
    const word = view.getInt32(start + RECORD_AT.MARK, true)
    let contentAt = start + RECORD_HEADER_BYTES
    const { data, head } = this
    if (word === RECORD_WORD.PLAIN) {
      if (data.hasExtension) this.#clearExtension()
    } else {
      if (word !== RECORD_WORD.EXTENSION || end - contentAt < RECORD_EXTENSION_BYTES) return false
      this.#readExtension(view, contentAt)
      contentAt += RECORD_EXTENSION_BYTES
    }
    head.type = view.getInt32(start + RECORD_AT.TYPE, true)
    head.sequenceLo = view.getUint32(start + RECORD_AT.SEQUENCE_LOW, true)
    head.sequenceHi = view.getUint32(start + RECORD_AT.SEQUENCE_HIGH, true)
    data.buffer = buffer
    data.contentStart = contentAt
    data.contentEnd = end
    return true
  }

  /** Who is at the other end. */
  from(high: number, low: number): void {
    const { data } = this
    data.fromHi = high
    data.fromLo = low
    data.routerLastHi = high
    data.routerLastLo = low
  }

  #clearExtension(): void {
    const { data } = this
    data.hasExtension = false
    data.extensionKind = 0
    data.extensionCode = 0
    data.extensionLo = 0
    data.extensionHi = 0
  }

  #readExtension(view: DataView, at: number): void {
    const { data } = this
    data.extensionKind = view.getUint32(at, true)
    data.extensionCode = view.getInt32(at + RECORD_AT.CODE, true)
    data.extensionLo = view.getUint32(at + RECORD_AT.NUMBER_LOW, true)
    data.extensionHi = view.getUint32(at + RECORD_AT.NUMBER_HIGH, true)
    data.hasExtension = true
  }

  /**
   * The inner message that the other end would have sent in a frame: for whatever looks at more
   * than the cursors hold. In memory of its own.
   */
  rewrite(): Uint8Array {
    const { data, head } = this
    const message = new OutgoingData()
    message.type = head.type
    message.sequenceHi = head.sequenceHi
    message.sequenceLo = head.sequenceLo
    message.toHi = data.toHi
    message.toLo = data.toLo
    message.content = data.buffer.subarray(data.contentStart, data.contentEnd)
    message.extensionKind = data.extensionKind
    message.extensionHi = data.extensionHi
    message.extensionLo = data.extensionLo
    message.extensionCode = data.extensionCode
    const outlet = new FrameMemory()
    encodeData(outlet, new SelfId(data.fromHi | 0, data.fromLo | 0), message)
    return payloadOfFrame(outlet.buffer)
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.data.buffer = NOTHING
  }
}

/** Memory for one frame. */
class FrameMemory implements Outlet {
  buffer = NOTHING
  readonly offset = 0
  readonly pendingBytes = 0

  claim(bytes: number): 'ok' {
    this.buffer = new Uint8Array(bytes)
    return 'ok'
  }

  commit(bytes: number): void {
    this.buffer = this.buffer.subarray(0, bytes)
  }
}
