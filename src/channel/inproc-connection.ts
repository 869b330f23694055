// One end of a connection between two nodes of a process.
import { assert } from '../errors.js'
import type { Connection, ConnectionLimits, ConnectionSink } from './channel.js'
import { Staging } from './staging.js'

/**
 * One end. A batch of its staging area lies in the other end's inbox until the last byte of it is
 * copied to the other's sink: a reader that pauses leaves it, and all that follows, with the
 * sender.
 */
export class InprocConnection implements Connection {
  readonly kind = 'inproc'
  readonly localAddress: string
  readonly remoteAddress: string
  readonly sameHost = true

  readonly #flushMs: number
  readonly #staging: Staging
  #peer: InprocConnection | undefined
  #sink: ConnectionSink | undefined
  #state: 'open' | 'finishing' | 'ended' = 'open'
  #paused = false
  #flushTimer: NodeJS.Timeout | undefined
  #inbox: readonly Uint8Array[] = []
  /** Where delivery goes on: the part of the inbox, and the offset in it. */
  #part = 0
  #at = 0
  #deliveryScheduled = false

  constructor(address: string, limits: ConnectionLimits) {
    this.localAddress = address
    this.remoteAddress = address
    this.#flushMs = limits.flushMs
    this.#staging = new Staging(
      {
        write: (parts) => {
          if (this.#peer !== undefined) this.#peer.#receive(parts)
          return false
        },
        writable: () => this.#sink?.writable(),
        finished: () => this.#end(),
      },
      limits.sendBufferBytesMax,
    )
  }

  join(peer: InprocConnection): void {
    this.#peer = peer
  }

  start(sink: ConnectionSink): void {
    this.#sink = sink
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
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#inbox.length > 0) this.#scheduleDelivery()
  }

  close(how: 'flush' | 'now'): void {
    if (how === 'now') this.#end()
    else this.#finish()
  }

  #finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    // What the other end still sends is dropped, so that it can finish as well.
    this.resume()
    this.#flushTimer = setTimeout(() => this.#end(), this.#flushMs)
    this.#flushTimer.unref()
    this.#staging.finish()
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#flushTimer)
    this.#staging.drop()
    this.#inbox = []
    // The other end's memory is its own again; it hears of the end on a later turn, as we do.
    const peer = this.#peer
    this.#peer = undefined
    setImmediate(() => {
      this.#sink?.closed()
      this.#sink = undefined
      if (peer !== undefined) peer.#onPeerEnded()
    })
  }

  #onPeerEnded(): void {
    this.#inbox = []
    this.#end()
  }

  #receive(parts: readonly Uint8Array[]): void {
    this.#inbox = parts
    this.#part = 0
    this.#at = 0
    this.#scheduleDelivery()
  }

  /** A turn of its own for each batch: two ends that answer each other leave the loop its turns. */
  #scheduleDelivery(): void {
    if (this.#deliveryScheduled) return
    this.#deliveryScheduled = true
    setImmediate(() => {
      this.#deliveryScheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (this.#part < this.#inbox.length) {
      if (this.#state === 'open' && this.#paused) return
      if (this.#state !== 'open') break
      this.#deliverPiece(this.#inbox[this.#part]!)
    }
    if (this.#inbox.length === 0) return
    this.#inbox = []
    if (this.#peer !== undefined) this.#peer.#staging.taken()
  }

  #deliverPiece(part: Uint8Array): void {
    const sink = this.#sink!
    const space = sink.space()
    assert(space.length > 0, 'a sink gave no space')
    const piece = part.subarray(this.#at, this.#at + space.length)
    space.set(piece)
    this.#at += piece.length
    if (this.#at === part.length) {
      this.#part++
      this.#at = 0
    }
    sink.filled(piece.length)
  }
}
