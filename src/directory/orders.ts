// What administrators and owners order of records that stand: new status or metadata, retirement.

import { answer } from './answers.js'
import type { Change, Retire } from './directory-messages.js'
import type { Moment } from './moment.js'
import { type Peers, putOf } from './peers.js'
import type { Registration, ServiceRecord, Status } from './record.js'
import { metadataComplaint, statusComplaint } from './record-check.js'
import type { RegistryTable } from './registry-table.js'
import { RESULT, type Refusal } from './result-code.js'
import { REMOVAL } from './tombstone.js'

export class Orders {
  readonly #table: RegistryTable
  readonly #peers: Peers

  constructor(table: RegistryTable, peers: Peers) {
    this.#table = table
    this.#peers = peers
  }

  /** All of it or nothing: one unknown instance or unlawful value changes nobody. */
  change(from: bigint, order: Change, moment: Moment): void {
    const refusal = unlawful(order)
    const found = refusal ?? this.#find(from, order)
    if (!Array.isArray(found)) {
      const { code, what, says } = found as Refusal
      this.#table.send(from, answer(order.request, code, what, says))
      return
    }
    for (const registration of found) this.#apply(registration, order, moment)
    this.#table.send(from, answer(order.request, RESULT.OK))
  }

  retire(from: bigint, { request, busId }: Retire, moment: Moment): void {
    const { config, store, clock, selfId } = this.#table
    if (!config.isAdmin(from)) {
      this.#table.send(from, answer(request, RESULT.FORBIDDEN, 'busId', 'admins only'))
      return
    }
    const standing = store.get(busId)
    if (standing === undefined) {
      this.#table.send(from, answer(request, RESULT.NOT_FOUND, 'busId', 'is not listed'))
      return
    }
    const time = clock.nextAfter(moment.wallMs, standing.stamp.time)
    const { incarnation } = standing.node
    const stamp = { time, by: selfId }
    const tombstone = { busId, incarnation, stamp, reason: REMOVAL.RETIRE }
    this.#table.bury(tombstone, moment)
    this.#peers.spreadFromSource({ kind: 'remove', tombstone }, [])
    this.#table.send(from, answer(request, RESULT.OK))
  }

  /** The registrations that hold the named records, or why there is no lawful answer. */
  #find(from: bigint, order: Change): Registration[] | Refusal {
    const found = new Set<Registration>()
    const mayAll = this.#table.config.isAdmin(from)
    for (const instance of order.instances) {
      const holder = this.#holderOf(order, instance)
      if (holder === undefined) {
        return { code: RESULT.BAD_REQUEST, what: `instances:${instance}`, says: 'is not listed' }
      }
      if (!mayAll && holder.node.busId !== from) {
        return { code: RESULT.FORBIDDEN, what: `instances:${instance}`, says: 'is not yours' }
      }
      found.add(holder)
    }
    return [...found]
  }

  #holderOf(order: Change, instance: string): Registration | undefined {
    const { env, app, zone } = order
    return this.#table.store.holderOfKey(`${env}/${app}/${zone}/${instance}`)
  }

  #apply(registration: Registration, order: Change, moment: Moment): void {
    const { clock, selfId } = this.#table
    const time = clock.nextAfter(moment.wallMs, registration.stamp.time)
    const records = registration.records.map((record) => changed(record, order))
    const isTurned = records.some(({ status }, at) => status !== registration.records[at]?.status)
    const version: Registration = {
      ...registration,
      records,
      stamp: { time, by: selfId },
      upAt: isTurned ? time : registration.upAt,
    }
    this.#table.place(version, moment)
    this.#peers.spreadFromSource(putOf(version), [])
  }
}

function changed(record: ServiceRecord, order: Change): ServiceRecord {
  const { env, app, zone, instances, statuses, metadata } = order
  if (record.env !== env || record.app !== app || record.zone !== zone) return record
  const at = instances.indexOf(record.instance)
  if (at < 0) return record
  return {
    ...record,
    status: (statuses[at] ?? record.status) as Status,
    metadata: metadata[at] ?? record.metadata,
  }
}

function unlawful({ instances, statuses, metadata }: Change): Refusal | undefined {
  const refuse = (what: string, says: string): Refusal => {
    return { code: RESULT.BAD_REQUEST, what, says }
  }
  if (instances.length === 0) return refuse('instances', 'are missing')
  for (const [what, list] of Object.entries({ statuses, metadata })) {
    if (list.length > 0 && list.length !== instances.length) {
      return refuse(what, 'are not as many as the instances')
    }
  }
  const status = statuses.map(statusComplaint).find((says) => says !== undefined)
  if (status !== undefined) return refuse('statuses', status)
  const text = metadata.map(metadataComplaint).find((says) => says !== undefined)
  return text === undefined ? undefined : refuse('metadata', text)
}
