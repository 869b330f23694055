// The table of one registry: every change of it goes through here, and is told to who watches.

import { refused } from './answers.js'
import type { DirectoryMessage } from './directory-messages.js'
import { HybridClock } from './hlc.js'
import { Leases } from './leases.js'
import { Lookups } from './lookups.js'
import type { Moment } from './moment.js'
import { compareVersions, type Registration } from './record.js'
import { type Clash, RecordStore, type StoreOutcome } from './record-store.js'
import type { RegistryConfig } from './registry-config.js'
import type { RegistryEffect, RegistryEvent } from './registry-events.js'
import { RESULT, type Refusal } from './result-code.js'
import { REMOVAL, type RemovalReason, type Tombstone } from './tombstone.js'
import { type TableChange, Watchers } from './watchers.js'

export class RegistryTable {
  readonly config: RegistryConfig
  readonly store: RecordStore
  readonly leases: Leases
  readonly watchers: Watchers
  readonly clock: HybridClock
  readonly lookups: Lookups
  isReady = false
  /** Another registry buried our own entry up to here; its keeper registers above it. */
  selfDeadUntil: bigint | undefined
  #effects: RegistryEffect[] = []

  constructor(config: RegistryConfig, nowMs: number) {
    const { times, limits, epoch } = config
    this.config = config
    this.store = new RecordStore(times.tombstoneLifeMs)
    this.lookups = new Lookups(this.store, times.pollHoldMs)
    this.leases = new Leases(times, config.chance, nowMs)
    this.clock = new HybridClock(times.clockAheadMaxMs)
    this.watchers = new Watchers(this.store, {
      epoch,
      logLengthMax: limits.logLengthMax,
      watcherCountMax: limits.watchersMax,
      pushGapMs: times.pushGapMs,
    })
  }

  get selfId(): bigint {
    return this.config.node.busId
  }

  send(to: bigint, message: DirectoryMessage): void {
    this.#effects.push({ kind: 'send', to, message })
  }

  tell(event: RegistryEvent): void {
    this.#effects.push({ kind: 'event', event })
  }

  push(effects: readonly RegistryEffect[]): void {
    for (const effect of effects) this.#effects.push(effect)
  }

  /** Everything to be done since the last call, the watchers' batches last. */
  takeEffects(nowMs: number): RegistryEffect[] {
    this.push(this.watchers.flushInTurn(nowMs, this.isReady))
    this.push(this.lookups.wake())
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** Stores a version whose clashes are settled. */
  place(version: Registration, { nowMs, wallMs }: Moment): StoreOutcome {
    const outcome = this.store.put(version)
    if (outcome.kind !== 'stored') return outcome
    const { busId, incarnation } = version.node
    const { previous } = outcome
    this.clock.observe(wallMs, version.stamp.time)
    if (version.lease === 'leased') this.leases.begin(busId, nowMs)
    else this.leases.end(busId, 'left')
    this.#changed({ busId, before: previous, after: version, tombstone: undefined })
    const replaced = previous?.node.incarnation ?? incarnation
    const isNewLife = replaced !== incarnation
    if (isNewLife && previous !== undefined) {
      this.store.bury(tombstoneOf(previous, REMOVAL.REPLACED), nowMs)
    }
    const reason = REMOVAL.REPLACED
    if (isNewLife) this.tell({ kind: 'left', busId, incarnation: replaced, reason })
    if (previous === undefined || isNewLife) this.tell({ kind: 'joined', busId, incarnation })
    return outcome
  }

  /**
   * A version from another registry. Where it clashes with others, the earlier registration keeps
   * what it claims, whichever of them this registry heard of first (R4).
   */
  placeReplica(version: Registration, moment: Moment): StoreOutcome {
    const verdict = this.store.judge(version)
    if (verdict !== undefined) return verdict
    const clashes = this.store.clashes(version)
    const winner = clashes.find(({ holder }) => !keepsAgainst(version, holder))
    if (winner !== undefined) return this.#refuseLoser(version, winner, moment)
    for (const clash of clashes) this.#withdraw(clash.holder, clash.claim, version, moment)
    return this.place(version, moment)
  }

  #changed(change: TableChange): void {
    this.watchers.changed(change)
    const { sequence } = this.watchers
    for (const version of [change.before, change.after]) {
      if (version !== undefined) this.lookups.changed(version.records, sequence)
    }
  }

