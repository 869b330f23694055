// What a cluster is made of: the layer, the list, choice, health, handlers and the own offer.

import { randomBytes } from 'node:crypto'
import { type ServiceRecord, STATUS, type Status, type Wants } from '../directory/record.js'
import type { Directory } from '../directory/shell/directory.js'
import type { DirectoryEvents, ServiceEntry } from '../directory/shell/directory-events.js'
import type { ServiceOffer } from '../directory/shell/service-offer.js'
import { BusError } from '../errors.js'
import { runUserCode } from '../node/user-code.js'
import type { CallOutcome } from './call-outcome.js'
import { Caller, checkName, JSON_CODEC, type ServiceCallOptions } from './caller.js'
import { targetKey } from './candidate.js'
import type { ClusterEvents, ClusterServiceOptions } from './cluster-options.js'
import { ClusterPeer, type PeerSender } from './cluster-peer.js'
import { HandlerTable } from './handler-table.js'
import { HealthWatch } from './health-watch.js'
import { LoadReport } from './load-report.js'
import { LoadValues } from './load-values.js'
import { OwnOffer } from './own-offer.js'
import { Pipeline } from './pipeline.js'
import { untilQuiet } from './quiet.js'
import { isRow, SCHEDULE_APP, scheduleOf, scheduleOffer } from './schedules.js'
import { ServiceDesk } from './service-desk.js'
import { ServiceList } from './service-list.js'
import { ServicePort, type ServiceTellResult } from './service-port.js'
import { ANSWER_CODE, type CallName, type Question, SERVICE_KIND } from './service-protocol.js'
import { readStream, type StreamOptions } from './stream-reader.js'
import type { Target } from './target.js'
import type { ZoneRow } from './zone-calibration.js'

const CALLS_RUNNING_MAX = 16_384
const { STREAM } = SERVICE_KIND

/** Others see a status within a second: so long what they had chosen may still arrive. */
const DRAIN_QUIET_MS = 1000
const DRAIN_TIMEOUT_MS = 30_000

type Emit = <Name extends keyof ClusterEvents>(name: Name, ...args: ClusterEvents[Name]) => boolean

/** What a probe carries. */
const NOTHING_ASKED = { name: 0, payload: new Uint8Array(0) }

interface Told {
  readonly app: string
  readonly name: CallName
  readonly payload: Uint8Array
}

export class ClusterCore {
  readonly list: ServiceList
  readonly pipeline: Pipeline
  readonly handlers = new HandlerTable()
  /** What services said of their load beside their records. */
  readonly loadValues = new LoadValues()
  readonly #directory: Directory
  readonly #emit: Emit
  readonly #port: ServicePort
  readonly #desk: ServiceDesk
  readonly #health: HealthWatch
  readonly #caller: Caller
  readonly #offer: OwnOffer
  readonly #loads: LoadReport
  #own: readonly ServiceEntry[] = []
  #instances = 0
  /** Opened so far: names the last one. */
  #streams = 0
  #isOpen = true
  #onIdle: (() => void) | undefined

