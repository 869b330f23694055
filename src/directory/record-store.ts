// All registrations one registry knows, each in its newest version, and the tombstones of the rest.

import type { Version } from './directory-messages.js'
import { compareStamps } from './hlc.js'
import { claimsOf, compareVersions, isRegistry, type Registration } from './record.js'
import { TableHash } from './table-hash.js'
import { type BuriedAt, forbids, isRetired, REMOVAL, type Tombstone } from './tombstone.js'

/** Lives of one node that are remembered as dead; the oldest is forgotten first. */
const TOMBSTONES_PER_NODE_MAX = 8

export type StoreOutcome =
  | { readonly kind: 'stored'; readonly previous: Registration | undefined }
  | { readonly kind: 'same' }
  | { readonly kind: 'older'; readonly standing: Registration }
  | { readonly kind: 'buried'; readonly tombstone: Tombstone }

export interface Clash {
  /** `key:…`, `id:…` or `name:…`. */
  readonly claim: string
  readonly holder: Registration
}

export class RecordStore {
  readonly hash = new TableHash()
  readonly #tombstoneLifeMs: number
  readonly #live = new Map<bigint, Registration>()
  readonly #claims = new Map<string, bigint>()
  readonly #buried = new Map<bigint, BuriedAt[]>()
  readonly #registries = new Set<bigint>()
  #registryList: readonly Registration[] | undefined
  #recordCount = 0

  constructor(tombstoneLifeMs: number) {
    this.#tombstoneLifeMs = tombstoneLifeMs
  }

  get size(): number {
    return this.#live.size
  }

  get recordCount(): number {
    return this.#recordCount
  }

  get(busId: bigint): Registration | undefined {
    return this.#live.get(busId)
  }

  all(): IterableIterator<Registration> {
    return this.#live.values()
  }

  /** Asked after each input, so it is made anew only where a registration came or went. */
  registries(): readonly Registration[] {
    this.#registryList ??= [...this.#registries].flatMap((busId) => this.#live.get(busId) ?? [])
    return this.#registryList
  }

  /** What would happen to this version, without doing it. */
  judge(version: Registration): Exclude<StoreOutcome, { kind: 'stored' }> | undefined {
    const { busId, incarnation } = version.node
    const tombstone = this.forbidding({ busId, incarnation, stamp: version.stamp })
    if (tombstone !== undefined) return { kind: 'buried', tombstone }
    const standing = this.#live.get(busId)
    if (standing === undefined) return undefined
    const order = compareVersions(version, standing)
    if (order > 0) return undefined
    return order === 0 ? { kind: 'same' } : { kind: 'older', standing }
  }

  /** The caller has settled its clashes before. */
  put(version: Registration): StoreOutcome {
    const verdict = this.judge(version)
    if (verdict !== undefined) return verdict
    const previous = this.#live.get(version.node.busId)
    if (previous !== undefined) this.#drop(previous)
    this.#add(version)
    return { kind: 'stored', previous }
  }

  /** Who else holds a key, service id or name of this version. */
  clashes(version: Registration): Clash[] {
    return version.records.flatMap(claimsOf).flatMap((claim) => {
      const holder = this.#live.get(this.#claims.get(claim) ?? version.node.busId)
      if (holder === undefined || holder.node.busId === version.node.busId) return []
      return [{ claim, holder }]
    })
  }

  /** Env, app, zone and instance, joined by slashes. */
  holderOfKey(path: string): Registration | undefined {
    const busId = this.#claims.get(`key:${path}`)
    return busId === undefined ? undefined : this.#live.get(busId)
  }

  /** Shelves the tombstone; the version it removed, if one that old was standing. */
  bury(tombstone: Tombstone, nowMs: number): Registration | undefined {
    this.#shelve({ tombstone, untilMs: nowMs + this.#tombstoneLifeMs })
    const standing = this.#live.get(tombstone.busId)
    if (standing === undefined) return undefined
    const { incarnation } = standing.node
    if (!forbids(tombstone, { incarnation, stamp: standing.stamp })) return undefined
    this.#drop(standing)
    return standing
  }

  forbidding(version: Version): Tombstone | undefined {
    const buried = this.#buried.get(version.busId) ?? []
    return buried.find(({ tombstone }) => forbids(tombstone, version))?.tombstone
  }

  /** Whether this life of the node was taken out of service. */
  isRetired(busId: bigint, incarnation: string): boolean {
    const buried = this.#buried.get(busId) ?? []
    return buried.some(({ tombstone }) => isRetired(tombstone, incarnation))
  }

  *tombstones(): IterableIterator<Tombstone> {
    for (const list of this.#buried.values()) for (const { tombstone } of list) yield tombstone
  }

  tombstonesOf(busId: bigint): Tombstone[] {
    return (this.#buried.get(busId) ?? []).map(({ tombstone }) => tombstone)
  }

  forgetTombstones(nowMs: number): void {
    for (const [busId, list] of this.#buried) {
      const kept = list.filter(({ untilMs }) => untilMs > nowMs)
      if (kept.length === 0) this.#buried.delete(busId)
      else if (kept.length < list.length) this.#buried.set(busId, kept)
    }
  }

  #add(version: Registration): void {
    const { busId } = version.node
    this.#live.set(busId, version)
    this.#recordCount += version.records.length
    for (const claim of version.records.flatMap(claimsOf)) this.#claims.set(claim, busId)
    if (isRegistry(version)) this.#registries.add(busId)
    this.#registryList = undefined
    this.hash.toggle(version)
  }

  #drop(version: Registration): void {
    const { busId } = version.node
    this.#live.delete(busId)
    this.#recordCount -= version.records.length
    for (const claim of version.records.flatMap(claimsOf)) this.#claims.delete(claim)
    this.#registries.delete(busId)
    this.#registryList = undefined
    this.hash.toggle(version)
  }

  /** One tombstone for each dead life; an older one of the same life says nothing more. */
  #shelve(entry: BuriedAt): void {
    const { busId, incarnation } = entry.tombstone
    const list = this.#buried.get(busId) ?? []
    const same = list.find(({ tombstone }) => tombstone.incarnation === incarnation)
    if (same !== undefined && !outweighs(entry.tombstone, same.tombstone)) return
    const others = list.filter((other) => other !== same)
    this.#buried.set(busId, [...others, entry].slice(-TOMBSTONES_PER_NODE_MAX))
  }
}

/** A retirement is never weakened by what comes later of the same life. */
function outweighs(tombstone: Tombstone, standing: Tombstone): boolean {
  const isRetirement = tombstone.reason === REMOVAL.RETIRE
  const wasRetirement = standing.reason === REMOVAL.RETIRE
  if (isRetirement !== wasRetirement) return isRetirement
  return compareStamps(tombstone.stamp, standing.stamp) > 0
}
