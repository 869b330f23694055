// An endless sequence of bytes that both ends of a connection know: what is missing, doubled or
// torn shows at the first wrong byte.
import type { Connection, ConnectionSink } from '../../src/channel/channel.js'
import { bytesOf } from '../channel/_harness.js'

// A prime: the sequence never falls in step with buffers and rings.
const PERIOD = 65_521
const once = bytesOf(PERIOD, 77)
const DOUBLED = Buffer.concat([once, once, once])

/** `length` is at most two periods. */
function pattern(at: number, length: number): Uint8Array {
  const from = at % PERIOD
  return DOUBLED.subarray(from, from + length)
}

/** Checks what arrives, and sends as much as the connection takes while `sends`. */
export class PatternEnd implements ConnectionSink {
  receivedBytes = 0
  sentBytes = 0
  wrong = 0
  closedWith: Error | undefined
  readonly whenClosed: Promise<void>
  readonly #space = Buffer.allocUnsafe(64 * 1024)
  readonly #connection: Connection
  #closed = false
  #resolve = () => {}
  #watcher: (() => void) | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    this.whenClosed = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** A burst each turn of the loop, until the connection is closed. */
  readonly send = (): void => {
    if (this.#closed) return
    for (let burst = 0; burst < 20; burst++) {
      const bytes = 1 + ((this.sentBytes * 7) % 20_000)
      if (this.#connection.claim(bytes) !== 'ok') break
      this.#connection.buffer.set(pattern(this.sentBytes, bytes), this.#connection.offset)
      this.#connection.commit(bytes)
      this.sentBytes += bytes
    }
    setImmediate(this.send)
  }

  /** Resolves once so many more bytes arrived, or it is closed. */
  more(bytes: number): Promise<void> {
    const aim = this.receivedBytes + bytes
    return new Promise((resolve) => {
      this.#watcher = () => {
        if (this.receivedBytes >= aim || this.#closed) resolve()
      }
      this.#watcher()
    })
  }

  space(): Uint8Array {
    return this.#space
  }

  filled(bytes: number): void {
    const expected = pattern(this.receivedBytes, bytes)
    if (this.#space.compare(expected, 0, bytes, 0, bytes) !== 0) this.wrong++
    this.receivedBytes += bytes
    this.#watcher?.()
  }

  writable(): void {}

  closed(error?: Error): void {
    this.#closed = true
    this.closedWith = error
    this.#resolve()
    this.#watcher?.()
  }
}
