// The registry's own entry: it is a service of its own directory, and keeps itself listed (M7).

import { versionOf } from './answers.js'
import type { RenewAnswer } from './directory-messages.js'
import { compareStamps } from './hlc.js'
import type { Moment } from './moment.js'
import { type Peers, putOf } from './peers.js'
import type { Registration, ServiceRecord, Wants } from './record.js'
import { checkRegistration } from './record-check.js'
import type { RegistryTable } from './registry-table.js'
import { RESULT, type Refusal } from './result-code.js'
import { REMOVAL, type Tombstone } from './tombstone.js'

export class SelfRegistration {
  readonly #table: RegistryTable
  readonly #peers: Peers
  /** What this process offers beside the registry, as it was let in. */
  #records: readonly ServiceRecord[] = []
  #wants: Wants
  /** What it is to offer; tried again where it clashed. */
  #wished: { readonly records: readonly ServiceRecord[]; readonly wants: Wants } | undefined
  #retryAtMs = Number.POSITIVE_INFINITY
  #registeredAt = 0n
  #renewAtMs = 0
  #isOn = true

  constructor(table: RegistryTable, peers: Peers) {
    this.#table = table
    this.#peers = peers
    this.#wants = table.config.node.wants
  }

  get nextDueMs(): number {
    return this.#isOn ? Math.min(this.#renewAtMs, this.#retryAtMs) : Number.POSITIVE_INFINITY
  }

  offer(records: readonly ServiceRecord[], wants: Wants, moment: Moment): void {
    this.#wished = { records, wants }
    this.#offerWished(moment)
  }

  /** Refused whole, as for every other node; what was offered before stands. */
  #offerWished(moment: Moment): void {
    this.#retryAtMs = Number.POSITIVE_INFINITY
    const { store, selfId, config } = this.#table
    if (this.#wished === undefined || !this.#isOn) return
    const { records, wants } = this.#wished
    const registration = this.#compose(moment, records, wants)
    const clash = store.clashes(registration)[0]
    const refusal = checkRegistration(registration) ?? refusalOf(clash?.claim)
    if (refusal === undefined) {
      this.#records = records
      this.#wants = wants
      this.register(moment)
      return
    }
    const holder = clash?.holder.node.busId ?? 0n
    this.#table.tell({ kind: 'refused', busId: selfId, refusal, holder })
    this.#retryAtMs = moment.nowMs + config.times.conflictRetryMs
  }

  /** Another registry knows no version of this one that still counts. */
  renewAnswer({ code, newest }: RenewAnswer, moment: Moment): void {
    const standing = this.#table.store.get(this.#table.selfId)
    if (code !== RESULT.NOT_FOUND || standing === undefined) return
    if (compareStamps(newest, standing.stamp) >= 0) this.register(moment, newest.time)
  }

  /** A version above all that stand or are buried. */
  register(moment: Moment, floor = 0n): void {
    if (!this.#isOn) return
    const registration = this.#compose(moment, this.#records, this.#wants, floor)
    this.#table.place(registration, moment)
    this.#peers.spreadFromSource(putOf(registration), [])
    this.#renewAtMs = moment.nowMs + this.#table.config.times.renewMs
  }

  /** Others may have evicted it, or know an earlier life of this registry. */
  ensure(moment: Moment): void {
    const { store, selfId, config } = this.#table
    if (store.isRetired(selfId, config.node.incarnation)) this.#isOn = false
    const standing = store.get(selfId)
    const isOurs = standing?.node.incarnation === config.node.incarnation
    const floor = this.#table.selfDeadUntil
    this.#table.selfDeadUntil = undefined
    if (isOurs && floor === undefined) return
    this.#yield(moment)
    this.register(moment, floor)
  }

  /** What lost a clash is taken back; the registry itself stays listed. */
  #yield({ nowMs }: Moment): void {
    const { store, selfId, config } = this.#table
    const buried = store.tombstonesOf(selfId).find((tombstone) => {
      return tombstone.incarnation === config.node.incarnation
    })
    if (buried?.reason !== REMOVAL.CONFLICT) return
    this.#records = []
    this.#retryAtMs = nowMs + config.times.conflictRetryMs
  }

  tick(moment: Moment): void {
    if (moment.nowMs >= this.#retryAtMs) this.#offerWished(moment)
    if (!this.#isOn || moment.nowMs < this.#renewAtMs) return
    this.ensure(moment)
    const { store, selfId, leases, config } = this.#table
    const standing = store.get(selfId)
    this.#renewAtMs = moment.nowMs + config.times.renewMs
    if (standing === undefined) return
    leases.renew(selfId, moment.nowMs)
    this.#peers.spreadFromSource({ kind: 'renew', version: versionOf(standing) }, [])
  }

  cancel(moment: Moment): void {
    this.#isOn = false
    const { selfId, clock, store, config } = this.#table
    const standing = store.get(selfId)
    if (standing === undefined) return
    const time = clock.nextAfter(moment.wallMs, standing.stamp.time)
    const { incarnation } = config.node
    const stamp = { time, by: selfId }
    const tombstone: Tombstone = { busId: selfId, incarnation, stamp, reason: REMOVAL.CANCEL }
    this.#table.bury(tombstone, moment)
    this.#peers.spreadFromSource({ kind: 'remove', tombstone }, [])
  }

  #compose(
    { wallMs }: Moment,
    records: readonly ServiceRecord[],
    wants: Wants,
    least = 0n,
  ): Registration {
    const { store, selfId, clock, config } = this.#table
    const stamps = store.tombstonesOf(selfId).map(({ stamp }) => stamp.time)
    const standing = store.get(selfId)
    if (standing !== undefined) stamps.push(standing.stamp.time)
    const floor = stamps.reduce((a, b) => (a < b ? b : a), least)
    const time = clock.nextAfter(wallMs, floor)
    if (this.#registeredAt === 0n) this.#registeredAt = time
    return {
      node: { ...config.node, wants },
      records: [config.record, ...records],
      lease: 'leased',
      stamp: { time, by: selfId },
      registeredAt: this.#registeredAt,
      upAt: this.#registeredAt,
    }
  }
}

function refusalOf(claim: string | undefined): Refusal | undefined {
  if (claim === undefined) return undefined
  return { code: RESULT.ID_CONFLICT, what: claim, says: 'is held by another node' }
}
