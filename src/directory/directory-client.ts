// A node's side of the directory: registers everywhere, watches one registry, knows who is up.

import type { ClientConfig, ClientEffect, ClientEvent } from './client-config.js'
import { ClientRegistries, type KnownRegistry } from './client-registries.js'
import { ClientTable } from './client-table.js'
import { ClientWatch } from './client-watch.js'
import type { BusInput } from './directory-effects.js'
import type {
  DirectoryMessage,
  RegisterAnswer,
  RenewAnswer,
  Version,
} from './directory-messages.js'
import { Greetings } from './greetings.js'
import { compareStamps, HybridClock, type Stamp } from './hlc.js'
import { Interest } from './interest.js'
import type { Moment } from './moment.js'
import {
  isRegistry,
  type LeaseKind,
  type Registration,
  type ServiceRecord,
  type Wants,
} from './record.js'
import { checkRegistration } from './record-check.js'
import { RESULT } from './result-code.js'

export interface Offer {
  readonly records: readonly ServiceRecord[]
  readonly wants: Wants
  readonly lease: LeaseKind
}

export type ClientInput =
  | BusInput
  /** What this node offers from now on, all of it: what is not named is withdrawn. */
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'dial_failed'; readonly id: bigint }
  /** Takes the registration back everywhere. */
  | { readonly kind: 'stop' }

export class DirectoryClient {
  readonly table: ClientTable
  readonly watch: ClientWatch
  readonly #config: ClientConfig
  readonly #registries: ClientRegistries
  readonly #interest: Interest
  readonly #greetings: Greetings
  readonly #clock: HybridClock
  #own: Registration | undefined
  #renewAtMs = Number.POSITIVE_INFINITY
  #retryAtMs = Number.POSITIVE_INFINITY
  #expireAtMs = Number.POSITIVE_INFINITY
  #isOn = true
  #effects: ClientEffect[] = []

