// The node that a process embeds: the class users see.

import { EventEmitter } from 'node:events'
import { type BusIdLike, formatId, parseId } from '../core/bus-id.js'
import type { LinkInfo, NodeState } from '../core/effects.js'
import { NodeCore } from '../core/node-core.js'
import { BusError } from '../errors.js'
import { nodeAmbient } from './ambient.js'
import type { BusMessage } from './bus-message.js'
import { type CallOptions, Calls, type PeerReport } from './calls.js'
import { type Capabilities, capabilities } from './capabilities.js'
import { Clock } from './clock.js'
import { requestChannel, sendChannel, traceRequest, traceSends } from './diagnostics.js'
import { Driver } from './driver.js'
import type { BusNodeEvents } from './events.js'
import { Inbox } from './inbox.js'
import { KnownTopology } from './known-topology.js'
import { type Layer, type LayerHandlers, type LayerName, Layers } from './layers.js'
import { Loopback } from './loopback.js'
import { Narrator } from './narrator.js'
import {
  type BusNodeOptions,
  type ResolvedOptions,
  resolveOptions,
  tokenBytesOf,
} from './options.js'
import { bytesOf, Outgoing } from './outgoing.js'
import { type ReadyOptions, untilRunning } from './ready.js'
import { routeFeedOf } from './route-events.js'
import type { RouteFeed } from './route-feed.js'
import { Routes } from './routes.js'
import type { Payload, SendOptions, SendResult } from './send-result.js'
import { connectionsOf } from './shared-memory.js'
import { within } from './until.js'
import { runUserCode } from './user-code.js'

const CLOSE_TIMEOUT_MS = 1_000

/**
 * A node of the bus. Make one with `BusNode.start`.
 *
 * Messages arrive at most once, and in order for each sender as long as the route does not change.
 * A message that was `sent` is delivered, or comes back as `undelivered`, or its fate is unknown
 * because a link on its way ended. Nothing is stored.
 */
