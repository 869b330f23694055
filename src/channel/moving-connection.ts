// One connection whose bytes move between a socket and a ring beside it, in order.
import { BusError } from '../errors.js'
import type { ChannelKind, Connection, ConnectionLimits, ConnectionSink } from './channel.js'
import type { Addon, NativeLink } from './native.js'
import { RingConnection } from './ring-connection.js'
import { acceptRing, bellOf, concludeRing, type OfferedRing, offerRing } from './ring-setup.js'
import { turnsOf } from './ring-turns.js'

/** What one read of the socket may bring while its bytes have to wait for those of the ring. */
const LANDING_BYTES = 64 * 1024

// A ring that is given back waits for the other end; the socket tells when there is none.
const NO_LIMIT_MS = 2 ** 31 - 1

/** Where bytes go that nobody is to see any more. */
const DROPPED = new Uint8Array(LANDING_BYTES)

/** What the two ends tell each other of a ring: all open in the process `pid`. */
export interface RingPlace {
  readonly ringBytes: number
  /** 16 bytes. */
  readonly nonce: Uint8Array
  readonly pid: number
  readonly memoryFd: number
  readonly bellFd: number
}

export interface BellPlace {
  readonly pid: number
  readonly bellFd: number
}

export interface MovingOptions extends ConnectionLimits {
  readonly addon: Addon
  readonly ringBytes: number
  /** See `RingOptions`. */
  readonly spinMicros: number
}

type Carrier = 'socket' | 'ring'

/**
 * Owns the socket and at most one ring. Written to is one of them, read from is one of them, each
 * direction by itself; what goes by which is for the two ends to agree on, see `write` and `read`.
 *
 * The socket is watched as long as the connection lives. While the ring is read, what the socket
 * brings lands in memory of ours and waits.
 */
export class MovingConnection implements Connection {
  readonly kind: ChannelKind
  readonly localAddress: string
  readonly remoteAddress: string
  readonly sameHost: boolean

  readonly #socket: Connection
  readonly #options: MovingOptions
  /** What the user of the connection writes to. */
  #out: Connection
  #reads: Carrier = 'socket'
  #ring: RingConnection | undefined
  /** Made by us and not opened by the other end yet. */
  #offered: OfferedRing | undefined
  /** Given back; what we had written is being read. */
  readonly #leaving = new Set<RingConnection>()
  #sink: ConnectionSink | undefined
  #paused = false
  /** From an offer on: what the socket brings may have to wait, so it lands in memory of ours. */
  #careful = false
  /** Where the socket's next bytes land; undefined where it is the sink's memory. */
  #landing: Uint8Array | undefined
  /** Read from the socket and not to be seen before the last of the ring. */
  #waiting: Uint8Array[] = []
  #state: 'open' | 'closing' | 'ended' = 'open'
  #isSocketClosed = false
  #flushTimer: NodeJS.Timeout | undefined
  /** How it ended; what came first counts. */
  #verdict: { readonly error: Error | undefined } | undefined

  constructor(socket: Connection, options: MovingOptions) {
    this.#socket = socket
    this.#options = options
    this.#out = socket
    this.kind = socket.kind
    this.localAddress = socket.localAddress
    this.remoteAddress = socket.remoteAddress
    this.sameHost = socket.sameHost
  }

  /** What the socket is to be given; `sink` gets what it brings. To be called once. */
  start(sink: ConnectionSink): ConnectionSink {
    this.#sink = sink
    return {
      space: () => this.#space(sink),
      copied: (words, bytes) => this.#copied(sink, words, bytes),
      filled: (bytes) => this.#filled(bytes),
      writable: () => sink.writable(),
      closed: (error) => this.#onSocketClosed(error),
    }
  }

  get buffer(): Uint8Array {
    return this.#out.buffer
  }

  get offset(): number {
    return this.#out.offset
  }

  get pendingBytes(): number {
    const ring = this.#ring?.pendingBytes ?? 0
    return this.#socket.pendingBytes + ring
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    return this.#out.claim(bytes)
  }

  commit(bytes: number): void {
    this.#out.commit(bytes)
  }

  pause(): void {
    this.#paused = true
    this.#reading.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#reads === 'socket' && this.#waiting.length > 0) this.#deliverLater()
    else this.#reading.resume()
  }

