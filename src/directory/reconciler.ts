// Registries compare their tables and give each other what is newer, until they are equal.

import { versionOf } from './answers.js'
import { batchesOf, partsOf } from './batching.js'
import type { Digest, Pull, Repair, Replica, Summary } from './directory-messages.js'
import type { Moment } from './moment.js'
import type { Peers } from './peers.js'
import type { Registration } from './record.js'
import { checkRegistration } from './record-check.js'
import type { RegistryTable } from './registry-table.js'
import { bucketBits, differences, SummaryIntake } from './summary-intake.js'
import { bucketOf } from './table-hash.js'
import type { Tombstone } from './tombstone.js'

export class Reconciler {
  readonly #table: RegistryTable
  readonly #peers: Peers
  readonly #intakes = new Map<bigint, SummaryIntake>()
  /** Ready peers whose answer to our pull will make our table whole. */
  readonly #pulling = new Set<bigint>()
  readonly #warmUntilMs: number
  #compareAtMs: number

  constructor(table: RegistryTable, peers: Peers, nowMs: number) {
    const { compareMs, warmUpMs } = table.config.times
    this.#table = table
    this.#peers = peers
    this.#warmUntilMs = nowMs + warmUpMs
    // Registries that start together do not all compare at once.
    this.#compareAtMs = nowMs + compareMs * table.config.chance()
  }

