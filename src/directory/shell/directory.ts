// The directory as users see it: what this node offers, what all offer, and what changes.

import { EventEmitter } from 'node:events'
import { type BusIdLike, parseId } from '../../core/bus-id.js'
import { BusError, unreachable } from '../../errors.js'
import type { BusNode } from '../../node/bus-node.js'
import { type UntilOptions, until } from '../../node/until.js'
import { runUserCode } from '../../node/user-code.js'
import type { ClientEvent } from '../client-config.js'
import type { Change } from '../directory-messages.js'
import type { Registration, ServiceRecord } from '../record.js'
import type { RegistryEvent } from '../registry-events.js'
import { RESULT, type Refusal } from '../result-code.js'
import { BootstrapSource } from './bootstrap-source.js'
import { ClientRole } from './client-role.js'
import { DirectoryDriver } from './directory-driver.js'
import type { DirectoryEvents, ServiceEntry } from './directory-events.js'
import type { DirectoryOptions } from './directory-options.js'
import { type DirectoryStatus, statusOf } from './directory-status.js'
import { Farewell } from './farewell.js'
import { OpenOrders, type OrderOptions, type OrderResult } from './orders.js'
import { RegistryRole } from './registry-role.js'
import { type ResolvedDirectory, resolveDirectory } from './resolved-options.js'
import { type ServiceOfferList, wholeOffer } from './service-offer.js'
import type { Order, Role } from './shell-role.js'

export interface ServiceQuery {
  readonly app?: string
  readonly name?: string
  readonly env?: string
}

/** New status or metadata for services of one app, of one node or several. */
export type ServiceChange = Omit<Change, 'kind' | 'request' | 'statuses' | 'metadata'> &
  Partial<Pick<Change, 'statuses' | 'metadata'>>

const UNTIL_WHOLE = {
  TIMEOUT: 'the list is not whole yet',
  NODE_CLOSED: 'the directory',
  ABORTED: 'the directory',
}

/**
 * Who offers what, on a node of the bus. Make one with `Directory.start`; it ends with its node, or
 * before with `close`. It holds no process open.
 */
export class Directory extends EventEmitter<DirectoryEvents> {
  static override readonly name: string = 'Directory' // See BusNode.
  readonly node: BusNode
  /** This life of the node: 32 hexadecimal digits of a UUIDv7. */
  readonly incarnation: string
  readonly zone: string
  /** Whether this node carries the registry role. */
  readonly isRegistry: boolean
  readonly #role: Role
  readonly #driver: DirectoryDriver
  readonly #orders = new OpenOrders()
  readonly #farewell = new Farewell()
  readonly #resolved: ResolvedDirectory
  #source: BootstrapSource | undefined
  #isOpen = true
  #closing: Promise<void> | undefined

  /**
   * Starts the directory of a node; one node has one. What is offered from the start is on its way
   * when the promise resolves; `ready` waits for the list. `prepare` is called before anything is
   * said, so the handlers that it sets miss no event.
   *
   * Rejects with BAD_ARGUMENT, naming the field that is wrong, BAD_ADDRESS and NODE_CLOSED.
   */
  static async start(
    node: BusNode,
    options: DirectoryOptions = {},
    prepare?: (directory: Directory) => void,
  ): Promise<Directory> {
    const directory = new Directory(node, resolveDirectory(node, options))
    prepare?.(directory)
    directory.#begin(options)
    return directory
  }

