// What a node says of itself and its services: the fields, their keys and their limits.

import { compareStamps, type Stamp } from './hlc.js'

export const STATUS = { UP: 1, WAITING: 2 } as const
export type Status = (typeof STATUS)[keyof typeof STATUS]

/** `leased` ends with its lease, `static` only by cancel or retire (services.md R1). */
export type LeaseKind = 'leased' | 'static'

/** The app under which registries are services like any other (services.md M7). */
export const REGISTRY_APP = 'registry'
export const WEIGHT_DEFAULT = 10

export interface Wants {
  readonly names: readonly string[]
  /** Apps, or `*` for every one. */
  readonly types: readonly string[]
}

export interface NodeInfo {
  readonly busId: bigint
  /** One life of the process: 32 hexadecimal digits. */
  readonly incarnation: string
  readonly hostId: string
  readonly pid: number
  readonly zone: string
  readonly group: string
  readonly roles: readonly string[]
  readonly addresses: readonly string[]
  readonly wants: Wants
}

/** One service. Its key is env, app, zone and instance. */
export interface ServiceRecord {
  readonly env: string
  readonly app: string
  readonly zone: string
  readonly instance: string
  /** 0: none. Unique in its env, as is a name that is not empty. */
  readonly serviceId: number
  readonly name: string
  readonly addrs: readonly string[]
  readonly ports: readonly number[]
  readonly version: string
  readonly color: string
  readonly cluster: string
  readonly weight: number
  /** JSON text of one object. */
  readonly metadata: string
  readonly status: Status
  readonly adminState: string
  readonly overload: readonly number[]
  readonly capacity: { readonly total: number; readonly used: number }
}

/**
 * Everything one node registers, as one value with one version: a change of any part replaces the
 * whole, so no table ever shows half of it.
 */
export interface Registration {
  readonly node: NodeInfo
  readonly records: readonly ServiceRecord[]
  readonly lease: LeaseKind
  readonly stamp: Stamp
  /** The stamp time of this incarnation's first registration: decides clashes (R4). */
  readonly registeredAt: bigint
  /** The stamp time since which its status is what it is. */
  readonly upAt: bigint
}

/** The limits of what is stored; the codec counts by the same ones before it decodes. */
export const RECORD_LIMITS = {
  textCharsMax: 128,
  addressCharsMax: 256,
  metadataCharsMax: 4096,
  addressCountMax: 16,
  overloadCountMax: 8,
  roleCountMax: 8,
  wantCountMax: 64,
  recordCountMax: 256,
  incarnationBytes: 16,
} as const

/** The four hold no slashes, so this names one record only. */
export function recordKey({ env, app, zone, instance }: ServiceRecord): string {
  return `${env}/${app}/${zone}/${instance}`
}

/** What must be unique in the whole directory, as texts: keys, ids and names of one record. */
export function claimsOf(record: ServiceRecord): string[] {
  const claims = [`key:${recordKey(record)}`]
  if (record.serviceId !== 0) claims.push(`id:${record.env}/${record.serviceId}`)
  if (record.name !== '') claims.push(`name:${record.env}/${record.name}`)
  return claims
}

/** Below zero where `a` is the older version of the same node. */
export function compareVersions(a: Registration, b: Registration): number {
  const byStamp = compareStamps(a.stamp, b.stamp)
  if (byStamp !== 0 || a.node.incarnation === b.node.incarnation) return byStamp
  return a.node.incarnation < b.node.incarnation ? -1 : 1
}

export function isRegistry(registration: Registration): boolean {
  return registration.records.some((record) => record.app === REGISTRY_APP)
}

/** Whether somebody with these wants is interested in what the registration offers. */
export function isWanted(wants: Wants, registration: Registration): boolean {
  if (wants.types.length === 0 && wants.names.length === 0) return false
  return registration.records.some(
    ({ app, name }) =>
      wants.types.includes('*') ||
      wants.types.includes(app) ||
      (name !== '' && wants.names.includes(name)),
  )
}
