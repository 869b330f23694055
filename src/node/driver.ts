// Joins the core to the world: performs its effects, feeds it what happened, wakes it in time.

import { announcedAddress, parseAddress } from '../channel/address.js'
import type { Connection, ConnectionLimits, ConnectionSink, Listener } from '../channel/channel.js'
import { channelFor } from '../channel/channels.js'
import { MovingConnection, type MovingOptions } from '../channel/moving-connection.js'
import { UNREGISTERED_FRAME_BYTES_MAX } from '../core/config.js'
import type { CoreEvent, Effect, Input, Port } from '../core/effects.js'
import type { NodeCore } from '../core/node-core.js'
import { assert } from '../errors.js'
import { FrameReader } from '../wire/frame.js'
import type { Clock } from './clock.js'

/**
 * Work on route records for which the loop is held. A socket alone would go on for 2 MiB, which are
 * 50,000 records. More would learn a large table a little sooner.
 */
const ROUTES_HOLD_MS = 4

export interface DriverOptions {
  readonly core: NodeCore
  readonly clock: Clock
  readonly limits: ConnectionLimits
  readonly dialTimeoutMs: number
  /** Undefined where links stay on their sockets. */
  readonly rings?: MovingOptions | undefined
  readonly onEvent: (event: CoreEvent) => void
  readonly onWritable: () => void
  /** The messages of one read are all delivered; those of before an event always are. */
  readonly onReadEnded: () => void
  /** The time of the caller's own earliest deadline. */
  readonly nextDeadlineMs: () => number
  /** The core did something: whatever follows its state looks again. Called very often. */
  readonly onStep: () => void
}

export class Driver {
  readonly #options: DriverOptions
  readonly #core: NodeCore
  readonly #open = new Map<number, Connection>()
  readonly #dials = new Map<number, () => void>()
  readonly #listeners: Listener[] = []
  /** Events are told after all effects of their step, so a handler finds the node up to date. */
  readonly #events: CoreEvent[] = []
  #telling = false
  #onAllClosed: (() => void) | undefined
  /** Frames of the core that found no room: the peer does not read. */
  controlDropped = 0
  /** Work on route records since the last rest. */
  #routesMs = 0

  constructor(options: DriverOptions) {
    this.#options = options
    this.#core = options.core
  }

  get addresses(): string[] {
    return this.#listeners.map((listener) => listener.address)
  }

  /** Bytes that wait in all connections together. */
  get pendingBytes(): number {
    let bytes = 0
    for (const connection of this.#open.values()) bytes += connection.pendingBytes
    return bytes
  }

  async listen(address: string): Promise<void> {
    const channel = channelFor(address)
    assert(channel !== undefined, `no channel for ${address}`)
    const accept = (connection: Connection) => this.#accepted(connection)
    const listener = await channel.listen(address, accept, this.#options.limits)
    this.#listeners.push(listener)
    const parsed = parseAddress(listener.address)
    const announced = parsed && announcedAddress(parsed)
    const input: Input = { kind: 'listening', address: listener.address }
    this.step(announced === undefined ? input : { ...input, announced })
  }

  async stopListening(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
  }

  /** Resolves when the last connection is gone. */
  async allClosed(): Promise<void> {
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onAllClosed = resolve
    })
  }

  /** Ends what is still open, at once. */
  abandon(): void {
    for (const giveUp of this.#dials.values()) giveUp()
    this.#dials.clear()
    for (const connection of this.#open.values()) connection.close('now')
  }

  step(input: Input): void {
    this.#perform(this.#core.handle(this.#options.clock.nowMs(), input))
  }

  /** Asks for the next wake-up; to be called when the caller's own deadlines changed. */
  schedule(): void {
    const dueMs = Math.min(this.#core.nextDeadlineMs(), this.#options.nextDeadlineMs())
    const state = this.#core.state
    // Between two attempts nothing but this timer would keep a child's process alive.
    this.#options.clock.wakeAt(dueMs, state === 'connecting' || state === 'parent_lost')
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#performOne(effect)
    this.#options.onReadEnded()
    this.schedule()
    this.#options.onStep()
    this.#tellEvents()
  }

  #performOne(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#send(effect.connection, effect.frame)
        return
      case 'close':
        this.#close(effect.connection, effect.how)
        return
      case 'dial':
        this.#dial(effect.connection, effect.address)
        return
      case 'pause':
        this.#open.get(effect.connection)?.pause()
        return
      case 'resume':
        this.#open.get(effect.connection)?.resume()
        // What it held back is in the core's hands already, and nothing else may come.
        setImmediate(() => this.#receive(effect.connection))
        return
      case 'event':
        this.#events.push(effect.event)
    }
  }

  #tellEvents(): void {
    if (this.#telling) return
    this.#telling = true
    try {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        this.#options.onEvent(event)
      }
    } finally {
      this.#telling = false
    }
  }

  #send(number: number, frame: Uint8Array): void {
    const connection = this.#open.get(number)
    if (connection?.claim(frame.length) !== 'ok') {
      this.controlDropped++
      return
    }
    connection.buffer.set(frame, connection.offset)
    connection.commit(frame.length)
  }

