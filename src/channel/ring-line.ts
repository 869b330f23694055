// The control link of a ring that stands alone: a unix socket. Lines of text first, then bells.
import type { Connection, ConnectionSink } from './channel.js'

/** What a line tells whom it serves. */
export interface LineEvents {
  /** One line, without its end. Whether more are expected: else every byte is a bell. */
  line(text: string): boolean
  rang(): void
  /** Also where it said more than a line may hold. */
  closed(): void
}

// An offer takes about 200.
const LINE_BYTES_MAX = 1024

const BELL = 0x07

export class RingLine implements ConnectionSink {
  readonly #connection: Connection
  readonly #memory = new Uint8Array(LINE_BYTES_MAX)
  readonly #events: LineEvents
  #used = 0
  #reads = true
  #closed = false

  constructor(connection: Connection, events: LineEvents) {
    this.#connection = connection
    this.#events = events
  }

  say(words: object): void {
    const bytes = Buffer.from(`${JSON.stringify(words)}\n`)
    if (this.#connection.claim(bytes.length) !== 'ok') return
    this.#connection.buffer.set(bytes, this.#connection.offset)
    this.#connection.commit(bytes.length)
  }

  ring(): void {
    // A bell that still waits to be written is heard as well as two.
    if (this.#connection.pendingBytes > 0 || this.#connection.claim(1) !== 'ok') return
    this.#connection.buffer[this.#connection.offset] = BELL
    this.#connection.commit(1)
  }

  close(): void {
    this.#connection.close('now')
  }

  space(): Uint8Array {
    return this.#memory.subarray(this.#used)
  }

  filled(bytes: number): void {
    this.#used += bytes
    while (this.#reads && this.#takeLine());
    if (this.#reads) {
      if (this.#used === LINE_BYTES_MAX) this.#connection.close('now')
      return
    }
    if (this.#used > 0) this.#events.rang()
    this.#used = 0
  }

  writable(): void {}

  closed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#events.closed()
  }

  #takeLine(): boolean {
    const end = this.#memory.subarray(0, this.#used).indexOf(0x0a)
    if (end < 0) return false
    const text = Buffer.from(this.#memory.subarray(0, end)).toString()
    this.#memory.copyWithin(0, end + 1, this.#used)
    this.#used -= end + 1
    this.#reads = this.#events.line(text)
    return true
  }
}