export class BusNode extends EventEmitter<BusNodeEvents> {
  /** Said, because a bundler, ours included, names a class anew that its own body names. */
  static override readonly name: string = 'BusNode'
  readonly id: bigint
  /** Who is reachable, and by whom. */
  readonly routes: Routes
  /** What this node was told of the tree by its owner. */
  readonly topology: KnownTopology
  readonly #core: NodeCore
  readonly #driver: Driver
  readonly #clock: Clock
  readonly #calls: Calls
  readonly #inbox: Inbox
  readonly #outgoing: Outgoing
  readonly #layers: Layers
  readonly #loopback: Loopback
  readonly #narrator: Narrator
  readonly #feed: RouteFeed
  #firstAttempt: (() => void) | undefined
  #gaveUp: BusError | undefined
  #isOpen = true
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  /**
   * Starts a node. When the promise resolves it listens, and its first attempt to reach its parent
   * has ended: `state` says `running`, or `connecting` where the parent was not there. It then
   * keeps trying, and `ready()` waits for it.
   *
   * Rejects with BAD_CONFIGURATION, BAD_ADDRESS, BAD_ARGUMENT (an id), OPEN_LISTENER or
   * LISTEN_FAILED; each names the value at fault. With `firstConnection: 'give_up'` also with the
   * reason why the parent could not be reached.
   *
   * `prepare` is called before anything is opened, so the handlers that it sets miss no event.
   * Messages wait for a handler until the turn after the promise resolves, up to 8 MiB.
   */
  static async start(options: BusNodeOptions, prepare?: (node: BusNode) => void): Promise<BusNode> {
    const resolved = resolveOptions(options)
    const node = new BusNode(resolved)
    prepare?.(node)
    try {
      for (const address of resolved.listen) await node.#driver.listen(address)
      await node.#begin()
      // On a turn of its own: by then the caller has had time to set handlers.
      setImmediate(() => node.#inbox.release())
    } catch (error) {
      await node.close({ timeoutMs: 0 })
      throw error
    }
    return node
  }

  private constructor(options: ResolvedOptions) {
    super()
    this.id = options.core.id
    this.#clock = new Clock(() => this.#wake())
    const ambient = nodeAmbient()
    this.#core = new NodeCore(options.core, ambient, {
      message: (data, head) => this.#inbox.message(data, head),
      answer: (data, head) => this.#inbox.returned(data, head),
      columns: () => this.#inbox.columns,
      listed: () => this.#inbox.listed(),
    })
    this.#driver = this.#newDriver(options)
    this.#loopback = new Loopback({
      deliver: (data, head) => this.#inbox.looped(data, head),
      turnEnded: () => this.#inbox.readEnded(),
      writable: () => runUserCode(() => this.emit('writable')),
      empty: () => this.#checkIdle(),
    })
    this.#outgoing = new Outgoing(this.#core, options.core.limits, this.#loopback)
    this.#layers = new Layers(this.#outgoing, options.sendBufferBytesMax)
    this.#calls = new Calls({
      core: this.#core,
      outgoing: this.#outgoing,
      random: ambient.random,
      nowMs: () => this.#clock.nowMs(),
      schedule: () => this.#driver.schedule(),
      settled: () => this.#checkIdle(),
    })
    this.#feed = routeFeedOf(this, this.#core.routes, this.#calls)
    this.routes = new Routes(this, this.#core.routes, this.#feed)
    this.#inbox = new Inbox({
      outgoing: this.#outgoing,
      calls: this.#calls,
      layers: this.#layers,
      links: () => this.#core.links(),
      node: this,
      debug: options.debug,
      onAnswered: () => this.#checkIdle(),
    })
    this.#narrator = new Narrator({
      id: this.id,
      calls: this.#calls,
      logger: options.logger,
      emit: runUserCode,
      node: this,
      step: (input) => this.#driver.step(input),
      attempted: (error) => this.#attempted(error),
      drained: () => this.#checkIdle(),
    })
    this.topology = new KnownTopology(this.id, this.#core.topology, () => this.#driver.schedule())
    this.topology.take(options.topology)
  }

  #newDriver(options: ResolvedOptions): Driver {
    return new Driver({
      ...connectionsOf(options),
      core: this.#core,
      clock: this.#clock,
      onEvent: (event) => this.#narrator.tell(event),
      onWritable: () => runUserCode(() => this.emit('writable')),
      nextDeadlineMs: () => this.#calls.nextDeadlineMs(),
      onReadEnded: () => this.#inbox.readEnded(),
      onStep: () => this.#feed.looked(),
    })
  }

  async #begin(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#firstAttempt = resolve
      this.#driver.step({ kind: 'start' })
    })
    if (this.#gaveUp !== undefined) throw this.#gaveUp
  }

  /** `running` also says that the parent, where one is configured, knows us. */
  get state(): NodeState {
    return this.#core.state
  }

  /** What this process can do that not every one can. */
  get capabilities(): Capabilities {
    return capabilities()
  }

  /** Where this node listens, with the ports that it was given. */
  get addresses(): string[] {
    return this.#driver.addresses
  }

  /** What was counted since the start: traffic, faults by kind, calls under way. */
  get counters(): Readonly<Record<string, number>> {
    return {
      ...this.#core.counters,
      strayAnswers: this.#calls.strayAnswers,
      unknownKinds: this.#inbox.unknownKinds,
      earlyDropped: this.#inbox.earlyDropped,
      controlDropped: this.#driver.controlDropped,
      callsOpen: this.#calls.size,
      bytesPending: this.#driver.pendingBytes,
    }
  }

  /** The neighbours to which a link stands. */
  peers(): LinkInfo[] {
    return this.#core.links()
  }

  /** The link to a neighbour; undefined where none stands. */
  peer(id: BusIdLike): LinkInfo | undefined {
    return this.#core.link(parseId(id))
  }

  /** The link that a message for this id would leave by now. */
  route(id: BusIdLike): LinkInfo | undefined {
    return this.#core.route(parseId(id))
  }

  /**
   * Sends a message; the payload is copied before this returns. To the own id it is delivered on a
   * later turn of the loop. Throws BAD_ARGUMENT for what is no id and MESSAGE_TOO_LONG.
   */
  send(to: BusIdLike, payload: Payload, options?: SendOptions): SendResult {
    const id = parseId(to)
    const content = bytesOf(payload)
    if (!this.#isOpen) return 'closed'
    // Only a question can be unsupported.
    const outcome = this.#outgoing.send(id, content, options) as SendResult
    if (sendChannel.hasSubscribers) {
      traceSends({ node: this.id, to: id, ...options }, [content], outcome)
    }
    return outcome
  }

  /**
   * Sends several messages to one target, in order, as `send` does, for less. Returns how many were
   * taken, from the first on; where that is not all, `send` of the next one says why.
   */
  sendMany(to: BusIdLike, payloads: readonly Payload[], options?: SendOptions): number {
    const id = parseId(to)
    if (!this.#isOpen) return 0
    const sent = this.#outgoing.sendMany(id, payloads, options)
    if (sendChannel.hasSubscribers) {
      traceSends({ node: this.id, to: id, ...options }, payloads.slice(0, sent), 'sent')
    }
    return sent
  }

  /** The sequence of the last message that was sent: `undelivered` names it. */
  get lastSequence(): bigint {
    return BigInt(this.#outgoing.lastSequence)
  }

  /**
   * Asks another node of our kind and resolves with its answer. Rejects with a BusError: NO_ROUTE,
   * FULL, NODE_CLOSED and UNSUPPORTED (a plain node, or nobody listens there) say that nothing was
   * done; REMOTE, that the other end refused; TIMEOUT, LINK_LOST and ABORTED, that it is not known.
   */
  request(to: BusIdLike, payload: Payload, options: CallOptions = {}): Promise<BusMessage> {
    // Not an async function: its promise and its three turns of the microtasks would cost a third
    // of a request to a neighbour.
    try {
      const id = parseId(to)
      this.#checkOpen()
      const content = bytesOf(payload)
      if (!requestChannel.hasSubscribers) return this.#calls.request(id, content, options)
      const ask = () => this.#calls.request(id, content, options)
      return traceRequest({ node: this.id, to: id, type: options.type ?? 0 }, ask)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Resolves when the target's node has it; plain nodes too. Rejects as `request` does. */
  async confirm(to: BusIdLike, payload: Payload, options: CallOptions = {}): Promise<void> {
    this.#checkOpen()
    await this.#calls.confirm(parseId(to), bytesOf(payload), options)
  }

  /** The milliseconds that a message to another node of our kind and back takes. */
  async ping(to: BusIdLike, options: CallOptions = {}): Promise<number> {
    this.#checkOpen()
    return this.#calls.ping(parseId(to), options)
  }

  /** The neighbours of another node of our kind. */
  async peersOf(to: BusIdLike, options: CallOptions = {}): Promise<PeerReport[]> {
    this.#checkOpen()
    return this.#calls.peersOf(parseId(to), options)
  }

  /**
   * Runs a custom command of the libatbus family at the next hop on the way to an id, and resolves
   * with its answer. A command goes no further than that (spec D.3).
   */
  async command(
    to: BusIdLike,
    args: readonly Payload[],
    options: CallOptions = {},
  ): Promise<readonly Uint8Array[]> {
    this.#checkOpen()
    const id = parseId(to)
    const named = { kind: 'command', to: id, args: args.map(bytesOf) } as const
    return this.#calls.command(id, options, (sequence) => this.#driver.step({ ...named, sequence }))
  }

  /** Dials once; `link_up` or `dial_failed` tells of it; nothing if `expectedId` is linked. */
  connect(address: string, options: { readonly expectedId?: BusIdLike } = {}): void {
    this.#checkOpen()
    const { expectedId } = options
    const expected = expectedId === undefined ? {} : { expectedId: parseId(expectedId) }
    this.#driver.step({ kind: 'connect', address, ...expected })
  }

  /** Ends the link to a neighbour. A parent is dialled again. */
  disconnect(id: BusIdLike): boolean {
    const known = this.peer(id) !== undefined
    this.#driver.step({ kind: 'disconnect', id: parseId(id) })
    return known
  }

  /** For what is built on a node: messages between nodes that opened the same layer. */
  openLayer(name: LayerName, handlers: LayerHandlers): Layer {
    this.#checkOpen()
    return this.#layers.open(name, handlers)
  }

  /** Replaces the tokens for registrations to come; links that stand are not touched. */
  setTokens(tokens: readonly (string | Uint8Array)[]): void {
    this.#driver.step({ kind: 'tokens', tokens: tokenBytesOf(tokens) })
  }

  /** `off` takes links back to their sockets, `auto` those we dialled to shared memory again. */
  setSharedMemory(use: 'auto' | 'off'): void {
    this.#driver.step({ kind: 'shared_memory', isOn: use === 'auto' })
  }

  /** Resolves once the node is `running`. Rejects with TIMEOUT (default 30 s) or ABORTED. */
  async ready(options: ReadyOptions = {}): Promise<void> {
    this.#checkOpen()
    if (this.state !== 'running') await untilRunning(this, options)
  }

  /**
   * Leaves the tree: neighbours send nothing new, calls under way in both directions end, what is
   * queued is written. Takes at most `timeoutMs` (default 1,000), at most half of it for the calls.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#layers.closing()
    this.#isOpen = false
    const stopped = this.#driver.stopListening()
    await within(timeoutMs / 2, (done) => {
      if (timeoutMs > 0) this.#driver.step({ kind: 'drain' })
      this.#onIdle = done
      this.#checkIdle()
    })
    this.#driver.step({ kind: 'stop' })
    this.#calls.failAll('NODE_CLOSED')
    await within(timeoutMs / 2, (done) => void this.#driver.allClosed().then(done))
    this.#driver.abandon()
    await stopped
    this.#clock.stop()
    this.#feed.close()
    runUserCode(() => this.emit('closed'))
  }

  #checkIdle(): void {
    // Called after every call and answer, and it matters to a node that is closing alone.
    if (this.#onIdle === undefined) return
    const isIdle = this.#calls.size === 0 && this.#inbox.unanswered === 0
    if (isIdle && this.#loopback.length === 0 && this.#core.isDrained) this.#onIdle()
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new BusError('NODE_CLOSED', formatId(this.id))
  }

  #wake(): void {
    this.#calls.expire(this.#clock.nowMs())
    this.#driver.step({ kind: 'tick' })
  }

  #attempted(error: BusError | undefined): void {
    this.#gaveUp = error ?? this.#gaveUp
    this.#firstAttempt?.()
    this.#firstAttempt = undefined
  }
}
