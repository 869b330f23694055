// Rings that stand alone: two processes of one host meet at a unix socket and share memory.
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusError } from '../errors.js'
import { formatAddress, type NamedAddress, parseAddress } from './address.js'
import type { Channel, Connection, ConnectionLimits, DialOptions, Listener } from './channel.js'
import { type Addon, loadAddon, type NativeLink } from './native.js'
import { RingConnection } from './ring-connection.js'
import { RingLine } from './ring-line.js'
import {
  acceptRing,
  bellOf,
  concludeRing,
  type MemoryKind,
  type OfferedRing,
  type OpenFile,
  offerRing,
  parseAnswer,
  parseOffer,
  type RingAnswer,
} from './ring-setup.js'
import { turnsOf } from './ring-turns.js'
import { dialError, failLater, listenError, type OnConnection } from './stream-channel.js'
import { UnixChannel } from './unix-channel.js'

export interface RingOptions {
  /**
   * Bytes of each of a connection's two rings, a power of two from 4,096 to 67,108,864. Default
   * 524,288: messages up to a few KiB gain nothing from more, those of 16 KiB and above do, and it
   * is memory that is taken for as long as the connection lives.
   */
  readonly ringBytes: number
  /**
   * Microseconds for which a thread looks for more after the last byte before it sleeps. Default
   * 0. Some tens of them save most answers the 20 to 40 µs of a wake-up, and cost that much
   * processor time after each burst.
   */
  readonly spinMicros: number
  /** In which order kinds of memory are tried. Default: anonymous, then named. */
  readonly memory: readonly MemoryKind[]
  /**
   * How this end is woken. `pipe`, the default: by a write to a pipe of ours, opened through /proc;
   * where that cannot be, as with `control`: by a byte over the control link, which wakes it later.
   */
  readonly doorbell: 'pipe' | 'control'
}

export const DEFAULT_RING_OPTIONS: RingOptions = {
  ringBytes: 512 * 1024,
  spinMicros: 0,
  memory: ['anonymous', 'named'],
  doorbell: 'pipe',
}

// For a peer that connects and then says nothing.
const OFFER_MS = 5_000

/**
 * `ring://NAME` for a name among the processes of one user, `ring:///PATH` for a socket's path.
 * The dialling end offers the memory: a listener spends none on strangers.
 */
export class RingChannel implements Channel {
  readonly schemes = ['ring'] as const
  readonly #options: RingOptions
  readonly #sockets = new UnixChannel()

  constructor(options: Partial<RingOptions> = {}) {
    this.#options = { ...DEFAULT_RING_OPTIONS, ...options }
  }

  async listen(
    address: string,
    onConnection: OnConnection,
    limits: ConnectionLimits,
  ): Promise<Listener> {
    const parsed = parseRing(address)
    if (parsed === undefined) throw badAddress(address)
    const addon = loadAddon()
    if (typeof addon === 'string') throw listenError(address, new Error(`no addon: ${addon}`))
    const name = formatAddress(parsed)
    const accept = (socket: Connection) => {
      return new Accepting(this.#meeting(addon, name, limits), socket, onConnection).line
    }
    try {
      const listener = await this.#sockets.listen(socketOf(parsed), accept, limits)
      return { address: name, close: () => listener.close() }
    } catch (error) {
      throw listenError(address, error instanceof BusError ? (error.cause ?? error) : error)
    }
  }

  dial(
    address: string,
    onOpen: OnConnection,
    onFailed: (error: Error) => void,
    options: DialOptions,
  ): () => void {
    const parsed = parseRing(address)
    if (parsed === undefined) return failLater(onFailed, badAddress(address))
    const addon = loadAddon()
    if (typeof addon === 'string') {
      return failLater(onFailed, dialError(address, new Error(`no addon: ${addon}`)))
    }
    const meeting = this.#meeting(addon, formatAddress(parsed), options)
    const dialling = new Dialling(meeting, onOpen, onFailed, options.timeoutMs)
    const fail = (error: Error) => dialling.fail(error.cause ?? error)
    const giveUp = this.#sockets.dial(
      socketOf(parsed),
      (socket) => dialling.meet(socket),
      fail,
      options,
    )
    return () => {
      giveUp()
      dialling.giveUp()
    }
  }

  #meeting(addon: Addon, address: string, limits: ConnectionLimits): Meeting {
    return { addon, address, limits, options: this.#options }
  }
}

/** What both sides of a meeting know beforehand. */
interface Meeting {
  readonly addon: Addon
  readonly address: string
  readonly limits: ConnectionLimits
  readonly options: RingOptions
}

/** A ring over memory that both ends have mapped; `line` stays with it. Not started. */
function connect(meeting: Meeting, link: NativeLink, line: RingLine): RingConnection {
  const { addon, address, limits } = meeting
  const { spinMicros } = meeting.options
  const parts = { addon, turns: turnsOf(addon), link, control: line, address, spinMicros }
  return new RingConnection(parts, limits)
}

function ourBell({ addon, options }: Meeting): OpenFile | undefined {
  return options.doorbell === 'pipe' ? bellOf(turnsOf(addon)) : undefined
}

