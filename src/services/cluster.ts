// A process among its services: what it runs, whom it finds, sends to and calls.

import { EventEmitter } from 'node:events'
import { type BusIdLike, parseId } from '../core/bus-id.js'
import { STATUS, type Wants } from '../directory/record.js'
import { Directory } from '../directory/shell/directory.js'
import type { ServiceEntry } from '../directory/shell/directory-events.js'
import type { DirectoryOptions } from '../directory/shell/directory-options.js'
import type { ServiceOffer } from '../directory/shell/service-offer.js'
import { BusError } from '../errors.js'
import { BusNode } from '../node/bus-node.js'
import { type Condition, type UntilOptions, until } from '../node/until.js'
import type { CallFailure, CallOutcome } from './call-outcome.js'
import { errorOf } from './call-outcome.js'
import { encodedBy, JSON_CODEC, type ServiceCallOptions } from './caller.js'
import { ClusterCore } from './cluster-core.js'
import type { ClusterEvents, ClusterOptions, ClusterServiceOptions } from './cluster-options.js'
import { ClusterPeer } from './cluster-peer.js'
import type { Codec, Encoder } from './codec.js'
import type { Handler } from './handler-table.js'
import type { Selection, SelectOptions } from './pipeline.js'
import { SCHEDULE_APP } from './schedules.js'
import { Scope } from './scope.js'
import type { Selector } from './selector.js'
import type { ServiceTellResult } from './service-port.js'
import type { CallName } from './service-protocol.js'
import type { StreamOptions } from './stream-reader.js'
import type { Target } from './target.js'
import type { ZoneRow } from './zone-calibration.js'

export interface HandleOptions<Request, Response> {
  /** The type of service that answers. Default: every one of this process. */
  readonly app?: string
  /** Default: JSON. */
  readonly request?: Codec<Request>
  readonly response?: Codec<Response>
}

/** `no_service` and `overloaded`: nothing was sent, nobody was chosen. */
export type ClusterSendResult = ServiceTellResult | 'no_service' | 'overloaded'

const PROBE_TIMEOUT_MS = 1000

/** Where a line for people goes. */
export type LineLog = (line: string) => void

/**
 * One process of a cluster. Make one with `Cluster.join`, or `Cluster.over` a directory that is
 * there. Nothing here waits for what may never come: every call ends, at its timeout at the latest.
 */
export class Cluster extends EventEmitter<ClusterEvents> {
  static override readonly name: string = 'Cluster' // See BusNode.
  readonly directory: Directory
  readonly #core: ClusterCore
  readonly #ownsNode: boolean
  #closing: Promise<void> | undefined

  /**
   * Starts a node and its directory. When the promise resolves, what runs here is on its way to the
   * registries; `waitFor` waits for others. Rejects as `BusNode.start` and `Directory.start` do.
   */
  static async join(
    options: ClusterOptions,
    prepare?: (cluster: Cluster) => void,
  ): Promise<Cluster> {
    const node = await BusNode.start(options)
    try {
      const directory = await Directory.start(node, watched(options))
      return Cluster.#made(directory, { services: [], ...options }, true, prepare)
    } catch (error) {
      await node.close({ timeoutMs: 0 })
      throw error
    }
  }

  /**
   * Services on a directory that the user keeps; closing the cluster leaves node and directory
   * open. With `services` they replace what it offered; without, that stands as it is.
   */
  static over(directory: Directory, options: ClusterServiceOptions = {}): Cluster {
    return Cluster.#made(directory, options, false)
  }