  get nextDueMs(): number {
    if (this.#table.isReady) return this.#compareAtMs
    return Math.min(this.#warmUntilMs, this.#compareAtMs)
  }

  /** Whether tables were compared: it was time to. */
  tick({ nowMs }: Moment): boolean {
    if (nowMs >= this.#warmUntilMs) this.#becomeReady()
    if (nowMs < this.#compareAtMs) return false
    this.#compareAtMs = nowMs + this.#table.config.times.compareMs
    for (const peer of this.#peers.inOwnZone()) this.compareWith(peer)
    for (const peer of this.#peers.oneOfEachOtherZone()) this.compareWith(peer)
    return true
  }

  compareWith(peer: bigint): void {
    this.#table.send(peer, this.#digest(false))
  }

  lost(peer: bigint): void {
    this.#intakes.delete(peer)
    this.#pulling.delete(peer)
  }

  digest(from: bigint, { buckets, ready, isAnswer }: Digest): void {
    const differing = this.#table.store.hash.differing(buckets)
    if (differing.size === 0 && ready) this.#becomeReady()
    if (isAnswer) return
    if (differing.size === 0) this.#table.send(from, this.#digest(true))
    else this.#summarize(from, differing)
  }

  summary(from: bigint, part: Summary, moment: Moment): void {
    const countMax = 2 * this.#table.config.limits.registrationsMax
    const intake = this.#intakes.get(from) ?? new SummaryIntake(countMax)
    this.#intakes.set(from, intake)
    const whole = intake.take(part)
    if (whole === undefined) return
    this.#intakes.delete(from)
    for (const tombstone of whole.tombstones) this.#table.buryReplica(tombstone, moment)
    const { pull, push, dead } = differences(this.#table.store, whole)
    if (push.length + dead.length > 0) this.#repair(from, push, dead)
    for (const busIds of partsOf(pull)) this.#table.send(from, { kind: 'pull', busIds })
    if (!whole.ready) return
    if (pull.length === 0) this.#becomeReady()
    else this.#pulling.add(from)
  }

  pull(from: bigint, { busIds }: Pull): void {
    const { store } = this.#table
    const alive = busIds.flatMap((busId) => store.get(busId) ?? [])
    const missing = busIds.filter((busId) => store.get(busId) === undefined)
    this.#repair(
      from,
      alive,
      missing.flatMap((busId) => store.tombstonesOf(busId)),
      true,
    )
  }

  repair(from: bigint, { registrations, tombstones, last }: Repair, moment: Moment): void {
    for (const tombstone of tombstones) this.#table.buryReplica(tombstone, moment)
    for (const registration of registrations) this.#place(from, registration, moment)
    if (last && this.#pulling.delete(from)) this.#becomeReady()
  }

  /** What a source said at another registry. Never passed on but once, inside a zone (R3). */
  replica(from: bigint, { fromZone, operation }: Replica, moment: Moment): void {
    const isGood = this.#apply(from, operation, moment)
    if (fromZone && isGood) this.#peers.spreadInZone(operation)
  }

  #apply(from: bigint, operation: Replica['operation'], moment: Moment): boolean {
    switch (operation.kind) {
      case 'put':
        return this.#place(from, operation.registration, moment)
      case 'remove':
        return this.#table.buryReplica(operation.tombstone, moment) === 'done'
      case 'renew':
        return this.#renew(from, operation.version.busId, operation, moment)
    }
  }

  #renew(
    from: bigint,
    busId: bigint,
    { version }: Extract<Replica['operation'], { kind: 'renew' }>,
    { nowMs }: Moment,
  ): boolean {
    const standing = this.#table.store.get(busId)
    const versions = new Map([[busId, version]])
    const buckets = bucketBits(new Set())
    const told = { ready: false, buckets, versions, tombstones: [] }
    const tables = differences(this.#table.store, told)
    if (standing === undefined || tables.pull.length > 0) {
      if (tables.dead.length > 0) this.#repair(from, [], tables.dead)
      else this.#table.send(from, { kind: 'pull', busIds: [busId] })
      return true
    }
    if (tables.push.includes(standing)) this.#repair(from, [standing], [])
    this.#table.leases.renew(busId, nowMs)
    return true
  }

  /** True where it stands now. What the sender does not know yet is sent back to it. */
  #place(from: bigint, registration: Registration, moment: Moment): boolean {
    if (checkRegistration(registration) !== undefined) return false
    const outcome = this.#table.placeReplica(registration, moment)
    if (outcome.kind === 'older') this.#repair(from, [outcome.standing], [])
    if (outcome.kind === 'buried') this.#repair(from, [], [outcome.tombstone])
    return outcome.kind === 'stored' || outcome.kind === 'same'
  }

  /** All of the buckets that differ, the dead too: what is missing there was removed here. */
  #summarize(to: bigint, differing: ReadonlySet<number>): void {
    const { store, config, isReady } = this.#table
    const isIn = ({ busId }: { busId: bigint }): boolean => differing.has(bucketOf(busId))
    const versions = partsOf([...store.all()].map(versionOf).filter(isIn))
    const tombstones = partsOf([...store.tombstones()].filter(isIn))
    const buckets = bucketBits(differing)
    const count = Math.max(versions.length, tombstones.length, 1)
    for (let part = 0; part < count; part++) {
      this.#table.send(to, {
        kind: 'summary',
        epoch: config.epoch,
        buckets,
        part: BigInt(part),
        last: part === count - 1,
        ready: isReady,
        versions: versions[part] ?? [],
        tombstones: tombstones[part] ?? [],
      })
    }
  }

  #repair(
    to: bigint,
    registrations: readonly Registration[],
    tombstones: readonly Tombstone[],
    answersPull = false,
  ): void {
    const parts = batchesOf(registrations)
    const dead = partsOf(tombstones)
    const count = Math.max(parts.length, dead.length, 1)
    for (let part = 0; part < count; part++) {
      this.#table.send(to, {
        kind: 'repair',
        registrations: parts[part] ?? [],
        tombstones: dead[part] ?? [],
        last: answersPull && part === count - 1,
      })
    }
  }

  #digest(isAnswer: boolean): Digest {
    const { store, isReady } = this.#table
    return { kind: 'digest', buckets: store.hash.bytes(), ready: isReady, isAnswer }
  }

  #becomeReady(): void {
    if (this.#table.isReady) return
    this.#table.isReady = true
    this.#table.tell({ kind: 'ready' })
    this.#table.push(this.#table.watchers.announceReady())
  }
}
