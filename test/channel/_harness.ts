// What the channel tests share: a sink that records, pairs of ends, seeded bytes.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Channel,
  Connection,
  ConnectionSink,
  DialOptions,
  Listener,
} from '../../src/channel/channel.js'
import { DEFAULT_CONNECTION_LIMITS } from '../../src/channel/channel.js'

/** Times that no busy machine overruns: where one of them is the rule, the test gives its own. */
export const OPTIONS: DialOptions = {
  ...DEFAULT_CONNECTION_LIMITS,
  flushMs: 60_000,
  timeoutMs: 60_000,
}

/** A stream of numbers below `below` that a seed decides (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function bytesOf(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4) + 1)
  let state = seed | 1
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    words[i] = state ^ (state >>> 13)
  }
  return new Uint8Array(words.buffer, 0, length)
}

export interface RecordingOptions {
  /** Length of the next space. */
  spaceBytes?: () => number
  onFilled?: (sink: RecordingSink) => void
}

/** Keeps what arrived and checks the order of the calls. */
export class RecordingSink implements ConnectionSink {
  readonly faults: string[] = []
  receivedBytes = 0
  writableCalls = 0
  closedCalls = 0
  closedWith: Error | undefined
  readonly whenClosed: Promise<void>
  readonly #pieces: Uint8Array[] = []
  readonly #options: RecordingOptions
  #space: Uint8Array | undefined
  #resolveClosed = () => {}
  #watchers: (() => boolean)[] = []

  constructor(options: RecordingOptions = {}) {
    this.#options = options
    this.whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  space(): Uint8Array {
    if (this.closedCalls > 0) this.faults.push('space after closed')
    this.#space = new Uint8Array(this.#options.spaceBytes?.() ?? 64 * 1024)
    return this.#space
  }

  filled(bytes: number): void {
    if (this.closedCalls > 0) this.faults.push('filled after closed')
    if (this.#space === undefined) this.faults.push('filled without a space')
    else this.#pieces.push(this.#space.subarray(0, bytes))
    if (bytes < 1) this.faults.push('filled with nothing')
    this.#space = undefined
    this.receivedBytes += bytes
    this.#options.onFilled?.(this)
    this.#look()
  }

  writable(): void {
    if (this.closedCalls > 0) this.faults.push('writable after closed')
    this.writableCalls++
    this.#look()
  }

  closed(error?: Error): void {
    this.closedCalls++
    this.closedWith = error
    this.#resolveClosed()
    this.#look()
  }

  received(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  /** Resolves when `condition` holds after some call to this sink. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#watchers.push(() => {
        if (!condition()) return false
        resolve()
        return true
      })
    })
  }

  #look(): void {
    this.#watchers = this.#watchers.filter((holds) => !holds())
  }
}

export interface End {
  readonly connection: Connection
  readonly sink: RecordingSink
}

export interface Pair {
  readonly near: End
  readonly far: End
  readonly listener: Listener
  close(): Promise<void>
}

export interface PairOptions {
  near?: RecordingOptions
  far?: RecordingOptions
  limits?: Partial<DialOptions>
}

/** Two connected ends: `near` dialled, `far` was accepted. */
export async function connectPair(
  channel: Channel,
  address: string,
  options: PairOptions = {},
): Promise<Pair> {
  const limits = { ...OPTIONS, ...options.limits }
  let accepted: (end: End) => void = () => {}
  const farEnd = new Promise<End>((resolve) => {
    accepted = resolve
  })
  const listener = await channel.listen(
    address,
    (connection) => {
      const sink = new RecordingSink(options.far)
      accepted({ connection, sink })
      return sink
    },
    limits,
  )
  const near = await dialled(channel, listener.address, options.near, limits)
  const far = await farEnd
  const close = async () => {
    near.connection.close('now')
    far.connection.close('now')
    await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
    await listener.close()
  }
  return { near, far, listener, close }
}

export function dialled(
  channel: Channel,
  address: string,
  sinkOptions: RecordingOptions = {},
  options: DialOptions = OPTIONS,
): Promise<End> {
  return new Promise((resolve, reject) => {
    channel.dial(
      address,
      (connection) => {
        const sink = new RecordingSink(sinkOptions)
        resolve({ connection, sink })
        return sink
      },
      reject,
      options,
    )
  })
}

export type SendOutcome = 'ok' | 'full' | 'closed'

export function send(connection: Connection, bytes: Uint8Array): SendOutcome {
  const outcome = connection.claim(bytes.length)
  if (outcome !== 'ok') return outcome
  connection.buffer.set(bytes, connection.offset)
  connection.commit(bytes.length)
  return 'ok'
}

/** Sends all of `bytes` in the sizes given, waiting for room where there is none. */
export async function sendAll(end: End, bytes: Uint8Array, size: () => number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + size())
    const calls = end.sink.writableCalls
    const outcome = send(end.connection, piece)
    if (outcome === 'closed') throw new Error(`closed after ${at} of ${bytes.length} bytes`)
    if (outcome === 'full') await end.sink.until(() => end.sink.writableCalls > calls)
    else at += piece.length
  }
}

/** Turns of the event loop, for what must not happen. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const TURNS_MAX = 10_000

/** As many turns as it takes, within a bound; the assertion behind it tells what came of it. */
export async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let left = TURNS_MAX; left > 0 && !holds(); left--) await turns(1)
}

/** A directory of its own under the system's, with the call that removes it. */
export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'treebus-'))
  const remove = () => {
    if (existsSync(path)) rmSync(path, { recursive: true })
  }
  return { path, remove }
}
