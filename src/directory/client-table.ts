// What one node knows of all others, and which of their services are up for it.

import type { ClientEffect, ClientEvent, DownReason } from './client-config.js'
import type { Reach } from './directory-effects.js'
import { compareVersions, type Registration, recordKey, type ServiceRecord } from './record.js'
import { type BuriedAt, forbids, REMOVAL, type Tombstone } from './tombstone.js'

/** Tombstones of nodes that come and go; the oldest are forgotten first. */
const TOMBSTONES_MAX = 100_000

export interface Entry {
  registration: Registration
  /** The last watch whose registry listed it. */
  watch: bigint
  /** Member and reachable are two things: this is both (R1). */
  isUp: boolean
  /** It was missing in a whole list while it could be reached; undefined: it is vouched for. */
  unvouchedUntilMs: number | undefined
  /** Another life, listed by a registry that is not ready yet, with the older stamp. */
  otherLife: Registration | undefined
}

export class ClientTable {
  readonly #entries = new Map<bigint, Entry>()
  readonly #buried = new Map<bigint, BuriedAt>()
  readonly #reach: Reach
  readonly #tombstoneLifeMs: number
  #effects: ClientEffect[] = []
  #unvouchedCount = 0

  constructor(reach: Reach, tombstoneLifeMs: number) {
    this.#reach = reach
    this.#tombstoneLifeMs = tombstoneLifeMs
  }

  get size(): number {
    return this.#entries.size
  }

  get(busId: bigint): Entry | undefined {
    return this.#entries.get(busId)
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values()
  }

  takeEffects(): ClientEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /**
   * False where nothing came of it: a duplicate, an older version, or a dead one. Between two lives
   * of a node a clock may have been set back, so stamps do not decide alone: the later life counts,
   * and what a registry lists that is ready.
   */
  put(registration: Registration, watch: bigint, isReady: boolean): boolean {
    const { busId, incarnation } = registration.node
    const dead = this.#buried.get(busId)
    if (dead && forbids(dead.tombstone, { incarnation, stamp: registration.stamp })) return false
    const entry = this.#entries.get(busId)
    if (entry === undefined) {
      this.#add(registration, watch)
      return true
    }
    entry.watch = watch
    this.#vouch(entry)
    const isOtherLife = incarnation !== entry.registration.node.incarnation
    const isTaken = isOtherLife && (isReady || incarnation > entry.registration.node.incarnation)
    if (!isTaken && compareVersions(registration, entry.registration) <= 0) {
      entry.otherLife = isOtherLife ? registration : undefined
      return false
    }
    this.#replace(entry, registration)
    return true
  }

  remove(tombstone: Tombstone, nowMs: number): boolean {
    const { busId, reason } = tombstone
    this.#bury(tombstone, nowMs)
    const entry = this.#entries.get(busId)
    if (entry === undefined) return false
    const { node, stamp } = entry.registration
    if (!forbids(tombstone, { incarnation: node.incarnation, stamp })) return false
    this.#drop(entry, reason)
    if (reason === REMOVAL.RETIRE) {
      this.#effects.push({ kind: 'expel', id: busId, incarnation: node.incarnation })
    }
    return true
  }

  /**
   * The list is whole, and these were not in it. What is reachable may be listed elsewhere and is
   * given one more lease; nothing speaks for the rest.
   */
  sweep(watch: bigint, untilMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.watch === watch && entry.otherLife) this.#replace(entry, entry.otherLife)
      if (entry.watch === watch || entry.unvouchedUntilMs !== undefined) continue
      if (this.#reach.has(entry.registration.node.busId)) {
        entry.unvouchedUntilMs = untilMs
        this.#unvouchedCount++
      } else {
        this.#drop(entry, REMOVAL.EXPIRED)
      }
    }
  }

  /** Drops what nobody vouched for in time; when to look again. */
  expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    if (this.#unvouchedCount === 0) return nextMs
    for (const entry of this.#entries.values()) {
      const untilMs = entry.unvouchedUntilMs ?? Number.POSITIVE_INFINITY
      if (untilMs <= nowMs) this.#drop(entry, REMOVAL.EXPIRED)
      else nextMs = Math.min(nextMs, untilMs)
    }
    return nextMs
  }

  route(busId: bigint, isUp: boolean): void {
    const entry = this.#entries.get(busId)
    if (entry === undefined || entry.isUp === isUp) return
    entry.isUp = isUp
    for (const record of entry.registration.records) {
      if (isUp) this.#up(entry.registration, record)
      else this.#down(entry.registration, record, 'link_lost')
    }
  }

  #add(registration: Registration, watch: bigint): void {
    const { busId } = registration.node
    const isUp = this.#reach.has(busId)
    this.#entries.set(busId, {
      registration,
      watch,
      isUp,
      unvouchedUntilMs: undefined,
      otherLife: undefined,
    })
    if (isUp) for (const record of registration.records) this.#up(registration, record)
  }

  #replace(entry: Entry, registration: Registration): void {
    const old = entry.registration
    const { busId, incarnation } = registration.node
    entry.registration = registration
    entry.otherLife = undefined
    const wasUp = entry.isUp
    entry.isUp = this.#reach.has(busId)
    const isNewLife = old.node.incarnation !== incarnation
    const before = new Map(old.records.map((record) => [recordKey(record), record]))
    const after = new Set(registration.records.map(recordKey))
    for (const [key, record] of wasUp ? before : []) {
      if (isNewLife) this.#down(old, record, REMOVAL.REPLACED)
      else if (!after.has(key)) this.#down(old, record, REMOVAL.CANCEL)
    }
    for (const record of entry.isUp ? registration.records : []) {
      const known = wasUp && !isNewLife ? before.get(recordKey(record)) : undefined
      if (known === undefined) this.#up(registration, record)
      else if (!isSame(known, record)) {
        this.#tell({ kind: 'service_changed', node: busId, record, registration })
      }
    }
  }

  #drop(entry: Entry, reason: DownReason): void {
    const { registration } = entry
    this.#vouch(entry)
    this.#entries.delete(registration.node.busId)
    if (!entry.isUp) return
    for (const record of registration.records) this.#down(registration, record, reason)
  }

  #vouch(entry: Entry): void {
    if (entry.unvouchedUntilMs !== undefined) this.#unvouchedCount--
    entry.unvouchedUntilMs = undefined
  }

  #bury(tombstone: Tombstone, nowMs: number): void {
    const { busId } = tombstone
    this.#buried.delete(busId)
    this.#buried.set(busId, { tombstone, untilMs: nowMs + this.#tombstoneLifeMs })
    for (const [oldest, { untilMs }] of this.#buried) {
      if (untilMs > nowMs && this.#buried.size <= TOMBSTONES_MAX) break
      this.#buried.delete(oldest)
    }
  }

  #up(registration: Registration, record: ServiceRecord): void {
    const { busId: node } = registration.node
    this.#tell({ kind: 'service_up', node, record, registration })
  }

  #down(registration: Registration, record: ServiceRecord, reason: DownReason): void {
    const { busId: node } = registration.node
    this.#tell({ kind: 'service_down', node, record, registration, reason })
  }

  #tell(event: ClientEvent): void {
    this.#effects.push({ kind: 'event', event })
  }
}

function isSame(a: ServiceRecord, b: ServiceRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
