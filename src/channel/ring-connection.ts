// One connection over the two rings of a segment of shared memory.
import { BusError } from '../errors.js'
import type { Connection, ConnectionLimits, ConnectionSink } from './channel.js'
import type { Addon, NativeLink } from './native.js'
import type { RingMember, RingTurns } from './ring-turns.js'
import { type Drain, Staging } from './staging.js'

/** What stands beside a ring for as long as it lives: the socket that tells when a peer is gone. */
export interface RingControl {
  /** Has the peer's `peerRang` called. Only where its bell cannot be rung from here. */
  ring(): void
  /** The ring is closed at this end. */
  close(): void
}

export interface RingParts {
  readonly addon: Addon
  readonly turns: RingTurns
  /** Owned by the connection from now on. */
  readonly link: NativeLink
  readonly control: RingControl
  /** Of both ends; they have one name. */
  readonly address: string
  /** See `RingOptions`. */
  readonly spinMicros: number
}

// What one connection may take of a turn. A whole ring of the default size; others, timers and
// sockets wait for about 50 µs of copying.
const TURN_BYTES = 512 * 1024

/** Where bytes go that nobody is to see any more. */
const DROPPED = new Uint8Array(64 * 1024)

/**
 * Owns the link. `open` → `finishing` (we or the other end closed in good order: what is committed
 * still leaves, whatever arrives is dropped) → `ended` (unmapped, `closed` on its way).
 *
 * Whoever watches the control link calls `peerGone` at its end: what the peer had published is
 * still read then, and where it had not said that this was all, the link was lost.
 */
export class RingConnection implements Connection, RingMember {
  readonly kind = 'ring'
  readonly sameHost = true
  readonly localAddress: string
  readonly remoteAddress: string
  readonly link: NativeLink
  readonly spinMicros: number

  readonly #parts: RingParts
  readonly #flushMs: number
  readonly #staging: Staging
  #sink: ConnectionSink | undefined
  #slot = -1
  #state: 'open' | 'finishing' | 'ended' = 'open'
  #paused = false
  #flushed = false
  #peerFinished = false
  #peerGone = false
  /** Handed over by the staging area and not in the ring yet; the first from `#from` on. */
  #outgoing: readonly Uint8Array[] = []
  #from = 0
  #flushTimer: NodeJS.Timeout | undefined
  #failure: Error | undefined

  constructor(parts: RingParts, limits: ConnectionLimits) {
    this.#parts = parts
    this.link = parts.link
    this.spinMicros = parts.spinMicros
    this.localAddress = parts.address
    this.remoteAddress = parts.address
    this.#flushMs = limits.flushMs
    this.#staging = new Staging(this.#drain(), limits.sendBufferBytesMax)
  }

  /** To be called once. */
  start(sink: ConnectionSink): void {
    this.#sink = sink
    if (this.#state === 'ended') return
    this.#slot = this.#parts.turns.add(this)
    this.#want()
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
    this.#want()
  }

  resume(): void {
    this.#paused = false
    this.#want()
    if (this.#peerGone) this.#againLater()
  }

  close(how: 'flush' | 'now'): void {
    if (how === 'flush') this.#finish()
    else this.#end()
  }

  /** The peer has something for us and could not ring our bell itself. */
  peerRang(): void {
    this.#parts.turns.wake()
  }

  /** The control link ended: nothing more will be published. */
  peerGone(): void {
    if (this.#peerGone) return
    this.#peerGone = true
    this.#againLater()
  }

  turn(): void {
    if (this.#state === 'ended') return
    if (this.#outgoing.length > 0) this.#writeOn()
    if (this.#reads) this.#read()
    // It said that it had finished, and is gone now: nobody takes what waits to be flushed.
    else if (this.#peerGone) this.#endIfDone()
  }

  get #reads(): boolean {
    if (this.#state === 'ended' || this.#peerFinished) return false
    return this.#state === 'finishing' || !this.#paused
  }

  /** `Addon.ready` tells nothing of a link whose peer died with nothing left to read. */
  #againLater(): void {
    setImmediate(() => this.turn())
  }

  #want(): void {
    if (this.#slot < 0 || this.#state === 'ended') return
    this.link.want(this.#slot, this.#reads, this.#outgoing.length > 0)
    this.#parts.turns.wake()
  }

  #read(): void {
    let left = TURN_BYTES
    while (left > 0 && this.#reads) {
      const sink = this.#state === 'open' ? this.#sink : undefined
      const bytes = this.link.read(sink?.space() ?? DROPPED)
      if (bytes <= 0) {
        this.#readNothing(bytes)
        return
      }
      left -= bytes
      this.#ringOwed()
      sink?.filled(bytes)
    }
    if (this.#peerGone && this.#reads) this.#againLater()
  }

  #readNothing(code: number): void {
    if (code === this.#parts.addon.corrupt) this.#fail('BAD_SIZE', 'a cursor that cannot be')
    else if (code === this.#parts.addon.ended) this.#onPeerFinished()
    else if (this.#peerGone) this.#fail('LINK_LOST', 'the other end is gone')
  }

  #onPeerFinished(): void {
    this.#peerFinished = true
    this.#want()
    this.#finish()
    this.#endIfDone()
  }

  #finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    this.#flushTimer = setTimeout(() => this.#end(), this.#flushMs)
    this.#flushTimer.unref()
    this.#want()
    this.#staging.finish()
  }

  #onFlushed(): void {
    this.#flushed = true
    this.link.finish()
    this.#ringOwed()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#peerFinished && (this.#flushed || this.#peerGone)) this.#end()
  }

  /** Once we are closing, how the other end takes it is no failure. */
  #fail(code: 'BAD_SIZE' | 'LINK_LOST', detail: string): void {
    if (this.#state === 'open')
      this.#failure = new BusError(code, `${this.localAddress}: ${detail}`)
    this.#end()
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#flushTimer)
    this.#staging.drop()
    this.#outgoing = []
    this.link.finish()
    this.link.close()
    if (this.#slot >= 0) this.#parts.turns.remove(this.#slot)
    this.#parts.control.close()
    setImmediate(() => {
      this.#sink?.closed(this.#failure)
      this.#sink = undefined
    })
  }

  #drain(): Drain {
    return {
      write: (parts) => {
        this.#outgoing = parts
        this.#from = 0
        if (this.#push()) return true
        this.#want()
        return false
      },
      writable: () => this.#sink?.writable(),
      finished: () => this.#onFlushed(),
    }
  }

  #writeOn(): void {
    if (!this.#push()) return
    this.#want()
    this.#staging.taken()
  }

  /** Whether all that was handed over is in the ring. */
  #push(): boolean {
    let part = 0
    for (; part < this.#outgoing.length; part++) {
      const bytes = this.#outgoing[part]!
      const taken = this.link.write(bytes, this.#from)
      if (taken < 0) this.#failLater()
      this.#from += Math.max(taken, 0)
      if (this.#from < bytes.length) break
      this.#from = 0
    }
    this.#outgoing = this.#outgoing.slice(part)
    this.#ringOwed()
    return this.#outgoing.length === 0
  }

  /** Not from within a claim or a commit of the sink's owner. */
  #failLater(): void {
    setImmediate(() => this.#fail('BAD_SIZE', 'a cursor that cannot be'))
  }

  #ringOwed(): void {
    if (this.link.takeOwedRing()) this.#parts.control.ring()
  }
}
