// The registry's own entry: it is a service of its own directory, and keeps itself listed (M7).

import { versionOf } from './answers.js'
import type { Moment } from './moment.js'
import { type Peers, putOf } from './peers.js'
import type { Registration, ServiceRecord, Wants } from './record.js'
import type { RegistryTable } from './registry-table.js'
import { REMOVAL, type Tombstone } from './tombstone.js'

export class SelfRegistration {
  readonly #table: RegistryTable
  readonly #peers: Peers
  /** What this process offers beside the registry. */
  #records: readonly ServiceRecord[] = []
  #wants: Wants
  #registeredAt = 0n
  #renewAtMs = 0
  #isOn = true

  constructor(table: RegistryTable, peers: Peers) {
    this.#table = table
    this.#peers = peers
    this.#wants = table.config.node.wants
  }

  get nextDueMs(): number {
    return this.#isOn ? this.#renewAtMs : Number.POSITIVE_INFINITY
  }

  offer(records: readonly ServiceRecord[], wants: Wants, moment: Moment): void {
    this.#records = records
    this.#wants = wants
    this.register(moment)
  }

  /** A version above all that stand or are buried. */
  register(moment: Moment): void {
    if (!this.#isOn) return
    const registration = this.#compose(moment)
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
    if (!isOurs) this.register(moment)
  }

  tick(moment: Moment): void {
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

  #compose({ wallMs }: Moment): Registration {
    const { store, selfId, clock, config } = this.#table
    const stamps = store.tombstonesOf(selfId).map(({ stamp }) => stamp.time)
    const standing = store.get(selfId)
    if (standing !== undefined) stamps.push(standing.stamp.time)
    const floor = stamps.reduce((a, b) => (a < b ? b : a), 0n)
    const time = clock.nextAfter(wallMs, floor)
    if (this.#registeredAt === 0n) this.#registeredAt = time
    return {
      node: { ...config.node, wants: this.#wants },
      records: [config.record, ...this.#records],
      lease: 'leased',
      stamp: { time, by: selfId },
      registeredAt: this.#registeredAt,
      upAt: this.#registeredAt,
    }
  }
}