  static #made(
    directory: Directory,
    options: ClusterServiceOptions,
    ownsNode: boolean,
    prepare?: (cluster: Cluster) => void,
  ): Cluster {
    const cluster = new Cluster(directory, options, ownsNode)
    try {
      prepare?.(cluster)
      cluster.#core.start(options)
    } catch (error) {
      cluster.#core.close()
      throw error
    }
    return cluster
  }

  private constructor(directory: Directory, options: ClusterServiceOptions, ownsNode: boolean) {
    super()
    this.directory = directory
    this.#ownsNode = ownsNode
    const emit = this.emit.bind(this) as (name: string, ...args: readonly unknown[]) => boolean
    this.#core = new ClusterCore(directory, options, (name, ...args) => emit(name, ...args))
  }

  get node(): BusNode {
    return this.directory.node
  }

  /** This process, as others see it. */
  get self(): ClusterPeer {
    return this.#core.self(this)
  }

  /** Counts and states, as they are now. */
  status(): ReturnType<ClusterCore['status']> {
    return this.#core.status()
  }

  /** One node of a type by chance, or as the options say; null where none can be chosen. */
  getNodeOne(type: string, options: SelectOptions = {}): ClusterPeer | null {
    const selection = this.select(type, options)
    if (selection.kind !== 'chosen') return null
    return this.#peer(selection.candidate.node, type) ?? null
  }

  /** The reachable nodes of a type, this one too; what changes later does not change the list. */
  getNodeList(type: string): ClusterPeer[] {
    const nodes = new Set(this.#core.list.ofType(type).map(({ node }) => node))
    return [...nodes].flatMap((id) => this.#peer(id, type) ?? [])
  }

  /** All reachable nodes, with services or without. */
  getNodeAll(): ClusterPeer[] {
    const { directory } = this
    const up = directory.members().filter(({ node }) => directory.isUp(node.busId))
    return up.map((registration) => new ClusterPeer(this, registration))
  }

  /** Undefined where the id is of nobody reachable. Throws BAD_ARGUMENT for what is no id. */
  getNode(id: BusIdLike): ClusterPeer | undefined {
    const busId = parseId(id)
    return this.directory.isUp(busId) ? this.#peer(busId) : undefined
  }

  haveNode(id: BusIdLike): boolean {
    return this.directory.isUp(id)
  }

  /** One line for each reachable node of a type. */
  printNodeInfo(log: LineLog, type: string): void {
    for (const peer of this.getNodeList(type)) log(peer.toString())
  }

  printAllNodeInfo(log: LineLog): void {
    for (const peer of this.getNodeAll()) log(peer.toString())
  }

  #peer(id: bigint, app?: string): ClusterPeer | undefined {
    const registration = this.directory.entry(id)
    return registration && new ClusterPeer(this, registration, app)
  }

  /** Chooses as `send` and `call` do. */
  select(app: string, options: SelectOptions = {}): Selection {
    return this.#core.pipeline.select(this.#core.list.ofType(app), options)
  }

  /** A strategy of the program's own. Throws BAD_ARGUMENT where the name is taken or empty. */
  registerSelector(name: string, selector: Selector): void {
    if (!this.#core.pipeline.selectors.add(name, selector)) {
      throw new BusError('BAD_ARGUMENT', `selector ${name} is taken, or no name`)
    }
  }

  /** Resolves with one node of a type once there is one. Rejects with TIMEOUT or ABORTED. */
  async waitFor(type: string, options: UntilOptions = {}): Promise<ClusterPeer> {
    let peer = this.getNodeOne(type)
    const holds = (): boolean => {
      peer = this.getNodeOne(type)
      return peer !== null
    }
    if (peer === null) await until({ holds, ...this.#untilUp(type) }, options)
    return peer as ClusterPeer
  }

  #untilUp(type: string): Omit<Condition, 'holds'> {
    const TIMEOUT = `no ${type} is up`
    return {
      watch: (look, closed) => {
        this.on('serviceUp', look).on('serviceChanged', look).on('closed', closed)
        return () => this.off('serviceUp', look).off('serviceChanged', look).off('closed', closed)
      },
      says: { TIMEOUT, NODE_CLOSED: 'the cluster', ABORTED: `waiting for ${type}` },
    }
  }

  /** A further service runs here. Throws BAD_ARGUMENT, naming the field that is wrong. */
  registerService(service: ServiceOffer | string): void {
    this.#core.addService(service)
  }

  /** False where no such service ran here. */
  withdrawService(app: string, instance?: string): boolean {
    return this.#core.removeService(app, instance)
  }

  /** How loaded what runs here is, for everybody to see and to choose by. */
  setOverload(overload: readonly number[], app?: string): void {
    this.#core.setOverload(overload, app)
  }

  /** A service's load, as this process has heard: newer than its record until that changes. */
  reportLoad(id: BusIdLike, load: number, app?: string): boolean {
    return this.#core.reportLoad(parseId(id), load, app)
  }

  /**
   * How traffic of a type is divided among zones, for everybody in the env and for as long as this
   * process is there; no rows take them back. Where several offer rows, the lowest node id counts.
   */
  setSchedule(type: string, rows: readonly ZoneRow[]): void {
    this.#core.setSchedule(type, rows)
  }

  /**
   * Answers calls and takes messages of this name, or number. Returns what takes the handler away.
   * Throws BAD_ARGUMENT where there is one already.
   */
  handle<Request = unknown, Response = unknown>(
    name: CallName,
    handler: Handler<Request, Response>,
    options: HandleOptions<Request, Response> = {},
  ): () => void {
    const { app = '', request = JSON_CODEC, response = JSON_CODEC } = options
    return this.#core.handlers.add(app, name, {
      handler: handler as Handler,
      request: request as Codec<unknown>,
      response: response as Codec<unknown>,
    })
  }

  /** How the call ended, as a value: it rejects only for arguments of no lawful kind. */
  call<Response = unknown, Request = unknown>(
    target: Target,
    name: CallName,
    request?: Request,
    options: ServiceCallOptions<Request, Response> = {},
  ): Promise<CallOutcome<Response>> {
    return new Promise((resolve) => {
      this.#core.call(target, name, request as Request, options, resolve)
    })
  }

  /** As `call`, but resolves with the answer and rejects with a BusError; see `outcomeOf`. */
  invoke<Response = unknown, Request = unknown>(
    target: Target,
    name: CallName,
    request?: Request,
    options: ServiceCallOptions<Request, Response> = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#core.call(target, name, request as Request, options, (outcome) => {
        if (outcome.kind === 'ok') resolve(outcome.value)
        else reject(errorOf(outcome))
      })
    })
  }

  /**
   * The parts that a handler yields: `for await` reads them one by one. It is opened when the first
   * is asked for; where the reader is slow the handler waits, at most 128 parts ahead. It ends with
   * the handler; it throws a BusError as `invoke` does; leaving the loop ends the handler. Where it
   * is read by hand, `return()` has to be called.
   */
  stream<Part = unknown, Request = unknown>(
    target: Target,
    name: CallName,
    request?: Request,
    options: StreamOptions<Request, Part> = {},
  ): AsyncGenerator<Part, void, undefined> {
    const parts = this.#core.stream(target, name, request, options as StreamOptions)
    return parts as AsyncGenerator<Part, void, undefined>
  }

  /**
   * Asks a service itself, not its handlers, whether it is there: the milliseconds that took, or
   * undefined where none answered in `timeoutMs` (default 1,000). Its score is not touched.
   */
  probe(target: Target, timeoutMs = PROBE_TIMEOUT_MS): Promise<number | undefined> {
    return this.#core.probe(target, timeoutMs)
  }

  /** Calls made through a scope end with it. */
  scope(): Scope {
    return new Scope(this)
  }

  /**
   * One way, to one. `sent_slow` warns before `full` comes: its reader is slow, and `writable` need
   * not be waited for yet. Throws BAD_ARGUMENT and MESSAGE_TOO_LONG.
   */
  send<Message = unknown>(
    target: Target,
    name: CallName,
    message?: Message,
    codec: Encoder<Message> = JSON_CODEC,
  ): ClusterSendResult {
    return this.#core.send(target, name, payloadBy(codec, message))
  }

  /** To each node of a type once; how many it was sent to. */
  broadcast<Message = unknown>(
    type: string,
    name: CallName,
    message?: Message,
    options: { readonly excludeSelf?: boolean; readonly codec?: Encoder<Message> } = {},
  ): number {
    const payload = payloadBy(options.codec ?? JSON_CODEC, message)
    const nodes = this.#core.list.ofType(type).map(({ node }) => node)
    return this.#core.tellAll(nodes, { app: type, name, payload }, options.excludeSelf === true)
  }

  /** To one of a type. False: there is none, or it cannot be sent now; nothing is queued. */
  sendOne(type: string, name: CallName, message?: unknown, options: SelectOptions = {}): boolean {
    return isSent(this.send({ ...options, app: type }, name, message))
  }

  sendByType(type: string, name: CallName, message?: unknown, excludeSelf = false): number {
    return this.broadcast(type, name, message, { excludeSelf })
  }

  /** To a node. False where it is not listed, not reachable, or its connection is full. */
  sendById(id: BusIdLike, name: CallName, message?: unknown): boolean {
    if (!this.haveNode(id)) return false
    return isSent(this.send({ node: id }, name, message))
  }

  /** To every reachable node; how many it was sent to. */
  sendAll(name: CallName, message?: unknown, excludeSelf = false): number {
    const payload = payloadBy(JSON_CODEC, message)
    const nodes = this.getNodeAll().map(({ id }) => id)
    return this.#core.tellAll(nodes, { app: '', name, payload }, excludeSelf)
  }

  /** The links that are opened ahead of need, from now on. */
  setWants(wants: Partial<Wants>): void {
    this.#core.setWants(wants)
  }

  /**
   * What runs here gets no new selected traffic, finishes what it works on, and is withdrawn. At
   * most `timeoutMs` (default 30,000): then it is withdrawn all the same, and the answer is false.
   */
  drain(
    options: { readonly timeoutMs?: number; readonly quietMs?: number } = {},
  ): Promise<boolean> {
    return this.#core.drain(options)
  }

  /** Withdraws what runs here; open calls end as `aborted`. With `join`, the node closes too. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#core.withdraw(STATUS.WAITING)
    if (this.#ownsNode) await this.directory.close()
    this.#core.close()
    if (this.#ownsNode) await this.node.close()
    this.emit('closed')
  }
}

/** Whoever watches some types alone still hears how they are divided among zones. */
function watched(options: ClusterOptions): DirectoryOptions {
  const { apps } = options
  const all = apps === undefined ? {} : { apps: [...apps, SCHEDULE_APP] }
  return { ...options, ...all, offer: { services: [] } }
}

function isSent(result: ClusterSendResult): boolean {
  return result === 'sent' || result === 'sent_slow'
}

function payloadBy<Message>(codec: Encoder<Message>, message: Message | undefined): Uint8Array {
  const encoded: Uint8Array | CallFailure = encodedBy(codec as Encoder<unknown>, message)
  if (encoded instanceof Uint8Array) return encoded
  throw new BusError('BAD_ARGUMENT', `the message: ${encoded.says}`, { cause: encoded })
}

export type { ServiceEntry }
