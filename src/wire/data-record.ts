// A data message between neighbours of our own kind, in a form that costs little to write and read.

import type { OutgoingData, SelfId } from './data-codec.js'
import type { Outlet } from './outlet.js'
import { copyBytes } from './proto-writer.js'
import type { RecordCursor } from './record-cursor.js'
import {
  RECORD_AT,
  RECORD_EXTENSION_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_HOP_BYTES,
  RECORD_ROUTE_BYTES,
  RECORD_WORD,
} from './record-header.js'
import { copyWords } from './word-copy.js'

/** Up to here words are copied one by one; making a view for `set` costs more. */
const WORDS_BYTES_MAX = 256

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

  /** The same for somebody behind the neighbour. */
  writeRouted(outlet: Outlet, self: SelfId, data: OutgoingData): 'ok' | 'full' | 'closed' {
    const { content, extensionKind } = data
    const extensionBytes = extensionKind === 0 ? 0 : RECORD_EXTENSION_BYTES
    const bytes = RECORD_HEADER_BYTES + RECORD_ROUTE_BYTES + extensionBytes + content.length
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    if (buffer !== this.#memory) this.#view(buffer)
    const mark = extensionKind === 0 ? RECORD_WORD.PLAIN : RECORD_WORD.EXTENSION
    this.#writeHeader(offset, bytes - RECORD_HEADER_BYTES, mark | RECORD_WORD.ROUTED, data)
    const words = this.#words
    const at = offset + RECORD_HEADER_BYTES
    words.setInt32(at, self.low, true)
    words.setInt32(at + RECORD_AT.FROM_HIGH, self.high, true)
    words.setInt32(at + RECORD_AT.TO_LOW, data.toLo, true)
    words.setInt32(at + RECORD_AT.TO_HIGH, data.toHi, true)
    words.setInt32(at + RECORD_AT.HOPS, 0, true)
    const behind = at + RECORD_ROUTE_BYTES
    if (extensionKind !== 0) this.#writeExtension(behind, data)
    copyBytes(buffer, behind + extensionBytes, content, 0, content.length)
    outlet.commit(bytes)
    return 'ok'
  }

  /** A routed record that was read, with our own id behind those of the nodes it has passed. */
  writeOn(outlet: Outlet, self: SelfId, record: RecordCursor): 'ok' | 'full' | 'closed' {
    const { start, routeEnd, view, hops } = record
    const { buffer: source, contentEnd } = record.data
    const bytes = contentEnd - start + RECORD_HOP_BYTES
    const claimed = outlet.claim(bytes)
    if (claimed !== 'ok') return claimed
    const { buffer, offset } = outlet
    if (buffer !== this.#memory) this.#view(buffer)
    const words = this.#words
    copyWords(words, offset, view, start, routeEnd)
    words.setInt32(offset, bytes - RECORD_HEADER_BYTES, true)
    words.setInt32(offset + RECORD_HEADER_BYTES + RECORD_AT.HOPS, hops + 1, true)
    const at = offset + routeEnd - start
    words.setInt32(at, self.low, true)
    words.setInt32(at + 4, self.high, true)
    const behind = at + RECORD_HOP_BYTES
    if (contentEnd - routeEnd <= WORDS_BYTES_MAX) {
      copyWords(words, behind, view, routeEnd, contentEnd)
    } else buffer.set(source.subarray(routeEnd, contentEnd), behind)
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
    // In locals: what follows is done for each message.
    const words = this.#words
    const { type } = data
    let { sequenceHi, sequenceLo } = data
    const end = run.from + run.count
    let at = offset
    for (let i = run.from; i < end; i++) {
      const content = contents[i]!
      const bytes = content.length
      words.setInt32(at, bytes, true)
      words.setInt32(at + RECORD_AT.MARK, RECORD_WORD.PLAIN, true)
      words.setInt32(at + RECORD_AT.TYPE, type, true)
      words.setInt32(at + RECORD_AT.SEQUENCE_LOW, sequenceLo, true)
      words.setInt32(at + RECORD_AT.SEQUENCE_HIGH, sequenceHi, true)
      at = copyBytes(buffer, at + RECORD_HEADER_BYTES, content, 0, bytes)
      sequenceLo = (sequenceLo + 1) >>> 0
      if (sequenceLo === 0) sequenceHi++
    }
    data.sequenceHi = sequenceHi
    data.sequenceLo = sequenceLo
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
