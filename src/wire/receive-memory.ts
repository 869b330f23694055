// The slabs that one connection's bytes arrive in: nothing that is kept is written over.

import { InvariantError } from '../errors.js'
import { copyWords } from './word-copy.js'

/** The first slab, and that of a quiet link: a thousand idle links take 16 MiB, not 256. */
const SLAB_BYTES_MIN = 16 * 1024
/** A busy link's slab: what one read of a full socket buffer brings, few times over. */
const SLAB_BYTES_MAX = 256 * 1024
const SLAB_GROWTH = 4

/** The most that is offered for one read between frames of usual size. */
const OFFER_BYTES_MAX = 64 * 1024

/** A slab that no more fills than this used up was too small. */
const FILLS_TO_GROW = 16

/** Up to here words are copied one by one; making views for `set` costs more. */
const COPY_BYTES_MAX = 512

/** After so many small fills in a row a link counts as quiet and gives a large slab back. */
const QUIET_FILLS = 16
const QUIET_FILL_BYTES = 1024

/** So much of a frame that has begun is rather moved than left where it is, to use a slab again. */
const MOVED_BYTES_MAX = 4 * 1024

/**
 * Where slabs come from: memory of its own for each, from its start. It need not be zeroed, since
 * nothing is read before it was written.
 */
export type NewSlab = (bytes: number) => Uint8Array

/**
 * A bump allocator. What arrived and was not consumed is `[readAt, writeAt)` of `slab`. A partial
 * frame is moved at most once after its length is known: to a slab that has room for all of it.
 */
export class ReceiveMemory {
  readonly #newSlab: NewSlab
  slab: Uint8Array
  /** Of the whole slab, for readers of words. */
  view: DataView
  readAt = 0
  writeAt = 0
  /**
   * Whether somebody may still look at what was consumed. Else the slab is used again from its
   * beginning, which stays in the cache; it is not given back, and nothing new is faulted in.
   */
  isKept = false
  #offeredBytes = 0
  /** The last fill took all that was offered: a larger slab would have had more. */
  #wasFilled = false
  /** Fills of the present slab. */
  #fills = 0
  #quietFills = 0

  constructor(newSlab: NewSlab = (bytes) => new Uint8Array(bytes)) {
    this.#newSlab = newSlab
    this.slab = newSlab(SLAB_BYTES_MIN)
    this.view = new DataView(this.slab.buffer)
  }

  /** `frameBytes`: all of the frame that has begun to arrive, or what is known of it. */
  space(frameBytes: number): Uint8Array {
    this.#makeRoom(frameBytes)
    const missing = this.readAt + frameBytes - this.writeAt
    const offer = Math.max(missing, OFFER_BYTES_MAX)
    const end = Math.min(this.slab.length, this.writeAt + offer)
    this.#offeredBytes = end - this.writeAt
    return this.slab.subarray(this.writeAt, end)
  }

  #makeRoom(frameBytes: number): void {
    if (!this.isKept && this.readAt > 0) this.#rewind(frameBytes)
    if (!this.#fits(frameBytes)) this.#renew(frameBytes)
  }

  /** See `FrameReader.copied`. */
  copied(words: DataView, bytes: number, frameBytes: number): boolean {
    if (bytes > COPY_BYTES_MAX) return false
    this.#makeRoom(frameBytes)
    const { view, writeAt } = this
    if (bytes > this.slab.length - writeAt) return false
    copyWords(view, writeAt, words, 0, bytes)
    this.#wasFilled = false
    this.#took(bytes)
    return true
  }

  filled(bytes: number): void {
    // Called for every read: an assertion would build its text each time.
    if (!(bytes >= 0 && bytes <= this.#offeredBytes)) {
      throw new InvariantError(`${bytes} of ${this.#offeredBytes} filled`)
    }
    this.#wasFilled = bytes === this.#offeredBytes
    this.#took(bytes)
  }

  #took(bytes: number): void {
    this.#offeredBytes = 0
    this.writeAt += bytes
    this.#fills++
    this.#quietFills = bytes > QUIET_FILL_BYTES ? 0 : this.#quietFills + 1
  }

  consume(end: number): void {
    this.readAt = end
  }

  #fits(frameBytes: number): boolean {
    const pending = this.writeAt - this.readAt
    if (frameBytes > pending) return this.readAt + frameBytes <= this.slab.length
    if (pending === 0 && this.#isTooLarge()) return false
    // A quarter of a small slab, 16 KiB of a large one: reads do not dwindle towards its end.
    const room = this.slab.length - this.writeAt
    return room >= Math.min(SLAB_BYTES_MIN, this.slab.length / 4)
  }

  /** A quiet link gives a large slab back. */
  #isTooLarge(): boolean {
    return this.slab.length > SLAB_BYTES_MIN && this.#isQuiet()
  }

  /** No getter: asked for at every read, and private ones are looked up by the runtime. */
  #isQuiet(): boolean {
    return this.#quietFills >= QUIET_FILLS
  }

  /** What is pending goes to the beginning, where that is cheap or spares a new slab. */
  #rewind(frameBytes: number): void {
    const pending = this.writeAt - this.readAt
    const grows = this.#wasFilled && this.slab.length < SLAB_BYTES_MAX
    if (grows || frameBytes > this.slab.length) return
    if (pending === 0 && this.#isTooLarge()) return
    if (pending > MOVED_BYTES_MAX && this.#fits(frameBytes)) return
    this.slab.copyWithin(0, this.readAt, this.writeAt)
    this.readAt = 0
    this.writeAt = pending
  }

  #renew(frameBytes: number): void {
    const rest = this.slab.subarray(this.readAt, this.writeAt)
    const needed = Math.max(frameBytes, rest.length + SLAB_BYTES_MIN / 4)
    this.slab = this.#newSlab(Math.max(this.#nextSlabBytes(), needed))
    this.slab.set(rest)
    this.view = new DataView(this.slab.buffer)
    this.readAt = 0
    this.writeAt = rest.length
    this.isKept = false
    this.#fills = 0
  }

  /** Follows the traffic: large bites ask for larger slabs, a quiet link needs the smallest. */
  #nextSlabBytes(): number {
    if (this.#isQuiet()) return SLAB_BYTES_MIN
    const growth = this.#fills <= FILLS_TO_GROW ? SLAB_GROWTH : 1
    return Math.min(SLAB_BYTES_MAX, this.slab.length * growth)
  }
}