  private constructor(node: BusNode, resolved: ResolvedDirectory) {
    super()
    const { client, registry, node: info } = resolved
    this.node = node
    this.incarnation = info.incarnation
    this.zone = info.zone
    this.isRegistry = registry !== undefined
    this.#resolved = resolved
    this.#role = registry
      ? new RegistryRole(registry, client, performance.now())
      : new ClientRole(client)
    this.#driver = new DirectoryDriver({
      node,
      role: this.#role,
      hostId: info.hostId,
      registryRetryMs: client.times.registryRetryMs,
      chance: client.chance,
      onEvent: (event) => this.#tell(event),
      onAnswer: (_from, answer) => {
        this.#orders.answered(answer)
        this.#farewell.answered(answer)
      },
      onPolled: () => undefined,
      onDuplicate: (id, address) => this.#say('duplicate_registry', { registry: id, address }),
      onClosing: () => void this.close({ timeoutMs: 0 }),
    })
  }

  #begin({ rereadMs, register = true }: DirectoryOptions): void {
    const { advertised, offer, provider } = this.#resolved
    this.#driver.start()
    // A node that offers nothing is registered all the same (services.md 000-04b).
    const isSaid = register || offer.records.length > 0
    if (isSaid) this.#driver.step((moment) => this.#role.offer(moment, offer))
    if (provider === undefined) return
    this.#source = new BootstrapSource(provider, {
      advertised: this.isRegistry ? advertised : [],
      ...(rereadMs === undefined ? {} : { rereadMs }),
      onAddresses: (addresses) => {
        this.#driver.addresses.set(addresses)
        this.#driver.schedule()
      },
      onFailure: (error) => this.#say('bootstrap_failed', error),
    })
  }

  /** No registry has confirmed that this list is all there is; it is kept all the same. */
  get isStale(): boolean {
    return this.#role.state === 'stale'
  }

  /**
   * What this node offers from now on, all of it: what is not named is withdrawn. Throws
   * BAD_ARGUMENT naming the field that is wrong, and NODE_CLOSED.
   */
  offer(offer: ServiceOfferList): void {
    this.#checkOpen()
    const whole = wholeOffer(this.#resolved.node, offer)
    this.#driver.step((moment) => this.#role.offer(moment, whole))
  }

  /** Services that are listed and reachable, this node's own among them, in no order: a copy. */
  services(query: ServiceQuery = {}): ServiceEntry[] {
    const found: ServiceEntry[] = []
    for (const registration of this.members()) {
      if (!this.isUp(registration.node.busId)) continue
      for (const record of registration.records) {
        if (isAsked(record, query)) found.push(this.#entry(registration, record))
      }
    }
    return found
  }

  /** What a node has registered, reachable or not. Throws BAD_ARGUMENT for what is no id. */
  entry(id: BusIdLike): Registration | undefined {
    const busId = parseId(id)
    if (busId === this.node.id) return this.#role.own
    return this.#role.table.get(busId)?.registration
  }

  /** All that is registered; what cannot be reached now is not `isUp`. */
  members(): Registration[] {
    const { own, table } = this.#role
    const others = [...table.all()].map(({ registration }) => registration)
    return own === undefined ? others : [own, ...others]
  }

  /** Whether a node is listed and a way leads to it. Throws BAD_ARGUMENT for what is no id. */
  isUp(id: BusIdLike): boolean {
    const busId = parseId(id)
    if (busId === this.node.id) return this.#role.own !== undefined && this.#isOpen
    return this.#role.table.get(busId)?.isUp === true
  }

  /**
   * Resolves when a registry has confirmed that the list is whole, at once where it has: that takes
   * up to 60 s where a lone registry has just started. Rejects with TIMEOUT (default 30 s), ABORTED
   * or NODE_CLOSED.
   */
  ready(options: UntilOptions = {}): Promise<void> {
    const watch = (look: () => void, closed: () => void): (() => void) => {
      this.on('list', look).on('closed', closed)
      return () => this.off('list', look).off('closed', closed)
    }
    return until({ holds: () => !this.isStale, watch, says: UNTIL_WHOLE }, options)
  }

  /**
   * Changes what stands: all of it or nothing. Of others' services only administrators may. The
   * answer's code is one of `RESULT`. Rejects with TIMEOUT (default 5 s), ABORTED and NODE_CLOSED.
   */
  async change(change: ServiceChange, options: OrderOptions = {}): Promise<OrderResult> {
    const lists = { statuses: change.statuses ?? [], metadata: change.metadata ?? [] }
    return this.#order((request) => ({ ...change, ...lists, kind: 'change', request }), options)
  }

  /**
   * Takes one life of a node out of service for good: it is dropped from every list, its links to
   * who has a directory end, and only a restart brings it back. For administrators. As `change`.
   */
  async retire(id: BusIdLike, options: OrderOptions = {}): Promise<OrderResult> {
    const busId = parseId(id)
    return this.#order((request) => ({ kind: 'retire', request, busId }), options)
  }

  /** Counts and states, as they are now. */
  status(): DirectoryStatus {
    return statusOf(this, this.#role, this.#driver)
  }

  /**
   * Takes back what this node offers and waits until the registries have heard it, at most
   * `timeoutMs` (default 500). Closing the node does the same without waiting.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? 500)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#isOpen = false
    this.#driver.step((moment) => {
      const effects = this.#role.stop(moment)
      this.#farewell.said(effects)
      return effects
    })
    const released = this.#source?.close()
    if (timeoutMs > 0) await this.#farewell.heard(timeoutMs)
    this.#driver.close()
    this.#say('closed')
    await released
  }

  async #order(make: (request: bigint) => Order, options: OrderOptions): Promise<OrderResult> {
    this.#checkOpen()
    if (this.#role.registry === undefined) {
      return { code: RESULT.NOT_READY, what: 'registry', says: 'none is known' }
    }
    return this.#orders.ask((request) => {
      this.#driver.step((moment) => this.#role.order(moment, make(request)) ?? [])
    }, options)
  }

  #tell(event: ClientEvent | RegistryEvent): void {
    switch (event.kind) {
      case 'service_up':
      case 'service_changed':
        this.#say(event.kind, this.#entry(event.registration, event.record))
        return
      case 'service_down':
        this.#say('service_down', this.#entry(event.registration, event.record), event.reason)
        return
      case 'registered':
        this.#say('registered', event.registry)
        return
      case 'refused':
        this.#refused(event)
        return
      case 'changed':
        this.#say('own_changed', event.registration)
        return
      case 'list':
        this.#say('list', event.state)
        return
      case 'joined':
        this.#say('joined', { id: event.busId, incarnation: event.incarnation })
        return
      case 'left': {
        const { busId: id, incarnation, reason } = event
        this.#say('left', { id, incarnation, reason })
        return
      }
      case 'ready':
        this.#say('ready')
        return
      case 'protecting':
        this.#say('protecting', event.on)
        return
      case 'peer':
        this.#say('peer', { id: event.busId, status: event.status })
        return
      default:
        unreachable(event)
    }
  }

  #refused(event: Extract<ClientEvent | RegistryEvent, { kind: 'refused' }>): void {
    const { refusal } = event
    if ('busId' in event) {
      const { busId, holder } = event
      this.#endLink(busId, refusal)
      this.#say('refused', { node: busId, registry: this.node.id, refusal, holder })
    } else {
      const { holder, registry } = event
      this.#say('refused', { node: this.node.id, registry, refusal, holder })
    }
  }

  /** The link that was dialled for the sake of the directory; a tree is not torn for a name. */
  #endLink(id: bigint, { code }: Refusal): void {
    const isOver = code === RESULT.RETIRED || code === RESULT.ID_CONFLICT
    const link = this.node.peer(id)
    if (isOver && link?.role === 'sibling') this.node.disconnect(id)
  }

  #entry(registration: Registration, record: ServiceRecord): ServiceEntry {
    const node = registration.node.busId
    return { node, record, registration, isOwn: node === this.node.id }
  }

  #say<Name extends keyof DirectoryEvents>(name: Name, ...args: DirectoryEvents[Name]): void {
    const emit = this.emit.bind(this) as (name: string, ...args: unknown[]) => boolean
    runUserCode(() => emit(name, ...args))
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new BusError('NODE_CLOSED', 'the directory is closed')
  }
}

function isAsked(record: ServiceRecord, { app, env, name }: ServiceQuery): boolean {
  const isApp = app === undefined || record.app === app
  const isName = name === undefined || record.name === name
  return isApp && isName && (env === undefined || record.env === env)
}