  #close(number: number, how: 'flush' | 'now'): void {
    this.#dials.get(number)?.()
    this.#dials.delete(number)
    this.#open.get(number)?.close(how)
  }

  #dial(number: number, address: string): void {
    const { limits, dialTimeoutMs } = this.#options
    const failed = (detail: string) => {
      this.#dials.delete(number)
      this.step({ kind: 'dial_failed', connection: number, detail })
    }
    const channel = channelFor(address)
    if (channel === undefined) {
      // The address came from a peer; we cannot go there.
      setImmediate(failed, `${address}: no such channel`)
      return
    }
    const giveUp = channel.dial(
      address,
      (connection) => {
        this.#dials.delete(number)
        return this.#opened('dialled', number, connection)
      },
      (error) => failed(error.message),
      { ...limits, timeoutMs: dialTimeoutMs },
    )
    this.#dials.set(number, giveUp)
  }

  #accepted(connection: Connection): ConnectionSink {
    return this.#opened('accepted', this.#core.nextConnectionNumber(), connection)
  }

  #opened(kind: 'accepted' | 'dialled', number: number, opened: Connection): ConnectionSink {
    const reader = new FrameReader(UNREGISTERED_FRAME_BYTES_MAX, unzeroed)
    const { rings } = this.#options
    const isSocket = opened.kind === 'tcp' || opened.kind === 'unix'
    const carriage = rings && isSocket ? new MovingConnection(opened, rings) : undefined
    const connection = carriage ?? opened
    const port: Port = {
      outlet: connection,
      reader,
      channel: connection.kind,
      localAddress: connection.localAddress,
      remoteAddress: connection.remoteAddress,
      ...(carriage && { carriage }),
    }
    this.#open.set(number, connection)
    this.step({ kind, connection: number, port })
    const sink: ConnectionSink = {
      space: () => reader.space(),
      copied: (words, bytes) => {
        if (!reader.copied(words, bytes)) return false
        this.#receive(number)
        return true
      },
      filled: (bytes) => {
        reader.filled(bytes)
        this.#receive(number)
      },
      writable: () => this.#options.onWritable(),
      closed: (error) => this.#closed(number, error),
    }
    return carriage?.start(sink) ?? sink
  }

  #receive(number: number): void {
    const startMs = this.#options.clock.nowMs()
    const { routeRecordsReceived } = this.#core.counters
    for (let nowMs = startMs; ; nowMs = this.#options.clock.nowMs()) {
      const effects = this.#core.receive(nowMs, number)
      if (effects.length === 0) break
      this.#perform(effects)
    }
    this.#options.onReadEnded()
    // What has no effects may still have set a deadline: routes are told on a turn of their own.
    this.schedule()
    this.#options.onStep()
    if (this.#core.counters.routeRecordsReceived === routeRecordsReceived) return
    this.#routesMs += this.#options.clock.nowMs() - startMs
    if (this.#routesMs >= ROUTES_HOLD_MS) this.#rest(this.#open.get(number))
  }

  /** The other connections and the timers come first. */
  #rest(connection: Connection | undefined): void {
    this.#routesMs = 0
    connection?.pause()
    setImmediate(() => connection?.resume())
  }

  #closed(number: number, error: Error | undefined): void {
    this.#open.delete(number)
    this.step({ kind: 'closed', connection: number, clean: error === undefined })
    if (this.#open.size === 0) this.#onAllClosed?.()
  }
}

/** Zeroing a block that the socket fills anyway costs a fifth of receiving 64 KiB. */
function unzeroed(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
}