  constructor(config: ClientConfig) {
    const { times, reach, node } = config
    this.#config = config
    this.#clock = new HybridClock(times.clockAheadMaxMs)
    this.#registries = new ClientRegistries(node.zone)
    this.table = new ClientTable(reach, times.tombstoneLifeMs)
    this.watch = new ClientWatch(config, this.#registries, this.table)
    this.#interest = new Interest(config)
    this.#greetings = new Greetings(config, this.#registries, this.table)
  }

  get own(): Registration | undefined {
    return this.#own
  }

  get nextDueMs(): number {
    let nextMs = Math.min(this.#renewAtMs, this.#retryAtMs, this.#expireAtMs)
    nextMs = Math.min(nextMs, this.watch.nextDueMs, this.#interest.nextDueMs)
    nextMs = Math.min(nextMs, this.#greetings.nextDueMs)
    for (const { resendAtMs } of this.#registries.usable()) nextMs = Math.min(nextMs, resendAtMs)
    return this.#isOn ? nextMs : Number.POSITIVE_INFINITY
  }

  handle(moment: Moment, input: ClientInput): ClientEffect[] {
    if (this.#isOn) this.#dispatch(moment, input)
    if (this.watch.hasSeenEnd) this.#interest.open(moment.nowMs)
    const parts = [this.#effects, this.watch.takeEffects(), this.table.takeEffects()]
    this.#effects = []
    return [...parts.flat(), ...this.#interest.takeEffects()]
  }

  #dispatch(moment: Moment, input: ClientInput): void {
    switch (input.kind) {
      case 'message':
        this.#message(moment, input.from, input.message)
        break
      case 'link':
        this.#interest.link(input.id, input.up)
        this.#greetings.link(input.id, input.up, moment.nowMs)
        if (!input.up) this.#look(input.id, moment.nowMs)
        break
      case 'route':
        this.#route(input.id, input.up, moment.nowMs)
        break
      case 'tick':
        this.#tick(moment)
        break
      case 'offer':
        this.#offer(input.offer, moment)
        break
      case 'dial_failed':
        this.#interest.dialFailed(input.id, moment.nowMs)
        break
      case 'stop':
        this.#stop(moment)
        break
    }
  }

  #message(moment: Moment, from: bigint, message: DirectoryMessage): void {
    switch (message.kind) {
      case 'hello':
        this.#hello(from, message.zone, message.epoch, moment)
        break
      case 'register_answer':
        this.#registerAnswer(from, message, moment)
        break
      case 'renew_answer':
        this.#renewAnswer(from, message, moment)
        break
      case 'batch':
        this.watch.batch(from, message, moment.nowMs)
        for (const { node } of message.puts) this.#look(node.busId, moment.nowMs)
        if (message.puts.some(isRegistry)) this.#greetings.expect(moment.nowMs)
        for (const { busId } of message.removals) this.#look(busId, moment.nowMs)
        this.#expireAtMs = this.table.expire(moment.nowMs)
        break
      case 'dial_hint':
        this.#interest.hint(from, message.peer, message.dial)
        // Its entry may come later than the hint, which is to be remembered then.
        if (this.table.get(message.peer) !== undefined) this.#look(message.peer, moment.nowMs)
        break
      case 'probe': {
        const { incarnation } = this.#config.node
        this.#send(from, { kind: 'probe_answer', request: message.request, incarnation })
        break
      }
      default:
    }
  }

  #hello(from: bigint, zone: string, epoch: bigint, moment: Moment): void {
    if (!this.#config.mayBeRegistry(from)) return
    const isNewLife = this.#registries.get(from)?.epoch !== epoch
    const known = this.#registries.greeted(from, zone, epoch)
    if (known === undefined) return
    const isUsed = this.#registries.usable().includes(known)
    if (!isUsed) return
    this.#renewAtMs = Math.min(this.#renewAtMs, moment.nowMs + this.#config.times.renewMs)
    if (this.#own !== undefined) this.#register(known, moment.nowMs)
    this.watch.greeted(from, isNewLife, moment.nowMs)
  }

  #offer({ records, wants, lease }: Offer, { nowMs, wallMs }: Moment): void {
    const previous = this.#own
    const time = this.#clock.nextAfter(wallMs, previous?.stamp.time ?? 0n)
    const { node } = this.#config
    const registration: Registration = {
      node: { ...node, wants },
      records,
      lease,
      stamp: { time, by: node.busId },
      registeredAt: previous?.registeredAt ?? time,
      upAt: previous !== undefined && !isTurned(previous, records) ? previous.upAt : time,
    }
    const refusal = checkRegistration(registration)
    if (refusal !== undefined) {
      this.#tell({ kind: 'refused', registry: undefined, refusal, holder: 0n })
      return
    }
    this.#own = registration
    this.#registerEverywhere(nowMs)
    for (const entry of this.table.all()) {
      this.#interest.look(entry.registration, registration, wants, nowMs)
    }
  }

  #registerEverywhere(nowMs: number): void {
    this.#retryAtMs = Number.POSITIVE_INFINITY
    // Never put off: who is refused again and again still has to learn what its list lacks.
    this.#renewAtMs = Math.min(this.#renewAtMs, nowMs + this.#config.times.renewMs)
    for (const registry of this.#registries.usable()) this.#register(registry, nowMs)
  }

  #register(registry: KnownRegistry, nowMs: number): void {
    if (this.#own === undefined) return
    registry.confirmed = undefined
    registry.resendAtMs = nowMs + 2 * this.#config.times.answerMs
    const message = { kind: 'register', registration: this.#own, sentTo: this.#sentTo() } as const
    this.#send(registry.busId, message)
  }

  #sentTo(): bigint[] {
    return this.#registries.usable().map(({ busId }) => busId)
  }

  #registerAnswer(from: bigint, message: RegisterAnswer, moment: Moment): void {
    const registry = this.#registries.get(from)
    const { code, stamp, newest, what, says, holder } = message
    const own = this.#own
    if (own === undefined || compareStamps(stamp, own.stamp) !== 0) return
    if (registry !== undefined) registry.resendAtMs = Number.POSITIVE_INFINITY
    for (const peer of message.doNotDial) this.#interest.hint(from, peer, false)
    if (code === RESULT.OK) {
      if (registry !== undefined) registry.confirmed = stamp
      this.#tell({ kind: 'registered', registry: from })
    } else if (code === RESULT.STALE) {
      this.#renewVersion(newest, moment)
    } else {
      this.#tell({ kind: 'refused', registry: from, refusal: { code, what, says }, holder })
      const isFinal = code === RESULT.RETIRED || code === RESULT.BAD_REQUEST
      if (!isFinal) this.#retryAtMs = moment.nowMs + this.#config.times.conflictRetryMs
    }
  }

  #renewAnswer(from: bigint, answer: RenewAnswer, moment: Moment): void {
    const own = this.#own
    const registry = this.#registries.get(from)
    const { code, newest, standing } = answer
    this.watch.compare(from, answer, moment.nowMs)
    if (own === undefined) return
    if (code === RESULT.STALE && standing !== undefined) this.#adopt(standing)
    if (code !== RESULT.NOT_FOUND) return
    if (compareStamps(newest, own.stamp) >= 0) this.#renewVersion(newest, moment)
    else if (registry !== undefined) this.#register(registry, moment.nowMs)
  }

  /** The same content in a version above what stands in its way. */
  #renewVersion(newest: Stamp, { nowMs, wallMs }: Moment): void {
    const own = this.#own
    if (own === undefined) return
    const floor = newest.time > own.stamp.time ? newest.time : own.stamp.time
    const time = this.#clock.nextAfter(wallMs, floor)
    this.#own = { ...own, stamp: { time, by: this.#config.node.busId } }
    this.#registerEverywhere(nowMs)
  }

  /** An administrator's version of our records is newer: it is ours from now on. */
  #adopt(standing: Registration): void {
    const own = this.#own
    if (own === undefined || standing.node.busId !== own.node.busId) return
    if (standing.node.incarnation !== own.node.incarnation) return
    if (compareStamps(standing.stamp, own.stamp) <= 0) return
    this.#own = standing
    this.#tell({ kind: 'changed', registration: standing })
  }

  #route(id: bigint, isUp: boolean, nowMs: number): void {
    this.table.route(id, isUp)
    const entry = this.table.get(id)
    if (isUp && entry && isRegistry(entry.registration)) this.#greetings.expect(nowMs)
    if (isUp || !this.#registries.lost(id)) return
    this.watch.lost(id, nowMs)
    this.#greetings.expect(nowMs)
  }

  #tick(moment: Moment): void {
    const { nowMs } = moment
    this.watch.tick(nowMs)
    this.#interest.tick(nowMs)
    this.#effects.push(...this.#greetings.tick(nowMs))
    this.#expireAtMs = this.table.expire(nowMs)
    if (nowMs >= this.#retryAtMs && this.#own !== undefined) {
      this.#renewVersion(this.#own.stamp, moment)
    }
    for (const registry of this.#registries.usable()) {
      if (nowMs >= registry.resendAtMs) this.#register(registry, nowMs)
    }
    if (nowMs >= this.#renewAtMs) this.#renew(nowMs)
  }

  #renew(nowMs: number): void {
    this.#renewAtMs = nowMs + this.#config.times.renewMs
    const own = this.#own
    // The answers to renewals show gaps in the list; who offers nothing asks for them.
    if (own === undefined) {
      this.watch.refresh(nowMs)
      return
    }
    const sentTo = this.#sentTo()
    for (const { busId } of this.#registries.usable()) {
      this.#send(busId, { kind: 'renew', version: versionOf(own), sentTo })
    }
  }

  #stop({ wallMs }: Moment): void {
    const own = this.#own
    this.watch.stop()
    this.#isOn = false
    if (own === undefined) return
    const time = this.#clock.nextAfter(wallMs, own.stamp.time)
    const version = { ...versionOf(own), stamp: { time, by: own.node.busId } }
    const sentTo = this.#sentTo()
    for (const busId of sentTo) this.#send(busId, { kind: 'cancel', version, sentTo })
  }

  #look(busId: bigint, nowMs: number): void {
    const entry = this.table.get(busId)
    const wants = this.#own?.node.wants ?? this.#config.node.wants
    if (entry === undefined) this.#interest.forget(busId)
    else this.#interest.look(entry.registration, this.#own, wants, nowMs)
  }

  #send(to: bigint, message: DirectoryMessage): void {
    this.#effects.push({ kind: 'send', to, message })
  }

  #tell(event: ClientEvent): void {
    this.#effects.push({ kind: 'event', event })
  }
}

function versionOf({ node, stamp }: Registration): Version {
  return { busId: node.busId, incarnation: node.incarnation, stamp }
}

function isTurned(previous: Registration, records: readonly ServiceRecord[]): boolean {
  return records.some(({ status }, at) => status !== previous.records[at]?.status)
}
