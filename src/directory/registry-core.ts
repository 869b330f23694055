// The registry role of a node: messages, links and time in; messages and events out.

import type { BusInput } from './directory-effects.js'
import type { DirectoryMessage, Hello } from './directory-messages.js'
import { Doubts } from './doubts.js'
import type { AppQuery, LookupAnswer, PollRequest } from './lookups.js'
import type { Moment } from './moment.js'
import { Orders } from './orders.js'
import { Peers } from './peers.js'
import { Reconciler } from './reconciler.js'
import type { ServiceRecord, Wants } from './record.js'
import { RegistrationDesk } from './registration-desk.js'
import type { RegistryConfig } from './registry-config.js'
import type { RegistryEffect } from './registry-events.js'
import { RegistryTable, tombstoneOf } from './registry-table.js'
import { SelfRegistration } from './self-registration.js'
import { REMOVAL } from './tombstone.js'

export type RegistryInput =
  | BusInput
  /** Once, first. */
  | { readonly kind: 'start' }
  /** This node asks to be greeted; it need not be a neighbour. */
  | { readonly kind: 'asked'; readonly id: bigint }
  /** A message of ours to this node came back. */
  | { readonly kind: 'undelivered'; readonly id: bigint }
  /** What the process of the registry offers and wants itself. */
  | { readonly kind: 'offer'; readonly records: readonly ServiceRecord[]; readonly wants: Wants }
  /** Answered with `polled`, at once or when there is news. */
  | { readonly kind: 'poll'; readonly request: PollRequest }
  | { readonly kind: 'poll_closed'; readonly poll: bigint }
  /** Takes itself out of every list; the shell closes its links behind the effects. */
  | { readonly kind: 'stop' }

export interface RegistryStatus {
  readonly zone: string
  readonly ready: boolean
  readonly protecting: boolean
  readonly registrations: number
  readonly records: ReadonlyMap<string, number>
  readonly watchers: number
  readonly expectedRenewals: number
  readonly renewalsLastMinute: number
  readonly peers: ReturnType<Peers['all']>
}

/** What a registry may say to itself: its process reads the list, and orders as others do. */
function isOwnWord({ kind }: DirectoryMessage): boolean {
  return kind === 'watch' || kind === 'change' || kind === 'retire'
}

export class RegistryCore {
  readonly table: RegistryTable
  readonly #peers: Peers
  readonly #desk: RegistrationDesk
  readonly #orders: Orders
  readonly #reconciler: Reconciler
  readonly #self: SelfRegistration
  readonly #doubts: Doubts
  /** Watchers that the routing table lost: they may not know, and are greeted when it has them. */
  readonly #strays = new Set<bigint>()
  /** Greeted while this registry was warming, and not heard of since. */
  readonly #saidWarming = new Set<bigint>()
  #wasProtecting = false

  constructor(config: RegistryConfig, nowMs: number) {
    this.table = new RegistryTable(config, nowMs)
    this.#peers = new Peers(this.table)
    this.#desk = new RegistrationDesk(this.table, this.#peers)
    this.#orders = new Orders(this.table, this.#peers)
    this.#reconciler = new Reconciler(this.table, this.#peers, nowMs)
    this.#self = new SelfRegistration(this.table, this.#peers)
    this.#doubts = new Doubts(config.limits.watchersMax)
  }

  /** Call `handle` with a tick then at the latest. */
  get nextDueMs(): number {
    const { leases, lookups, watchers } = this.table
    const tableMs = Math.min(leases.nextDueMs, lookups.nextDueMs, watchers.nextDueMs)
    const deskMs = Math.min(this.#desk.nextDueMs, this.#self.nextDueMs)
    return Math.min(tableMs, deskMs, this.#reconciler.nextDueMs, this.#doubts.nextDueMs)
  }

  handle(moment: Moment, input: RegistryInput): RegistryEffect[] {
    this.#dispatch(moment, input)
    this.#greetNewPeers()
    return this.table.takeEffects(moment.nowMs)
  }

  /** Instances of one app; `mask`: the statuses of interest, as in `STATUS_MASK`. */
  fetch(query: AppQuery, mask: number): LookupAnswer {
    return this.table.lookups.fetch(query, mask, this.table.isReady)
  }

  status(): RegistryStatus {
    const { store, leases, watchers, isReady, config } = this.table
    const records = new Map<string, number>()
    for (const registration of store.all()) {
      for (const { app } of registration.records) records.set(app, (records.get(app) ?? 0) + 1)
    }
    return {
      zone: config.node.zone,
      ready: isReady,
      protecting: leases.guard.isProtecting,
      registrations: store.size,
      records,
      watchers: watchers.size,
      expectedRenewals: leases.guard.expected,
      renewalsLastMinute: leases.guard.lastMinute,
      peers: this.#peers.all(),
    }
  }

  #dispatch(moment: Moment, input: RegistryInput): void {
    switch (input.kind) {
      case 'start':
        this.#self.register(moment)
        break
      case 'message':
        if (input.from !== this.table.selfId || isOwnWord(input.message)) {
          this.#message(moment, input.from, input.message)
        }
        break
      case 'link':
        if (!input.up) break
        this.#strays.delete(input.id)
        this.#greet(input.id)
        break
      case 'route':
        this.#route(input.id, input.up)
        break
      case 'asked':
        this.#greet(input.id)
        break
      case 'undelivered':
        if (this.table.watchers.has(input.id)) this.#doubts.add(input.id, moment.nowMs)
        break
      case 'tick':
        this.#tick(moment)
        break
      case 'offer':
        this.#self.offer(input.records, input.wants, moment)
        break
      case 'poll':
        this.#poll(moment, input.request)
        break
      case 'poll_closed':
        this.table.lookups.close(input.poll)
        break
      case 'stop':
        this.#self.cancel(moment)
        // There is no later turn.
        this.table.push(this.table.watchers.flush(this.table.isReady))
        break
    }
  }

  #poll({ nowMs }: Moment, request: PollRequest): void {
    const answer = this.table.lookups.poll(request, nowMs, this.table.isReady)
    if (answer !== undefined) this.table.push([answer])
  }

