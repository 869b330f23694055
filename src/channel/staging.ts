// The write side of a connection: frames of a turn are laid side by side and leave as few writes.
import { InvariantError } from '../errors.js'
import { CHUNK_BYTES, giveChunk, takeChunk } from './chunk-pool.js'

/** What a staging area writes to: a socket, or the other end of an inproc connection. */
export interface Drain {
  /**
   * Takes all parts in order. True: their memory is free again already. False: they are being
   * written, `Staging.taken` follows, and until then nothing else is handed over.
   */
  write(parts: readonly Uint8Array[]): boolean
  /** A claim had been refused and at least half of the limit is free. Not from within a claim. */
  writable(): void
  /** After `finish`: nothing is left. May come from within `finish`. */
  finished(): void
}

interface Chunk {
  readonly memory: Uint8Array
  readonly bytes: number
}

const NONE = new Uint8Array(0)
const NOW = Promise.resolve()

// What one hand-over may carry. Enough to make the system call cheap, little enough that memory
// comes back, and a refused sender goes on, in steps.
const BATCH_BYTES_MAX = 1024 * 1024

/**
 * Full chunks are handed over at once, while they are in the processor's cache, the rest at the
 * end of the turn (microtask). While the drain is busy everything waits here and grows into larger
 * writes. Memory stays within the limit and one chunk: a chunk that has to wait more than a quarter
 * empty is cut to size.
 */
export class Staging {
  buffer: Uint8Array = NONE
  offset = 0

  readonly #drain: Drain
  readonly #bytesMax: number
  #claimed = 0
  /** Complete chunks, oldest first, that wait for the drain. */
  #waiting: Chunk[] = []
  #waitingBytes = 0
  /** With the drain. Empty means that the drain is free. */
  #flying: Chunk[] = []
  #flyingBytes = 0
  #refused = false
  #scheduled = false
  #state: 'open' | 'finishing' | 'ended' = 'open'

  constructor(drain: Drain, bytesMax: number) {
    this.#drain = drain
    this.#bytesMax = bytesMax
  }

