// Who watches the table, from where each one goes on, and the log that lets it go on (M3).

import { batchesOf, partsOf } from './batching.js'
import type { Send } from './directory-effects.js'
import type { Batch, Watch } from './directory-messages.js'
import { NO_STAMP } from './hlc.js'
import { REGISTRY_APP, type Registration } from './record.js'
import type { RecordStore } from './record-store.js'
import { REMOVAL, type Tombstone } from './tombstone.js'

/** One node's entry before and after; both undefined never happens. */
export interface TableChange {
  readonly busId: bigint
  readonly before: Registration | undefined
  readonly after: Registration | undefined
  /** Where `after` is undefined. */
  readonly tombstone: Tombstone | undefined
}

interface Watcher {
  readonly id: bigint
  readonly watch: bigint
  /** Empty: every app. */
  readonly apps: ReadonlySet<string>
  sequence: bigint
}

export interface WatcherSettings {
  readonly epoch: bigint
  /** Changes that a returning watcher can catch up on; before them it gets all anew. */
  readonly logLengthMax: number
  readonly watcherCountMax: number
  readonly pushGapMs: number
}

export class Watchers {
  readonly #store: RecordStore
  readonly #settings: WatcherSettings
  readonly #watchers = new Map<bigint, Watcher>()
  /** The changes up to `#sequence`, the newest last. */
  #log: bigint[] = []
  #sequence = 0n
  #pending: TableChange[] = []
  #restsUntilMs = Number.NEGATIVE_INFINITY

  constructor(store: RecordStore, settings: WatcherSettings) {
    this.#store = store
    this.#settings = settings
  }

  get size(): number {
    return this.#watchers.size
  }

  /** The version of the whole table in this epoch: grows with every change (R7). */
  get sequence(): bigint {
    return this.#sequence
  }

  has(id: bigint): boolean {
    return this.#watchers.has(id)
  }

  /** When what is pending is to be told. */
  get nextDueMs(): number {
    return this.#pending.length > 0 ? this.#restsUntilMs : Number.POSITIVE_INFINITY
  }