  #refuseLoser(version: Registration, { claim, holder }: Clash, moment: Moment): StoreOutcome {
    const tombstone = tombstoneOf(version, REMOVAL.CONFLICT)
    this.bury(tombstone, moment)
    this.#tellLoser(version, claim, holder.node.busId)
    return { kind: 'buried', tombstone }
  }

  #withdraw(loser: Registration, claim: string, winner: Registration, moment: Moment): void {
    this.bury(tombstoneOf(loser, REMOVAL.CONFLICT), moment)
    this.#tellLoser(loser, claim, winner.node.busId)
  }

  #tellLoser(loser: Registration, claim: string, holder: bigint): void {
    const { busId } = loser.node
    const says = 'was registered by another node before'
    const refusal: Refusal = { code: RESULT.ID_CONFLICT, what: claim, says }
    if (busId === this.selfId) this.tell({ kind: 'refused', busId, refusal, holder })
    else this.send(busId, { ...refused(loser.stamp, refusal, holder), newest: loser.stamp })
  }

  /** The version that this removed, if it removed one. */
  bury(tombstone: Tombstone, { nowMs, wallMs }: Moment): Registration | undefined {
    this.clock.observe(wallMs, tombstone.stamp.time)
    const removed = this.store.bury(tombstone, nowMs)
    if (removed === undefined) return undefined
    const { busId, reason } = tombstone
    const { incarnation } = removed.node
    this.leases.end(busId, reason === REMOVAL.EXPIRED ? 'evicted' : 'left')
    this.#changed({ busId, before: removed, after: undefined, tombstone })
    this.tell({ kind: 'left', busId, incarnation, reason })
    return removed
  }

  /**
   * A removal that another registry reports. Its eviction holds only where this one heard nothing
   * newer (R16); if it did, the owner is asked for a fresh version, as the old one is dead there.
   */
  buryReplica(tombstone: Tombstone, moment: Moment): 'done' | 'refused' {
    const { busId, reason, stamp } = tombstone
    const standing = this.store.get(busId)
    const isDoubted = reason === REMOVAL.EXPIRED && standing !== undefined
    if (isDoubted && this.leases.isFresh(busId, moment.nowMs)) {
      const isCovered = compareVersions(standing, { ...standing, stamp }) <= 0
      if (isCovered) this.askForFresh(standing, tombstone)
      return 'refused'
    }
    const removed = this.bury(tombstone, moment)
    // Another registry saw the clash; it alone knows with whom.
    if (removed !== undefined && reason === REMOVAL.CONFLICT) {
      this.#tellLoser(removed, 'registration', 0n)
    }
    return 'done'
  }

  /** Asks the owner to register anew, above what a tombstone elsewhere forbids. */
  askForFresh({ node }: Registration, { stamp }: Tombstone): void {
    if (node.busId === this.selfId) {
      this.selfDeadUntil = stamp.time
      return
    }
    this.send(node.busId, {
      kind: 'renew_answer',
      code: RESULT.NOT_FOUND,
      newest: stamp,
      standing: undefined,
      epoch: this.config.epoch,
      watchSequence: this.watchers.sequenceOf(node.busId),
      ready: this.isReady,
    })
  }
}

export function tombstoneOf(version: Registration, reason: RemovalReason): Tombstone {
  const { node, stamp } = version
  return { busId: node.busId, incarnation: node.incarnation, stamp, reason }
}

/** The lower registration time keeps a contested claim, then the lower id. */
function keepsAgainst(version: Registration, other: Registration): boolean {
  if (version.registeredAt !== other.registeredAt) {
    return version.registeredAt < other.registeredAt
  }
  return version.node.busId < other.node.busId
}
