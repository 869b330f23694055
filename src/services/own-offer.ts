// What this process offers, as it stands now: changed piece by piece, said as a whole.

import { type LeaseKind, STATUS, type Status, type Wants } from '../directory/record.js'
import type { ServiceOffer, ServiceOfferList } from '../directory/shell/service-offer.js'
import { BusError } from '../errors.js'

export class OwnOffer {
  readonly #env: string
  wants: Partial<Wants>
  readonly #lease: LeaseKind
  #services: ServiceOffer[] = []

  constructor(env: string, wants: Partial<Wants> = {}, lease: LeaseKind = 'leased') {
    this.#env = env
    this.wants = wants
    this.#lease = lease
  }

  get list(): ServiceOfferList {
    return { services: this.#services, wants: this.wants, lease: this.#lease }
  }

  get isEmpty(): boolean {
    return this.#services.length === 0
  }

  add(service: ServiceOffer | string, instance: string): void {
    const offer = typeof service === 'string' ? { app: service } : service
    this.#services = [...this.#services, { instance, ...offer, env: this.#env }]
  }

  /** False where none of that type, and instance where one is given, was there. */
  remove(app: string, instance?: string): boolean {
    const before = this.#services.length
    this.#services = this.#services.filter((one) => !isMeant(one, app, instance))
    return this.#services.length < before
  }

  setStatus(status: Status): void {
    this.#services = this.#services.map((service) => ({ ...service, status }))
  }

  /** Of services of one type, or of all. False where that changes nothing. */
  setOverload(overload: readonly number[], app?: string): boolean {
    if (!overload.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new BusError('BAD_ARGUMENT', 'overload figures are whole numbers from 0 on')
    }
    let isNew = false
    this.#services = this.#services.map((service) => {
      if (app !== undefined && service.app !== app) return service
      if (String(service.overload ?? []) === String(overload)) return service
      isNew = true
      return { ...service, overload: [...overload] }
    })
    return isNew
  }

  withdrawAll(): void {
    this.#services = []
  }

  get isDraining(): boolean {
    return this.#services.some(({ status }) => status === STATUS.WAITING)
  }
}

function isMeant(service: ServiceOffer, app: string, instance: string | undefined): boolean {
  return service.app === app && (instance === undefined || service.instance === instance)
}