  get pendingBytes(): number {
    return this.offset + this.#waitingBytes + this.#flyingBytes
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    if (this.#state !== 'open') return 'closed'
    if (this.pendingBytes + bytes > this.#bytesMax && !this.#makeRoom(bytes)) return 'full'
    if (this.offset + bytes > this.buffer.length) this.#turnPage(bytes)
    this.#claimed = bytes
    return 'ok'
  }

  commit(bytes: number): void {
    if (this.#state === 'ended') return
    // Called for every message: an assertion would build its text each time.
    if (bytes > this.#claimed) throw new InvariantError(`commit of ${bytes} of ${this.#claimed}`)
    this.#claimed = 0
    this.offset += bytes
    if (this.#scheduled) return
    this.#scheduled = true
    // A microtask as `queueMicrotask` makes it has an AsyncResource, which costs a microsecond.
    void NOW.then(this.#endTurn)
  }

  /** Hands over what the drain can take now. */
  flush(): void {
    while (this.#flying.length === 0 && this.pendingBytes > 0) this.#handOver()
  }

  /** The drain is done with what it was given last. */
  taken(): void {
    if (this.#state === 'ended') return
    for (const chunk of this.#flying) giveChunk(chunk.memory)
    this.#flying = []
    this.#flyingBytes = 0
    this.flush()
    this.#releaseIfIdle()
    if (this.#refused && this.pendingBytes * 2 <= this.#bytesMax) {
      this.#refused = false
      if (this.#state === 'open') this.#drain.writable()
    }
    this.#finishIfEmpty()
  }

  /** No more claims; what was committed is still handed over. */
  finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    this.flush()
    this.#finishIfEmpty()
  }

  /** Forgets everything. Memory that the drain still has is left to the collector. */
  drop(): void {
    this.#state = 'ended'
    this.#waiting = []
    this.#flying = []
    this.#waitingBytes = 0
    this.#flyingBytes = 0
    this.offset = 0
    this.#release()
  }

  readonly #endTurn = (): void => {
    this.#scheduled = false
    if (this.#state === 'ended') return
    this.flush()
    this.#releaseIfIdle()
  }

  #finishIfEmpty(): void {
    if (this.#state !== 'finishing' || this.pendingBytes > 0) return
    this.drop()
    this.#drain.finished()
  }

  /** The drain may be free to take what waits for the end of the turn. */
  #makeRoom(bytes: number): boolean {
    this.flush()
    if (this.pendingBytes + bytes <= this.#bytesMax) return true
    // More than the limit would be refused by an empty area as well: no use in calling back.
    if (bytes <= this.#bytesMax) this.#refused = true
    return false
  }

  /** Makes `buffer` hold `bytes` more. */
  #turnPage(bytes: number): void {
    if (this.offset > 0 && this.offset + bytes <= CHUNK_BYTES && this.#widen()) return
    this.flush()
    if (this.offset > 0) this.#setAside()
    if (bytes <= this.buffer.length) return
    this.#release()
    this.buffer = takeChunk(bytes)
  }

  /** Most turns fit into a small chunk; one that does not is still a single write. */
  #widen(): boolean {
    if (this.buffer.length >= CHUNK_BYTES) return false
    const small = this.buffer
    this.buffer = takeChunk(CHUNK_BYTES)
    this.buffer.set(small.subarray(0, this.offset))
    giveChunk(small)
    return true
  }

  /** The drain is busy: the current chunk joins the queue. */
  #setAside(): void {
    const bytes = this.offset
    this.#waitingBytes += bytes
    this.offset = 0
    if (bytes * 4 < this.buffer.length * 3) {
      // Not `slice`: a Buffer's is a view.
      this.#waiting.push({ memory: new Uint8Array(this.buffer.subarray(0, bytes)), bytes })
      return
    }
    this.#waiting.push({ memory: this.buffer, bytes })
    this.buffer = NONE
  }

  #handOver(): void {
    if (this.#waiting.length === 0) this.#handOverCurrent()
    else this.#handOverBatch()
  }

  /** What nearly every turn is: one piece, which the drain takes at once. */
  #handOverCurrent(): void {
    const memory = this.buffer
    const bytes = this.offset
    this.offset = 0
    if (this.#drain.write([memory.subarray(0, bytes)])) return
    this.#flying = [{ memory, bytes }]
    this.#flyingBytes = bytes
    this.buffer = NONE
  }

  #handOverBatch(): void {
    const batch = this.#takeBatch()
    const views = batch.map(({ memory, bytes }) => memory.subarray(0, bytes))
    const wasCurrent = this.buffer
    const holdsCurrent = batch.at(-1)?.memory === wasCurrent
    if (this.#drain.write(views)) {
      for (const { memory } of batch) if (memory !== wasCurrent) giveChunk(memory)
      return
    }
    this.#flying = batch
    for (const { bytes } of batch) this.#flyingBytes += bytes
    if (holdsCurrent) this.buffer = NONE
  }

  /** The oldest chunks, and the current one where all others fit in before it. */
  #takeBatch(): Chunk[] {
    let count = 0
    let total = 0
    for (const { bytes } of this.#waiting) {
      if (count > 0 && total + bytes > BATCH_BYTES_MAX) break
      total += bytes
      count++
    }
    const batch = this.#waiting.splice(0, count)
    this.#waitingBytes -= total
    if (this.#waiting.length === 0 && this.offset > 0) {
      batch.push({ memory: this.buffer, bytes: this.offset })
      this.offset = 0
    }
    return batch
  }

  #releaseIfIdle(): void {
    if (this.offset === 0 && this.#claimed === 0) this.#release()
  }

  #release(): void {
    if (this.buffer !== NONE) giveChunk(this.buffer)
    this.buffer = NONE
  }
}
