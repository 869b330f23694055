// The usual data messages that stand side by side in a connection's memory, found by one call.

import { DataCursor } from './data-cursor.js'
import { ROW_WORD, ROW_WORDS } from './data-row.js'
import type { FrameReader } from './frame.js'
import { InnerCursor } from './head.js'
import { PROTOCOL_VERSION } from './head-fields.js'

/**
 * Fills in a row for each frame of `[start, end)` from the first on, and returns how many. It stops
 * at the first that is not whole and good, or is more than a request in clear of the usual layout
 * (see data_scan.hpp): what that one is, is for the readers here to say.
 */
export type DataScan = (
  memory: Uint8Array,
  start: number,
  end: number,
  frameBytesMax: number,
  bodyBytesMax: number,
  rows: Uint32Array,
) => number

/** A read of 64 KiB brings some 600 of the smallest; more rows would leave the first cache. */
const ROWS_MAX = 256

/** Below it there are hardly two messages, and the call costs what it saves. */
const SCANNED_BYTES_MIN = 256

const NOTHING = new Uint8Array(0)

/** One for a core: what it found is good until it scans again. */
export class DataRun {
  /** After `load`: what the general cursors would hold. */
  readonly head = new InnerCursor()
  readonly data = new DataCursor()
  readonly #scan: DataScan
  readonly #rows = new Uint32Array(ROWS_MAX * ROW_WORDS)
  /** Counts the scans: whoever goes through rows sees that they are others. */
  generation = 0

  constructor(scan: DataScan) {
    this.#scan = scan
    this.head.version = PROTOCOL_VERSION
  }

  /** How many of the next frames of that reader are usual ones, as far as the rows go. */
  scan(reader: FrameReader, bodyBytesMax: number): number {
    this.generation++
    const { arrivedFrom, arrivedTo, memory, frameBytesMax } = reader
    if (arrivedTo - arrivedFrom < SCANNED_BYTES_MIN) return 0
    return this.#scan(memory, arrivedFrom, arrivedTo, frameBytesMax, bodyBytesMax, this.#rows)
  }

  /** Makes the reader step over that one, in their order, and the cursors tell of it. */
  load(index: number, reader: FrameReader): void {
    const rows = this.#rows
    const at = index * ROW_WORDS
    const { head } = this
    head.type = rows[at + ROW_WORD.TYPE]!
    head.sequenceLo = rows[at + ROW_WORD.SEQUENCE_LOW]!
    head.sequenceHi = rows[at + ROW_WORD.SEQUENCE_HIGH]!
    reader.stepOver(rows[at + ROW_WORD.INNER_START]!, rows[at + ROW_WORD.END]!)
    this.data.place(reader.buffer, rows, at)
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.data.buffer = NOTHING
  }
}
