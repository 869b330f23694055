// Messages side by side, a few words each: what a handler that takes many at once reads.

import type { FrameReader } from './frame.js'
import { RECORD_AT, RECORD_HEADER_BYTES, RECORD_WORD } from './record-header.js'

/**
 * A read of a socket brings about 1,500 of the smallest; more would only make the columns fall out
 * of the cache.
 */
export const COLUMN_MESSAGES_MAX = 2_048

/** Words for each message, and what each of them holds. */
export const COLUMN_STRIDE = 8
export const COLUMN = {
  FROM_HIGH: 0,
  FROM_LOW: 1,
  TYPE: 2,
  SEQUENCE_HIGH: 3,
  SEQUENCE_LOW: 4,
  START: 5,
  END: 6,
  /** Which of the memories the content is in. */
  MEMORY: 7,
} as const

interface ListedData {
  readonly fromHi: number
  readonly fromLo: number
  readonly buffer: Uint8Array
  readonly contentStart: number
  readonly contentEnd: number
}

interface ListedHead {
  readonly type: number
  readonly sequenceHi: number
  readonly sequenceLo: number
}

/** Filled from 0 to `length - 1`, and emptied by its owner. */
export class MessageColumns {
  readonly words = new Int32Array(COLUMN_MESSAGES_MAX * COLUMN_STRIDE)
  /** Where contents are: one read is one memory, unless its messages were encrypted. */
  memories: Uint8Array[] = []
  length = 0

  get isFull(): boolean {
    return this.length === COLUMN_MESSAGES_MAX
  }

  /** To be called while there is room. The cursors are read now and not kept. */
  add(data: ListedData, head: ListedHead): void {
    const { words } = this
    const at = this.length * COLUMN_STRIDE
    words[at + COLUMN.FROM_HIGH] = data.fromHi
    words[at + COLUMN.FROM_LOW] = data.fromLo
    words[at + COLUMN.TYPE] = head.type
    words[at + COLUMN.SEQUENCE_HIGH] = head.sequenceHi
    words[at + COLUMN.SEQUENCE_LOW] = head.sequenceLo
    words[at + COLUMN.START] = data.contentStart
    words[at + COLUMN.END] = data.contentEnd
    words[at + COLUMN.MEMORY] = this.#placeOf(data.buffer)
    this.length++
  }

  /**
   * Steps over the plain records that stand next, whole ones only, and lists them as from that
   * node, as far as there is room. Ends before anything else, which `next` of the reader then
   * judges; the reader must take records. Returns how many there were.
   */
  addRecords(reader: FrameReader, fromHi: number, fromLo: number): number {
    const { words } = this
    const { view, arrivedTo, frameBytesMax } = reader
    const first = this.length
    const place = this.#placeOf(reader.memory)
    let at = reader.arrivedFrom
    let index = first
    while (index < COLUMN_MESSAGES_MAX && arrivedTo - at >= RECORD_HEADER_BYTES) {
      const bytes = view.getUint32(at, true)
      const start = at + RECORD_HEADER_BYTES
      if (view.getInt32(at + RECORD_AT.MARK, true) !== RECORD_WORD.PLAIN) break
      if (bytes > frameBytesMax || bytes > arrivedTo - start) break
      const word = index * COLUMN_STRIDE
      words[word + COLUMN.FROM_HIGH] = fromHi
      words[word + COLUMN.FROM_LOW] = fromLo
      words[word + COLUMN.TYPE] = view.getInt32(at + RECORD_AT.TYPE, true)
      words[word + COLUMN.SEQUENCE_HIGH] = view.getInt32(at + RECORD_AT.SEQUENCE_HIGH, true)
      words[word + COLUMN.SEQUENCE_LOW] = view.getInt32(at + RECORD_AT.SEQUENCE_LOW, true)
      words[word + COLUMN.START] = start
      at = start + bytes
      words[word + COLUMN.END] = at
      words[word + COLUMN.MEMORY] = place
      index++
    }
    this.length = index
    if (index > first)
      reader.stepOver(words[index * COLUMN_STRIDE - COLUMN_STRIDE + COLUMN.START]!, at)
    return index - first
  }

  clear(): void {
    this.length = 0
    this.memories = []
  }

  #placeOf(memory: Uint8Array): number {
    const { memories } = this
    const last = memories.length - 1
    if (last >= 0 && memories[last] === memory) return last
    return memories.push(memory) - 1
  }
}