  #message(moment: Moment, from: bigint, message: DirectoryMessage): void {
    switch (message.kind) {
      case 'hello':
        this.#hello(from, message)
        break
      case 'register':
        this.#desk.register(from, message, moment)
        break
      case 'renew':
        this.#desk.renew(from, message, moment)
        break
      case 'cancel':
        this.#desk.cancel(from, message, moment)
        break
      case 'probe_answer':
        this.#desk.probeAnswered(from, message, moment)
        break
      case 'change':
        this.#orders.change(from, message, moment)
        break
      case 'retire':
        this.#orders.retire(from, message, moment)
        break
      case 'watch':
        this.table.push(this.table.watchers.add(from, message, this.table.isReady))
        break
      case 'unwatch':
        this.table.watchers.remove(from, message.watch)
        break
      case 'probe':
        this.#answerProbe(from, message.request)
        break
      default:
        this.#peerMessage(moment, from, message)
    }
  }

  /** Only who has greeted us as a registry changes our table without being the source. */
  #peerMessage(moment: Moment, from: bigint, message: DirectoryMessage): void {
    if (!this.#peers.isUp(from)) return
    switch (message.kind) {
      case 'renew_answer':
        this.#self.renewAnswer(message, moment)
        break
      case 'replica':
        this.#reconciler.replica(from, message, moment)
        break
      case 'digest':
        this.#reconciler.digest(from, message)
        break
      case 'summary':
        this.#reconciler.summary(from, message, moment)
        break
      case 'pull':
        this.#reconciler.pull(from, message)
        break
      case 'repair':
        this.#reconciler.repair(from, message, moment)
        break
      default:
        return
    }
    this.#self.ensure(moment)
  }

  /** One of the two compares at once: the one that has more to learn, else the lower id. */
  #hello(from: bigint, { zone, epoch, ready }: Hello): void {
    if (!this.#peers.mayJoin(from) || !this.#peers.greeted(from, zone, epoch)) return
    // What the peer goes by: we may be ready meanwhile, and it leaves the comparison to us.
    const saidReady = this.table.isReady && !this.#saidWarming.delete(from)
    this.#greet(from)
    const isOurs = saidReady === ready ? this.table.selfId < from : !saidReady
    if (isOurs) this.#reconciler.compareWith(from)
  }

  #answerProbe(from: bigint, request: bigint): void {
    const { incarnation } = this.table.config.node
    this.table.send(from, { kind: 'probe_answer', request, incarnation })
  }

  #route(id: bigint, up: boolean): void {
    const isStray = up && this.#strays.delete(id)
    if (up && (isStray || this.#peers.has(id))) this.#greet(id)
    if (up) return
    const isFull = this.#strays.size >= this.table.config.limits.watchersMax
    if (this.table.watchers.has(id) && !isFull) this.#strays.add(id)
    this.table.watchers.remove(id)
    this.#saidWarming.delete(id)
    this.#reconciler.lost(id)
    this.#peers.lost(id)
  }

  #greet(to: bigint): void {
    const { config, isReady } = this.table
    const { zone } = config.node
    const isFull = this.#saidWarming.size >= config.limits.watchersMax
    if (!isReady && !isFull) this.#saidWarming.add(to)
    this.table.send(to, { kind: 'hello', zone, epoch: config.epoch, ready: isReady })
  }

  #greetNewPeers(): void {
    const { reach } = this.table.config
    for (const id of this.#peers.followTable()) if (reach.has(id)) this.#greet(id)
  }

  #tick(moment: Moment): void {
    this.#desk.tick(moment)
    for (const id of this.#doubts.take(moment.nowMs)) {
      this.table.push(this.table.watchers.remind(id, this.table.isReady))
    }
    this.#self.tick(moment)
    this.#sweep(moment)
    const hasCompared = this.#reconciler.tick(moment)
    const unheard = hasCompared ? this.#peers.unheard() : []
    this.table.push(unheard.map((to) => ({ kind: 'ask_greeting', to })))
    this.table.push(this.table.lookups.expire(moment.nowMs))
  }

  #sweep(moment: Moment): void {
    const { leases, store, selfId } = this.table
    const sweptAtMs = leases.nextDueMs
    for (const busId of leases.sweep(moment.nowMs)) {
      const standing = store.get(busId)
      if (standing === undefined || busId === selfId) continue
      // The tombstone has the stamp of what it removes: all registries lay the same one.
      this.table.bury(tombstoneOf(standing, REMOVAL.EXPIRED), moment)
    }
    if (leases.nextDueMs !== sweptAtMs) store.forgetTombstones(moment.nowMs)
    const { isProtecting } = leases.guard
    if (isProtecting !== this.#wasProtecting) {
      this.#wasProtecting = isProtecting
      this.table.tell({ kind: 'protecting', on: isProtecting })
    }
  }
}