  get #reading(): Connection {
    return this.#reads === 'ring' && this.#ring ? this.#ring : this.#socket
  }

  close(how: 'flush' | 'now'): void {
    if (this.#state === 'ended' || (this.#state === 'closing' && how === 'flush')) return
    this.#state = 'closing'
    this.#waiting = []
    this.#forgetOffer()
    const rings = this.#rings
    const waits = how === 'flush' && rings.some((ring) => this.#isUnwritten(ring))
    for (const ring of rings) ring.close(waits ? 'flush' : 'now')
    if (waits) this.#limitFlush()
    else if (this.#isSocketClosed) this.#endLater()
    else this.#socket.close(how)
  }

  get #rings(): RingConnection[] {
    return this.#ring ? [this.#ring, ...this.#leaving] : [...this.#leaving]
  }

  /** What it holds, or what may still be written to it, has to be in the ring before the end. */
  #isUnwritten(ring: RingConnection): boolean {
    return ring === this.#out || ring.pendingBytes > 0
  }

  #limitFlush(): void {
    this.#flushTimer = setTimeout(() => this.close('now'), this.#options.flushMs)
    this.#flushTimer.unref()
  }

  /** Memory for a ring of ours; why not, where there is none to be had. */
  offer(): RingPlace | string {
    const { addon, ringBytes } = this.#options
    const bell = bellOf(turnsOf(addon))
    if (bell === undefined) return 'no_bell'
    const made = offerRing(addon, { memory: 'anonymous', ringBytes, bell })
    if (typeof made === 'string') return made
    const { memory, nonce } = made.offer
    if (typeof memory === 'string') return 'no_descriptor'
    this.#offered = made
    this.#careful = true
    const { pid, fd: memoryFd } = memory
    return { ringBytes, nonce: Buffer.from(nonce, 'hex'), pid, memoryFd, bellFd: bell.fd }
  }

  /** Opens what the other end made. */
  accept({ ringBytes, nonce, pid, memoryFd, bellFd }: RingPlace): BellPlace | string {
    const { addon } = this.#options
    if (this.#ring !== undefined) return 'busy'
    const bell = bellOf(turnsOf(addon))
    if (bell === undefined) return 'no_bell'
    const link = acceptRing(addon, {
      memory: { pid, fd: memoryFd },
      ringBytes,
      nonce: Buffer.from(nonce).toString('hex'),
    })
    if (typeof link === 'string') return link
    const mute = link.holdRope(pid, bellFd)
    if (mute !== undefined) {
      link.close()
      return mute
    }
    this.#careful = true
    this.#ring = this.#begin(link)
    return { pid: bell.pid, bellFd: bell.fd }
  }

  /** The other end has opened what we made, and is woken by that bell. */
  conclude({ pid, bellFd }: BellPlace): string | undefined {
    const offered = this.#offered
    if (offered === undefined) return 'no_offer'
    const mute = offered.link.holdRope(pid, bellFd)
    if (mute !== undefined) return mute
    concludeRing(offered.link, undefined)
    this.#offered = undefined
    this.#ring = this.#begin(offered.link)
    return undefined
  }

  /** No ring from now on. What was written into it is still read by the other end. */
  drop(): void {
    this.#forgetOffer()
    this.#careful = false
    const ring = this.#ring
    if (ring === undefined || this.#state !== 'open') return
    this.#ring = undefined
    this.#leaving.add(ring)
    ring.close('flush')
  }

  #forgetOffer(): void {
    this.#offered?.link.close()
    this.#offered = undefined
  }

  /** `lastFrame` goes by the present carrier and whatever follows by `to`. */
  write(to: Carrier, lastFrame: Uint8Array): 'ok' | 'full' | 'closed' {
    const next = to === 'ring' ? this.#ring : this.#socket
    if (next === undefined || this.#state !== 'open') return 'closed'
    const claimed = this.#out.claim(lastFrame.length)
    if (claimed !== 'ok') return claimed
    this.#out.buffer.set(lastFrame, this.#out.offset)
    this.#out.commit(lastFrame.length)
    this.#out = next
    return 'ok'
  }

  /** The last frame by the present carrier has been read; whatever follows comes by `from`. */
  read(from: Carrier): void {
    if (from === this.#reads || this.#ring === undefined) return
    this.#reads = from
    if (from === 'socket') {
      this.#ring.pause()
      this.#deliverLater()
      return
    }
    // Whoever is told to pause is deaf to the end of the socket.
    this.#socket.resume()
    if (!this.#paused) this.#ring.resume()
    if (this.#isSocketClosed) this.#ring.peerGone()
  }

  #begin(link: NativeLink): RingConnection {
    const { addon, sendBufferBytesMax, spinMicros } = this.#options
    // Whoever cannot ring by the pipe gets no ring.
    const control = { ring: () => {}, close: () => {} }
    const address = this.remoteAddress
    const parts = { addon, turns: turnsOf(addon), link, control, address, spinMicros }
    const ring = new RingConnection(parts, { sendBufferBytesMax, flushMs: NO_LIMIT_MS })
    ring.pause()
    ring.start({
      space: () => this.#sink?.space() ?? DROPPED,
      filled: (bytes) => this.#sink?.filled(bytes),
      writable: () => this.#sink?.writable(),
      closed: (error) => this.#onRingClosed(ring, error),
    })
    return ring
  }

  #space(sink: ConnectionSink): Uint8Array {
    this.#landing = this.#careful ? new Uint8Array(LANDING_BYTES) : undefined
    return this.#landing ?? sink.space()
  }

  #copied(sink: ConnectionSink, words: DataView, bytes: number): boolean {
    const isPlain = !this.#careful && this.#reads === 'socket'
    return isPlain && sink.copied?.(words, bytes) === true
  }

  #filled(bytes: number): void {
    const landing = this.#landing
    if (landing !== undefined) this.#landed(landing.subarray(0, bytes))
    else if (this.#reads === 'socket') this.#sink?.filled(bytes)
    // It was asked for before there was an offer: no lawful peer is that late.
    else this.#fail('bytes beside the ring')
  }

  #landed(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    if (this.#reads === 'socket' && this.#waiting.length === 0) {
      this.#feed(bytes)
      return
    }
    this.#waiting.push(bytes)
    this.#socket.pause()
  }

  /** What a lying peer sends behind its last frame waits as well. */
  #feed(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && this.#state === 'open' && this.#sink !== undefined) {
      if (this.#reads !== 'socket') {
        this.#waiting.unshift(bytes.subarray(at))
        this.#socket.pause()
        return
      }
      const space = this.#sink.space()
      const part = bytes.subarray(at, at + space.length)
      space.set(part)
      at += part.length
      this.#sink.filled(part.length)
    }
  }

  /** Not from within what the ring delivers. */
  #deliverLater(): void {
    setImmediate(() => this.#deliver())
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      if (this.#paused || this.#reads !== 'socket' || this.#state !== 'open') return
      this.#feed(this.#waiting.shift()!)
    }
    if (this.#reads !== 'socket' || this.#state !== 'open') return
    if (this.#isSocketClosed) this.#end()
    else if (!this.#paused) this.#socket.resume()
  }

  #onSocketClosed(error: Error | undefined): void {
    this.#isSocketClosed = true
    for (const ring of this.#leaving) ring.close('now')
    const isClosing = this.#state !== 'open'
    if (!isClosing && this.#reads === 'ring') {
      this.#ring?.peerGone()
      return
    }
    this.#verdict ??= { error }
    if (isClosing || this.#waiting.length === 0) this.#end()
  }

  #onRingClosed(ring: RingConnection, error: Error | undefined): void {
    this.#leaving.delete(ring)
    if (ring === this.#ring) {
      this.#ring = undefined
      if (this.#state === 'open') this.#verdict ??= { error }
    } else if (this.#state === 'open') return
    this.#state = 'closing'
    if (this.#rings.length > 0) return
    if (this.#isSocketClosed) this.#end()
    else this.#socket.close(error === undefined ? 'flush' : 'now')
  }

  #fail(detail: string): void {
    this.#verdict ??= { error: new BusError('BAD_SIZE', `${this.remoteAddress}: ${detail}`) }
    setImmediate(() => this.close('now'))
  }

  #endLater(): void {
    setImmediate(() => this.#end())
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#flushTimer)
    this.#waiting = []
    this.#forgetOffer()
    for (const ring of this.#rings) ring.close('now')
    this.#sink?.closed(this.#verdict?.error)
    this.#sink = undefined
  }
}