  constructor(directory: Directory, options: ClusterServiceOptions, emit: Emit) {
    const { callsRunningMax = CALLS_RUNNING_MAX, chance = Math.random, env = 'default' } = options
    this.#directory = directory
    this.#emit = (name, ...args) => runUserCode(() => emit(name, ...args))
    this.#offer = new OwnOffer(env, options.wants, options.lease)
    this.list = new ServiceList(directory, env)
    this.#desk = new ServiceDesk({
      port: () => this.#port,
      handlers: this.handlers,
      isHere: (question) => this.#isHere(question),
      runningMax: callsRunningMax,
      onQuestion: ({ app }) => this.#loads.count(app),
      onFailed: (failed) => this.#emit('handlerFailed', failed),
      onIdle: () => this.#onIdle?.(),
    })
    this.#port = new ServicePort(directory.node, randomBytes(4).readUInt32LE(), {
      question: (from, question) => this.#desk.question(from, question),
      undelivered: (failure) => this.#emit('undelivered', failure),
      gone: (isGone) => this.#desk.nodeGone(isGone),
      writable: this.#onWritable,
    })
    this.#health = new HealthWatch(({ node: to, record }, timeoutMs) => {
      const { app, instance, serviceId } = record
      const errand = { to, app, instance, serviceId, ...NOTHING_ASKED }
      return this.#port.probe(errand, timeoutMs)
    })
    const { table: health } = this.#health
    const { loadValues: loads } = this
    this.pipeline = new Pipeline({ ownZone: directory.zone, chance, health, loads })
    const { list, pipeline } = this
    this.#caller = new Caller({ port: this.#port, list, pipeline, health: this.#health })
    this.#loads = new LoadReport(options, (values) => this.setOverload(values))
    directory.on('service_up', this.#onUp)
    directory.on('service_changed', this.#onChanged)
    directory.on('service_down', this.#onDown)
    directory.on('own_changed', this.#onOwnChanged)
  }

  readonly #onWritable = (): void => {
    this.#desk.writable()
    this.#emit('writable')
  }

  readonly #onUp = (...[entry]: DirectoryEvents['service_up']): void => {
    this.list.changed(entry.record.app)
    this.#tell('serviceUp', entry)
  }

  readonly #onChanged = (...[entry]: DirectoryEvents['service_changed']): void => {
    this.list.changed(entry.record.app)
    // What it says now is newer than what it said before.
    this.loadValues.forget(targetKey(entry))
    this.#tell('serviceChanged', entry)
  }

  readonly #onDown = (...[entry, reason]: DirectoryEvents['service_down']): void => {
    this.list.changed(entry.record.app)
    this.#health.forget(entry)
    this.loadValues.forget(targetKey(entry))
    // What was withdrawn or has run out may still answer; what is gone, or another life, cannot.
    if (reason === 'link_lost' || reason === 'replaced' || reason === 'retire') {
      this.#port.lifeEnded(entry.node)
    }
    this.#tell('serviceDown', entry, reason)
  }

  /** Rows are for the choice; everything else is for the user. */
  #tell<Name extends 'serviceUp' | 'serviceDown' | 'serviceChanged'>(
    name: Name,
    ...args: ClusterEvents[Name]
  ): void {
    const [{ record }] = args
    if (record.app === SCHEDULE_APP) this.#takeSchedule(record.instance)
    else this.#emit(name, ...args)
  }

  #takeSchedule(app: string): void {
    this.pipeline.setSchedule(app, scheduleOf(app, this.list.ofType(SCHEDULE_APP)))
  }

  /** In place of the rows that this process offered for the type before; none take them back. */
  setSchedule(app: string, rows: readonly ZoneRow[]): void {
    this.#checkOpen()
    if (!rows.every(isRow)) throw new BusError('BAD_ARGUMENT', `the rows of ${app} are no shares`)
    this.#offer.remove(SCHEDULE_APP, app)
    if (rows.length > 0) this.#offer.add(scheduleOffer(app, rows), app)
    this.#say()
  }

  /** False where no such service is known, or the load is no number from 0 on. */
  reportLoad(node: bigint, load: number, app: string | undefined): boolean {
    const meant = this.list.all().filter((one) => one.node === node)
    const named = app === undefined ? meant : meant.filter(({ record }) => record.app === app)
    return named.length > 0 && named.every((one) => this.loadValues.report(targetKey(one), load))
  }

  readonly #onOwnChanged = (): void => this.#lookAtOwn()

  start({ services }: Pick<ClusterServiceOptions, 'services'>): void {
    for (const { record } of this.list.ofType(SCHEDULE_APP)) this.#takeSchedule(record.instance)
    for (const service of services ?? []) this.#offer.add(service, this.#newInstance())
    if (services === undefined) this.#lookAtOwn()
    else this.#say()
    this.#loads.start()
  }

  self(sender: PeerSender): ClusterPeer {
    const own = this.#directory.entry(this.#directory.node.id)
    if (own === undefined) throw new BusError('NODE_CLOSED', 'the cluster has no own entry')
    return new ClusterPeer(sender, own)
  }

  status() {
    return {
      callsOpen: this.#port.openCalls,
      callsRunning: this.#desk.running,
      lateAnswers: this.#port.lateAnswers,
      badMessages: this.#port.badMessages,
      isDraining: this.#offer.isDraining,
      requestsPerSecond: this.#loads.perSecond(),
      scoreOf: (target: string) => this.#health.table.scoreOf(target),
    }
  }

  addService(service: ServiceOffer | string): void {
    this.#checkOpen()
    this.#offer.add(service, this.#newInstance())
    this.#say()
  }

  removeService(app: string, instance?: string): boolean {
    this.#checkOpen()
    const isGone = this.#offer.remove(app, instance)
    if (isGone) this.#say()
    return isGone
  }

  setOverload(overload: readonly number[], app?: string): void {
    this.#checkOpen()
    if (this.#offer.setOverload(overload, app)) this.#say()
  }

  setWants(wants: Partial<Wants>): void {
    this.#checkOpen()
    this.#offer.wants = wants
    this.#say()
  }

  /** `done` hears once what came of it, now or later. Throws BAD_ARGUMENT. */
  call<Request, Response>(
    target: Target,
    name: CallName,
    request: Request,
    options: ServiceCallOptions<Request, Response>,
    done: (outcome: CallOutcome<Response>) => void,
  ): void {
    if (this.#isOpen) this.#caller.start(target, name, request, options, done)
    else done({ kind: 'unreachable', reason: 'closed', says: 'the cluster is closed' })
  }

  /** Nothing is asked for before the first part is. */
  stream(
    target: Target,
    name: CallName,
    request: unknown,
    options: StreamOptions,
  ): AsyncGenerator<unknown, void, undefined> {
    this.#streams = (this.#streams + 1) >>> 0
    const { request: requestCodec = JSON_CODEC, part: partCodec = JSON_CODEC } = options
    const token = this.#streams
    const source = { target, name, request, token, requestCodec, partCodec, options }
    return readStream(source, (call, done) => {
      const { target: to, ...limits } = call
      if (this.#isOpen) return this.#caller.start(to, name, undefined, limits, done, STREAM)
      done({ kind: 'unreachable', reason: 'closed', says: 'the cluster is closed' })
      return undefined
    })
  }

  async probe(target: Target, timeoutMs: number): Promise<number | undefined> {
    if (!this.#isOpen) return undefined
    const found = this.#caller.find(target)
    if ('kind' in found) return undefined
    const startMs = this.#port.nowMs()
    const result = await this.#port.probe({ ...found, ...NOTHING_ASKED }, timeoutMs)
    const isThere = result.kind === SERVICE_KIND.ANSWER && result.code === ANSWER_CODE.OK
    return isThere ? this.#port.nowMs() - startMs : undefined
  }

  send(
    target: Target,
    name: CallName,
    payload: Uint8Array,
  ): ServiceTellResult | 'no_service' | 'overloaded' {
    checkName(name)
    if (!this.#isOpen) return 'closed'
    const found = this.#caller.find(target)
    if (!('kind' in found)) return this.#port.tell({ ...found, name, payload })
    if (found.kind === 'refused') throw new BusError('BAD_ARGUMENT', found.says, found)
    return found.kind === 'overloaded' ? 'overloaded' : 'no_service'
  }

  /** To each of these nodes once; the bytes are made once for all. How many took it. */
  tellAll(nodes: readonly bigint[], told: Told, excludeSelf: boolean): number {
    checkName(told.name)
    if (!this.#isOpen) return 0
    const { id } = this.#directory.node
    const others = [...new Set(nodes)].filter((node) => !excludeSelf || node !== id)
    return this.#port.tellAll(others, { ...told, instance: '', serviceId: 0 })
  }

  async drain({
    quietMs = DRAIN_QUIET_MS,
    timeoutMs = DRAIN_TIMEOUT_MS,
  }: {
    readonly timeoutMs?: number
    readonly quietMs?: number
  } = {}): Promise<boolean> {
    this.#checkOpen()
    this.#offer.setStatus(STATUS.WAITING)
    this.#say()
    const isQuiet = await untilQuiet({
      isIdle: () => this.#desk.running === 0,
      onIdle: (idle) => {
        this.#onIdle = idle
      },
      quietMs,
      timeoutMs,
    })
    this.withdraw(STATUS.WAITING)
    return isQuiet
  }

  /** Everything that runs here is taken back. */
  withdraw(status: Status): void {
    if (!this.#isOpen || this.#offer.isEmpty) return
    this.#offer.setStatus(status)
    this.#offer.withdrawAll()
    this.#say()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#directory.off('service_up', this.#onUp)
    this.#directory.off('service_changed', this.#onChanged)
    this.#directory.off('service_down', this.#onDown)
    this.#directory.off('own_changed', this.#onOwnChanged)
    this.#loads.close()
    this.#health.close()
    this.#desk.close()
    this.#port.close()
  }

  /** A directory that has closed with its node has nobody left to tell. */
  #say(): void {
    try {
      this.#directory.offer(this.#offer.list)
    } catch (error) {
      if (!(error instanceof BusError && error.code === 'NODE_CLOSED')) throw error
    }
    this.#lookAtOwn()
  }

  /** The directory tells of others; what this process offers is told from here. */
  #lookAtOwn(): void {
    const { id } = this.#directory.node
    const now = this.#directory.services().filter(({ node }) => node === id)
    const before = this.#own
    this.#own = now
    for (const { record } of [...before, ...now]) this.list.changed(record.app)
    for (const entry of now) {
      const known = before.find((one) => isSame(one, entry))
      if (known === undefined) this.#tell('serviceUp', entry)
      else if (known.record !== entry.record) this.#tell('serviceChanged', entry)
    }
    for (const entry of before) {
      if (!now.some((one) => isSame(one, entry))) this.#tell('serviceDown', entry, 'cancel')
    }
  }

  #isHere(question: Question): boolean {
    if (question.app === '' && question.serviceId === 0) return true
    for (const { record } of this.#own) if (isFor(question, record)) return true
    return false
  }

  #newInstance(): string {
    this.#instances += 1
    return `${this.#directory.node.id.toString(16)}-${this.#instances}`
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new BusError('NODE_CLOSED', 'the cluster is closed')
  }
}

function isFor({ app, instance, serviceId }: Question, record: ServiceRecord): boolean {
  if (app !== '' && record.app !== app) return false
  if (instance !== '' && record.instance !== instance) return false
  return serviceId === 0 || record.serviceId === serviceId
}

function isSame(a: ServiceEntry, b: ServiceEntry): boolean {
  return a.record.app === b.record.app && a.record.instance === b.record.instance
}
