// What users say of their services, and the whole records that are made of it.

import { BusError } from '../../errors.js'
import type { LeaseKind, NodeInfo, ServiceRecord, Wants } from '../record.js'
import { STATUS, WEIGHT_DEFAULT } from '../record.js'
import { checkRegistration } from '../record-check.js'

/** Every field but the app has a default. */
export interface ServiceOffer {
  /** What kind of service it is: who looks for one looks for this. */
  readonly app: string
  /** Default `default`. */
  readonly env?: string
  /** Default: the zone of the directory. */
  readonly zone?: string
  /** Tells services of one app apart in their zone. Default: the id of the node and a number. */
  readonly instance?: string
  /** Unique in its env; 0, the default: none. */
  readonly serviceId?: number
  /** Unique in its env; empty, the default: none. */
  readonly name?: string
  /** Where it is reached beside the bus. Default: nowhere. */
  readonly addrs?: readonly string[]
  readonly ports?: readonly number[]
  readonly version?: string
  readonly color?: string
  readonly cluster?: string
  /** Its share where one of several is picked. Default 10. */
  readonly weight?: number
  /** An object, or its JSON text of 4,096 characters at most. Default `{}`. */
  readonly metadata?: string | Readonly<Record<string, unknown>>
  /** `STATUS.UP` (default), or `STATUS.WAITING`: listed, but not to be picked. */
  readonly status?: ServiceRecord['status']
  readonly adminState?: string
  readonly overload?: readonly number[]
  readonly capacity?: { readonly total: number; readonly used: number }
}

export interface ServiceOfferList {
  readonly services: readonly ServiceOffer[]
  /** Links to who offers these are opened ahead of need. Default: none. */
  readonly wants?: Partial<Wants>
  /** `leased` (default) ends 90 s after the node's last sign, `static` only by word. */
  readonly lease?: LeaseKind
}

export interface WholeOffer {
  readonly records: readonly ServiceRecord[]
  readonly wants: Wants
  readonly lease: LeaseKind
}

/** Throws BAD_ARGUMENT naming the field that is wrong. */
export function wholeOffer(node: NodeInfo, offer: ServiceOfferList): WholeOffer {
  const records = offer.services.map((service, index) => recordOf(node, service, index))
  const { names = [], types = [] } = offer.wants ?? {}
  const wants = { names, types }
  const { lease = 'leased' } = offer
  const refusal = checkRegistration({
    node: { ...node, wants },
    records,
    lease,
    stamp: { time: 0n, by: node.busId },
    registeredAt: 0n,
    upAt: 0n,
  })
  if (refusal !== undefined) throw new BusError('BAD_ARGUMENT', `${refusal.what} ${refusal.says}`)
  return { records, wants, lease }
}

function recordOf(node: NodeInfo, offer: ServiceOffer, index: number): ServiceRecord {
  const { metadata = '{}' } = offer
  return {
    env: 'default',
    zone: node.zone,
    instance: `${node.busId.toString(16)}-${index}`,
    serviceId: 0,
    name: '',
    addrs: [],
    ports: [],
    version: '',
    color: '',
    cluster: '',
    weight: WEIGHT_DEFAULT,
    status: STATUS.UP,
    adminState: '',
    overload: [],
    capacity: { total: 0, used: 0 },
    ...definedOf(offer),
    metadata: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  }
}

/** Without what is named but undefined, which would hide a default. */
function definedOf(offer: ServiceOffer): ServiceOffer {
  const entries = Object.entries(offer).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as unknown as ServiceOffer
}
