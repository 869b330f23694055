// The other registries as one of them knows them, and to whom of them a change goes (R3).

import type { ReplicaOperation } from './directory-messages.js'
import type { Registration } from './record.js'
import type { RegistryTable } from './registry-table.js'

/** More than any deployment has; a flood of greetings ends here. */
const PEERS_MAX = 1_024

export interface Peer {
  readonly busId: bigint
  readonly zone: string
  readonly status: 'up' | 'lost'
}

interface Known {
  zone: string
  /** Of its last greeting; 0: it has not greeted us in this life of the way to it. */
  epoch: bigint
  isUp: boolean
}

export class Peers {
  readonly #table: RegistryTable
  readonly #known = new Map<bigint, Known>()

  constructor(table: RegistryTable) {
    this.#table = table
  }

  all(): Peer[] {
    return [...this.#known].map(([busId, { zone, isUp }]) => {
      return { busId, zone, status: isUp ? 'up' : 'lost' }
    })
  }

  has(busId: bigint): boolean {
    return this.#known.has(busId)
  }

  isUp(busId: bigint): boolean {
    return this.#known.get(busId)?.isUp === true
  }

  mayJoin(busId: bigint): boolean {
    const { config } = this.#table
    if (!config.mayBeRegistry(busId)) return false
    return this.#known.has(busId) || this.#known.size < PEERS_MAX
  }

  /** Whether this greeting tells of a life or a way that was not known: worth an answer. */
  greeted(busId: bigint, zone: string, epoch: bigint): boolean {
    const known = this.#known.get(busId) ?? this.#add(busId, zone)
    const isNews = known.epoch !== epoch || !known.isUp
    known.zone = zone
    known.epoch = epoch
    this.#become(busId, known, true)
    return isNews
  }

  lost(busId: bigint): void {
    const known = this.#known.get(busId)
    if (known === undefined) return
    known.epoch = 0n
    this.#become(busId, known, false)
    // Who never got into the directory is forgotten; who left it is no registry any more.
    if (this.#table.store.get(busId) === undefined) this.#remove(busId)
  }

  /** After each change: registries are services like others, so the table names them (M7). */
  followTable(): bigint[] {
    const { store, selfId } = this.#table
    const listed = store.registries().filter(({ node }) => node.busId !== selfId)
    const fresh = listed.filter(({ node }) => !this.#known.has(node.busId))
    const joining = fresh.filter(({ node }) => this.mayJoin(node.busId))
    for (const { node } of joining) this.#add(node.busId, node.zone)
    for (const busId of this.#known.keys()) {
      const isGone = store.get(busId) === undefined && store.tombstonesOf(busId).length > 0
      if (isGone && !this.isUp(busId)) this.#remove(busId)
    }
    return joining.map(({ node }) => node.busId)
  }

  /** Those that a way leads to and that have not greeted us: a greeting was lost. */
  unheard(): bigint[] {
    const { reach } = this.#table.config
    return [...this.#known].filter(([id, { isUp }]) => !isUp && reach.has(id)).map(([id]) => id)
  }

  inOwnZone(): bigint[] {
    return this.#upIn((zone) => zone === this.#table.config.node.zone)
  }

  /** One registry of each other zone, another one each time. */
  oneOfEachOtherZone(): bigint[] {
    const own = this.#table.config.node.zone
    const zones = new Set([...this.#known.values()].map(({ zone }) => zone))
    zones.delete(own)
    return [...zones].flatMap((zone) => {
      const up = this.#upIn((other) => other === zone)
      return up[Math.floor(this.#table.config.chance() * up.length)] ?? []
    })
  }

  /**
   * Passes on what a source said here: to the registries of this zone that the source did not
   * reach by itself, and to one of each other zone. Where the source reached several, the one with
   * the lowest id does it, so each registry hears of a change exactly once.
   */
  spreadFromSource(operation: ReplicaOperation, sentTo: readonly bigint[]): void {
    if (!this.isLeadOf(sentTo)) return
    const reached = new Set(sentTo)
    this.#spread(
      this.inOwnZone().filter((busId) => !reached.has(busId)),
      operation,
      false,
    )
    this.#spread(
      this.oneOfEachOtherZone().filter((id) => !reached.has(id)),
      operation,
      true,
    )
  }

  /** Whether this registry, of those a source reached by itself, speaks for all of them. */
  isLeadOf(sentTo: readonly bigint[]): boolean {
    return !sentTo.some((other) => other < this.#table.selfId && this.isUp(other))
  }

  /** Passes on inside this zone what came from another one. */
  spreadInZone(operation: ReplicaOperation): void {
    this.#spread(this.inOwnZone(), operation, false)
  }

  #spread(to: readonly bigint[], operation: ReplicaOperation, fromZone: boolean): void {
    for (const busId of to) this.#table.send(busId, { kind: 'replica', fromZone, operation })
  }

  #upIn(isRight: (zone: string) => boolean): bigint[] {
    return [...this.#known]
      .filter(([, { zone, isUp }]) => isUp && isRight(zone))
      .map(([busId]) => busId)
      .sort((a, b) => (a < b ? -1 : 1))
  }

  #add(busId: bigint, zone: string): Known {
    const known: Known = { zone, epoch: 0n, isUp: false }
    this.#known.set(busId, known)
    return known
  }

  #become(busId: bigint, known: Known, isUp: boolean): void {
    if (known.isUp === isUp) return
    known.isUp = isUp
    this.#table.tell({ kind: 'peer', busId, status: isUp ? 'up' : 'lost' })
  }

  #remove(busId: bigint): void {
    if (this.#known.delete(busId)) this.#table.tell({ kind: 'peer', busId, status: 'gone' })
  }
}

/** The tombstone or version of an operation names the node it is about. */
export function subjectOf(operation: ReplicaOperation): bigint {
  switch (operation.kind) {
    case 'put':
      return operation.registration.node.busId
    case 'renew':
      return operation.version.busId
    case 'remove':
      return operation.tombstone.busId
  }
}

export function putOf(registration: Registration): ReplicaOperation {
  return { kind: 'put', registration }
}