/** The listening side: waits for an offer that it can open. */
class Accepting {
  readonly line: RingLine
  readonly #meeting: Meeting
  readonly #onConnection: OnConnection
  readonly #timer: NodeJS.Timeout
  #connection: RingConnection | undefined
  #offersLeft: number

  constructor(meeting: Meeting, socket: Connection, onConnection: OnConnection) {
    this.#meeting = meeting
    this.#onConnection = onConnection
    this.#offersLeft = DEFAULT_RING_OPTIONS.memory.length
    this.line = new RingLine(socket, {
      line: (text) => this.#onOffer(text),
      rang: () => this.#connection?.peerRang(),
      closed: () => this.#onClosed(),
    })
    this.#timer = setTimeout(() => socket.close('now'), OFFER_MS)
    this.#timer.unref()
  }

  #onOffer(text: string): boolean {
    const offer = parseOffer(text)
    if (offer === undefined || this.#offersLeft-- === 0) {
      this.line.close()
      return false
    }
    const link = acceptRing(this.#meeting.addon, offer)
    if (typeof link === 'string') {
      this.line.say({ refused: link })
      return true
    }
    clearTimeout(this.#timer)
    this.#connection = connect(this.#meeting, link, this.line)
    this.line.say({ bell: ourBell(this.#meeting) } satisfies RingAnswer)
    this.#connection.start(this.#onConnection(this.#connection))
    return false
  }

  #onClosed(): void {
    clearTimeout(this.#timer)
    this.#connection?.peerGone()
  }
}

/** The dialling side: offers one kind of memory after the other. */
class Dialling {
  readonly #meeting: Meeting
  readonly #onOpen: OnConnection
  readonly #onFailed: (error: Error) => void
  readonly #kinds: MemoryKind[]
  readonly #timer: NodeJS.Timeout
  #line: RingLine | undefined
  #offered: OfferedRing | undefined
  #connection: RingConnection | undefined
  #settled = false

  constructor(
    meeting: Meeting,
    onOpen: OnConnection,
    onFailed: (error: Error) => void,
    timeoutMs: number,
  ) {
    this.#meeting = meeting
    this.#onOpen = onOpen
    this.#onFailed = onFailed
    this.#kinds = [...meeting.options.memory]
    this.#timer = setTimeout(() => {
      this.fail(new Error(`no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    this.#timer.unref()
  }

  meet(socket: Connection): RingLine {
    const line = new RingLine(socket, {
      line: (text) => this.#onAnswer(line, text),
      rang: () => this.#connection?.peerRang(),
      closed: () => this.#onClosed(),
    })
    this.#line = line
    // The line is not in use yet: nothing may be closed from within the call that asks for it.
    queueMicrotask(() => this.#offer(line, new Error('no kind of memory is left to try')))
    return line
  }

  giveUp(): void {
    if (this.#settled) return
    this.#settle()
    this.#offered?.link.close()
    this.#line?.close()
  }

  fail(cause: unknown): void {
    if (this.#settled) return
    this.giveUp()
    this.#onFailed(dialError(this.#meeting.address, cause))
  }

  #settle(): void {
    this.#settled = true
    clearTimeout(this.#timer)
  }

  #offer(line: RingLine, failure: Error): void {
    if (this.#settled) return
    const { addon, options } = this.#meeting
    const memory = this.#kinds.shift()
    if (memory === undefined) {
      this.fail(failure)
      return
    }
    const { ringBytes } = options
    const made = offerRing(addon, { memory, ringBytes, bell: ourBell(this.#meeting) })
    if (typeof made === 'string') {
      this.#offer(line, new Error(`no ${memory} shared memory: ${made}`))
      return
    }
    this.#offered = made
    line.say(made.offer)
  }

  #onAnswer(line: RingLine, text: string): boolean {
    if (this.#settled || this.#offered === undefined) return true
    const answer = parseAnswer(text)
    const { link } = this.#offered
    if (answer === undefined || 'refused' in answer) {
      link.close()
      this.#offered = undefined
      this.#offer(line, new Error(`the shared memory was refused: ${answer?.refused ?? text}`))
      return true
    }
    this.#settle()
    concludeRing(link, answer.bell)
    this.#connection = connect(this.#meeting, link, line)
    this.#connection.start(this.#onOpen(this.#connection))
    return false
  }

  #onClosed(): void {
    this.#connection?.peerGone()
    this.fail(new Error('the other end closed before there was a ring'))
  }
}

function parseRing(address: string): NamedAddress | undefined {
  const parsed = parseAddress(address)
  return parsed?.kind === 'ring' ? parsed : undefined
}

function badAddress(address: string): BusError {
  return new BusError('BAD_ADDRESS', `${address.slice(0, 200)}: not a ring address`)
}

/** A name may be longer than a path: it goes by its hash. */
function socketOf({ name }: NamedAddress): string {
  if (name.startsWith('/')) return `unix://${name}`
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `treebus-${process.getuid?.()}`)
  const file = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return `unix://${join(folder, file)}`
}