  /** An empty batch, whose number shows a watcher that it missed one. */
  remind(id: bigint, ready: boolean): Send[] {
    const watcher = this.#watchers.get(id)
    if (watcher === undefined) return []
    // What is pending goes out before: the empty batch carries the newest sequence.
    const sends = this.flush(ready)
    sends.push({ kind: 'send', to: id, message: this.#delta(watcher, EMPTY, ready) })
    return sends
  }

  /** 0: it does not watch here. */
  sequenceOf(id: bigint): bigint {
    const watcher = this.#watchers.get(id)
    return watcher === undefined ? 0n : watcher.sequence
  }

  changed(change: TableChange): void {
    this.#pending.push(change)
    this.#sequence++
    this.#log.push(change.busId)
    if (this.#log.length > 2 * this.#settings.logLengthMax) {
      this.#log = this.#log.slice(-this.#settings.logLengthMax)
    }
  }

  remove(id: bigint, watch?: bigint): void {
    if (watch === undefined || this.#watchers.get(id)?.watch === watch) this.#watchers.delete(id)
  }

  /** False where there are too many already. The newest watch of a node is the only one. */
  add(from: bigint, { watch, apps, epoch, since, hasTable }: Watch, ready: boolean): Send[] {
    const isFull = this.#watchers.size >= this.#settings.watcherCountMax
    if (isFull && !this.#watchers.has(from)) return []
    // What is pending was not sent to this watcher yet, and is part of what it gets now.
    const watcher: Watcher = { id: from, watch, apps: new Set(apps), sequence: this.#sequence }
    const known = epoch === this.#settings.epoch ? this.#changedSince(since) : undefined
    this.#watchers.set(from, watcher)
    if (known !== undefined) return this.#resume(watcher, since, known, ready)
    return this.#snapshot(watcher, hasTable, ready)
  }

  /**
   * Flushes unless it has just done so. A crowd that joins is told of in few batches: else each of
   * a thousand who come is a message to each who is there.
   */
  flushInTurn(nowMs: number, ready: boolean): Send[] {
    if (this.#pending.length === 0 || nowMs < this.#restsUntilMs) return []
    this.#restsUntilMs = nowMs + this.#settings.pushGapMs
    return this.flush(ready)
  }

  /** Sends what changed since the last flush, one batch to each who is concerned. */
  flush(ready: boolean): Send[] {
    const changes = this.#pending
    if (changes.length === 0) return []
    this.#pending = []
    const sends: Send[] = []
    for (const watcher of this.#watchers.values()) {
      if (watcher.sequence >= this.#sequence) continue
      const concerned = changes.filter((change) => isConcerned(watcher, change))
      if (concerned.length > 0) sends.push(...this.#deltas(watcher, latest(concerned), ready))
    }
    return sends
  }

  /** Tells everybody that the table is whole now. */
  announceReady(): Send[] {
    // As in `remind`.
    const sends = this.flush(true)
    for (const watcher of this.#watchers.values()) {
      const message = this.#delta(watcher, EMPTY, true)
      sends.push({ kind: 'send', to: watcher.id, message })
    }
    return sends
  }

  /** Nodes that changed after that sequence; undefined where the log does not reach back. */
  #changedSince(since: bigint): bigint[] | undefined {
    const behind = Number(this.#sequence - since)
    if (since === 0n || behind < 0 || behind > this.#log.length) return undefined
    return behind === 0 ? [] : [...new Set(this.#log.slice(-behind))]
  }

  #resume(watcher: Watcher, since: bigint, busIds: readonly bigint[], ready: boolean): Send[] {
    const { sequence } = this
    watcher.sequence = since
    const changes = busIds.map((busId): TableChange => {
      const after = this.#store.get(busId)
      const tombstone = after === undefined ? this.#tombstoneOf(busId) : undefined
      return { busId, before: undefined, after, tombstone }
    })
    const concerned = changes.filter(({ busId }) => busId !== watcher.id)
    const sends = this.#deltas(watcher, concerned, ready)
    watcher.sequence = sequence
    return sends
  }

  #tombstoneOf(busId: bigint): Tombstone | undefined {
    return this.#store.tombstonesOf(busId).at(-1)
  }

  #snapshot(watcher: Watcher, hasTable: boolean, ready: boolean): Send[] {
    const registrations: Registration[] = []
    for (const registration of this.#store.all()) {
      const visible =
        registration.node.busId === watcher.id ? undefined : seenBy(watcher, registration)
      if (visible !== undefined) registrations.push(visible)
    }
    // The dead come first: a later life may have the older stamp.
    const tombstones = hasTable ? [...this.#store.tombstones()] : []
    const parts: Part[] = partsOf(tombstones).map((removals) => ({ puts: [], removals }))
    for (const puts of batchesOf(registrations)) parts.push({ puts, removals: [] })
    parts.push({ puts: [], removals: [] })
    return parts.map((part, index) => {
      const last = index === parts.length - 1
      const batch = this.#batch(watcher, part, ready)
      const message: Batch = { ...batch, previous: BigInt(index), snapshot: true, last }
      return { kind: 'send', to: watcher.id, message }
    })
  }

  #deltas(watcher: Watcher, changes: readonly TableChange[], ready: boolean): Send[] {
    const puts: Registration[] = []
    const removals: Tombstone[] = []
    for (const { after, before, tombstone, busId } of changes) {
      const visible = after && seenBy(watcher, after)
      const isNewLife = after?.node.incarnation !== before?.node.incarnation
      if (visible === undefined) removals.push(tombstone ?? withdrawn(busId, after ?? before))
      else puts.push(visible)
      if (visible !== undefined && isNewLife) removals.push(...this.#store.tombstonesOf(busId))
    }
    const parts: Part[] = partsOf(removals).map((some) => ({ puts: [], removals: some }))
    for (const some of batchesOf(puts)) parts.push({ puts: some, removals: [] })
    const merged = mergedSmall(parts)
    return merged.map((part) => {
      return { kind: 'send', to: watcher.id, message: this.#delta(watcher, part, ready) }
    })
  }

  #delta(watcher: Watcher, part: Part, ready: boolean): Batch {
    const previous = watcher.sequence
    watcher.sequence = this.#sequence
    return { ...this.#batch(watcher, part, ready), previous, snapshot: false, last: true }
  }

  #batch(
    watcher: Watcher,
    part: Part,
    ready: boolean,
  ): Omit<Batch, 'previous' | 'snapshot' | 'last'> {
    const { watch } = watcher
    const { epoch } = this.#settings
    return { kind: 'batch', watch, epoch, sequence: this.#sequence, ready, ...part }
  }
}

const EMPTY: Part = { puts: [], removals: [] }

interface Part {
  readonly puts: readonly Registration[]
  readonly removals: readonly Tombstone[]
}

/** One batch for puts and removals where both are small; an empty one where there is nothing. */
function mergedSmall(parts: readonly Part[]): Part[] {
  const puts = parts.flatMap((part) => part.puts)
  const removals = parts.flatMap((part) => part.removals)
  const isSmall = parts.length <= 2 && puts.length + removals.length <= 100
  return isSmall ? [{ puts, removals }] : [...parts]
}

/** Only the last state of each node counts; what it was at first is kept beside it. */
function latest(changes: readonly TableChange[]): TableChange[] {
  const byId = new Map<bigint, TableChange>()
  for (const change of changes) {
    const first = byId.get(change.busId)
    byId.delete(change.busId)
    byId.set(change.busId, first === undefined ? change : { ...change, before: first.before })
  }
  return [...byId.values()]
}

function isConcerned(watcher: Watcher, { busId, before, after }: TableChange): boolean {
  if (busId === watcher.id) return false
  return [before, after].some((one) => one !== undefined && seenBy(watcher, one) !== undefined)
}

/** What passes the filter; registries pass every one, as all need to know them (M7). */
function seenBy({ apps }: Watcher, registration: Registration): Registration | undefined {
  if (apps.size === 0) return registration
  const records = registration.records.filter(({ app }) => apps.has(app) || app === REGISTRY_APP)
  return records.length === 0 ? undefined : { ...registration, records }
}

/** For a filter, a node that no longer offers what is watched has left. */
function withdrawn(busId: bigint, last: Registration | undefined): Tombstone {
  const incarnation = last?.node.incarnation ?? '0'.repeat(32)
  const stamp = last?.stamp ?? NO_STAMP
  return { busId, incarnation, stamp, reason: REMOVAL.CANCEL }
}
