// One connection over a node:net socket, tcp or unix.
import type { Socket } from 'node:net'
import { BusError } from '../errors.js'
import type { ChannelKind, Connection, ConnectionLimits, ConnectionSink } from './channel.js'
import { DirectWriter } from './direct-writer.js'
import type { Intake } from './intake.js'
import { type Drain, Staging } from './staging.js'

/** What is known of a connection once it is open. */
export interface ConnectionFacts {
  readonly kind: ChannelKind
  readonly localAddress: string
  readonly remoteAddress: string
  readonly sameHost: boolean
}

const KEEPALIVE_DELAY_MS = 60_000 // Spec A.1.

/**
 * Owns the socket. `open` → `finishing` (we or the other end closed in good order: what is
 * committed still leaves, whatever arrives is dropped) → `ended` (destroyed, `closed` on its way).
 *
 * Both ends go on reading until the other's end of stream: a socket closed over unread bytes sends
 * a reset, which would take away what the other end has not read yet.
 */
export class StreamConnection implements Connection {
  readonly kind: ChannelKind
  readonly localAddress: string
  readonly remoteAddress: string
  readonly sameHost: boolean

  readonly #socket: Socket
  readonly #intake: Intake
  readonly #flushMs: number
  readonly #staging: Staging
  #sink: ConnectionSink | undefined
  #state: 'open' | 'finishing' | 'ended' = 'open'
  #flushTimer: NodeJS.Timeout | undefined
  #failure: Error | undefined

  /** `socket` is open, has `allowHalfOpen` set, and reads through `intake`. */
  constructor(socket: Socket, intake: Intake, facts: ConnectionFacts, limits: ConnectionLimits) {
    this.kind = facts.kind
    this.localAddress = facts.localAddress
    this.remoteAddress = facts.remoteAddress
    this.sameHost = facts.sameHost
    this.#socket = socket
    this.#intake = intake
    this.#flushMs = limits.flushMs
    this.#staging = new Staging(this.#drain(), limits.sendBufferBytesMax)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEPALIVE_DELAY_MS)
    socket.on('error', (error) => this.#onError(error))
    socket.on('end', () => this.#finish())
    socket.on('close', () => this.#onClose())
  }

  /** To be called once, in the turn that made the connection, before anything can be read. */
  start(sink: ConnectionSink): void {
    this.#sink = sink
    if (this.#state === 'open') this.#intake.start(sink)
  }

  get buffer(): Uint8Array {
    return this.#staging.buffer
  }

  get offset(): number {
    return this.#staging.offset
  }

  get pendingBytes(): number {
    return this.#staging.pendingBytes
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    return this.#staging.claim(bytes)
  }

  commit(bytes: number): void {
    this.#staging.commit(bytes)
  }

  pause(): void {
    if (this.#state === 'open') this.#socket.pause()
  }

  resume(): void {
    if (this.#state === 'open') this.#socket.resume()
  }

  close(how: 'flush' | 'now'): void {
    if (how === 'flush') this.#finish()
    else this.#end()
  }

  #finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    this.#intake.stop()
    this.#socket.resume()
    this.#flushTimer = setTimeout(() => this.#end(), this.#flushMs)
    this.#flushTimer.unref()
    this.#staging.finish()
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#intake.stop()
    this.#staging.drop()
    this.#socket.destroy()
  }

  /** Once we are closing, how the other end takes it is no failure. */
  #onError(error: Error): void {
    if (this.#state !== 'open') return
    const between = `${this.localAddress} - ${this.remoteAddress}`
    this.#failure = new BusError('LINK_LOST', `${between}: ${error.message}`, { cause: error })
  }

  #onClose(): void {
    this.#end()
    clearTimeout(this.#flushTimer)
    this.#sink?.closed(this.#failure)
    this.#sink = undefined
  }

  #drain(): Drain {
    const socket = this.#socket
    // node:net reports a write that the kernel took at once as late as any other; what the socket
    // still holds tells at once. The callback matters where the kernel did not take it all.
    let waits = false
    const written = (error?: Error | null) => {
      if (error || !waits || socket.writableLength > 0) return
      waits = false
      this.#staging.taken()
    }
    const direct = new DirectWriter(socket, () => this.#staging.taken())
    return {
      write: (parts) => {
        const how = parts.length === 1 ? direct.write(parts[0]!) : 'no'
        if (how !== 'no') return how === 'done'
        if (parts.length > 1) socket.cork()
        const last = parts.length - 1
        for (let i = 0; i < last; i++) socket.write(parts[i]!)
        socket.write(parts[last]!, written)
        if (parts.length > 1) socket.uncork()
        waits = socket.writableLength > 0
        return !waits
      },
      writable: () => this.#sink?.writable(),
      finished: () => socket.end(),
    }
  }
}
