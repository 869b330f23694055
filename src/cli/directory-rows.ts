// From what a directory says to what is printed.

import { formatId, type ServiceEntry, STATUS } from '../index.js'

export interface ServiceRow {
  readonly app: string
  readonly name: string
  readonly env: string
  readonly zone: string
  readonly instance: string
  /** The node that offers it. */
  readonly node: string
  readonly weight: number
  readonly status: 'up' | 'waiting'
  readonly version: string
  /** The overload figures it last published; the first one is what `leastLoad` chooses by. */
  readonly load: readonly number[]
  /** JSON text of an object. */
  readonly metadata: string
}

export function serviceRow({ node, record }: ServiceEntry): ServiceRow {
  const { app, name, env, zone, instance, weight, version, metadata, overload: load } = record
  const status = record.status === STATUS.UP ? 'up' : 'waiting'
  const place = { app, name, env, zone, instance, node: formatId(node) }
  return { ...place, weight, status, version, load, metadata }
}

/** By app, zone and node. */
export function serviceRows(entries: readonly ServiceEntry[]): ServiceRow[] {
  const keyOf = ({ app, zone, node, instance }: ServiceRow): string =>
    [app, zone, node.padStart(18), instance].join('/')
  return entries.map(serviceRow).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

export function renderService(row: ServiceRow): string {
  const { app, name, env, zone, instance, node, weight, status } = row
  const called = name === '' ? app : `${app} "${name}"`
  const state = status === 'up' ? '' : `, ${status}`
  return `${called} at ${node} (${env}/${zone}/${instance}, weight ${weight}${state})`
}
