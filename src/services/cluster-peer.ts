// One node of the cluster with what it offers: who it is, where, and a way to send to it.

import type { Registration, ServiceRecord } from '../directory/record.js'
import { SCHEDULE_APP } from './schedules.js'
import type { CallName } from './service-protocol.js'

/** Which address: within its network, or from outside. */
export const IP_KIND = { INNER: 0, OUTER: 1 } as const

export interface PeerSender {
  sendById(id: bigint, name: CallName, message?: unknown): boolean
}

/** A snapshot: what changes later does not show. */
export class ClusterPeer {
  readonly #sender: PeerSender
  readonly #registration: Registration
  readonly #record: ServiceRecord | undefined
  readonly id: bigint
  /** Of its first service; empty where it offers none. */
  readonly type: string

  /** @internal `app`: which of its services the peer stands for. Default: the first one. */
  constructor(sender: PeerSender, registration: Registration, app?: string) {
    const { node, records } = registration
    this.#sender = sender
    this.#registration = registration
    const isMeant = (one: ServiceRecord) => (app === undefined ? isService(one) : one.app === app)
    this.#record = records.find(isMeant)
    this.id = node.busId
    this.type = this.#record?.app ?? ''
  }

  /** One life of its process: 32 hexadecimal digits of a UUID; a restart has another. */
  get incarnation(): string {
    return this.#registration.node.incarnation
  }

  get version(): string {
    return this.#record?.version ?? ''
  }

  get zone(): string {
    return this.#registration.node.zone
  }

  get services(): readonly ServiceRecord[] {
    return this.#registration.records
  }

  /** Empty where the service does not say. Throws a RangeError for other kinds. */
  ip(kind: number): string {
    if (kind !== IP_KIND.INNER && kind !== IP_KIND.OUTER) {
      throw new RangeError(`${kind} is no kind of address: 0 is inner, 1 outer`)
    }
    return this.#record?.addrs[kind] ?? ''
  }

  /** Throws a RangeError where it has no such port. */
  port(index: number): number {
    return placeOf(this.#record?.ports, index, 'port')
  }

  /** Throws a RangeError where it has no such figure. */
  overload(index: number): number {
    return placeOf(this.#record?.overload, index, 'overload figure')
  }

  /** False where it is gone, or its connection is full. */
  sendMsg(name: CallName, message?: unknown): boolean {
    return this.#sender.sendById(this.id, name, message)
  }

  /** One line for people. */
  toString(): string {
    const ports = this.#record?.ports.join(',') ?? ''
    const id = `0x${this.id.toString(16)}`
    const addresses = `inner=${this.ip(IP_KIND.INNER)} outer=${this.ip(IP_KIND.OUTER)}`
    return `node id=${id} type=${this.type} ports=${ports} ${addresses}`
  }
}

function isService({ app }: ServiceRecord): boolean {
  return app !== SCHEDULE_APP
}

function placeOf(list: readonly number[] = [], index: number, what: string): number {
  const value = list[index]
  if (value === undefined) throw new RangeError(`there is no ${what} ${index} of ${list.length}`)
  return value
}
