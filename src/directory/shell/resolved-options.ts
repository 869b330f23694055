// The options of a directory with every default in place.

import { randomBytes } from 'node:crypto'
import type { BootstrapProvider } from '../../bootstrap/bootstrap-provider.js'
import { StaticProvider } from '../../bootstrap/static-provider.js'
import { parseId } from '../../core/bus-id.js'
import { BusError } from '../../errors.js'
import type { BusNode } from '../../node/bus-node.js'
import { hostIdentity } from '../../node/host-identity.js'
import { checkAddress } from '../../node/options.js'
import { CLIENT_TIMES, type ClientConfig } from '../client-config.js'
import type { Reach } from '../directory-effects.js'
import { type NodeInfo, REGISTRY_APP, type ServiceRecord } from '../record.js'
import { REGISTRY_LIMITS, REGISTRY_TIMES, type RegistryConfig } from '../registry-config.js'
import type { DirectoryOptions, RegistryOptions } from './directory-options.js'
import { ownAddresses } from './own-addresses.js'
import { type WholeOffer, wholeOffer } from './service-offer.js'

const ZONE_DEFAULT = 'default'

export interface ResolvedDirectory {
  readonly node: NodeInfo
  readonly client: ClientConfig
  /** Undefined: this node is no registry. */
  readonly registry: RegistryConfig | undefined
  readonly provider: BootstrapProvider | undefined
  readonly advertised: readonly string[]
  readonly offer: WholeOffer
}

/** Throws BAD_ARGUMENT naming the field that is wrong, or BAD_ADDRESS naming the address. */
export function resolveDirectory(node: BusNode, options: DirectoryOptions): ResolvedDirectory {
  const info = nodeInfoOf(node, options)
  const offer = wholeOffer(info, options.offer ?? { services: [] })
  const client: ClientConfig = {
    node: { ...info, wants: offer.wants },
    times: withDefaults('times', CLIENT_TIMES, options.times),
    reach: reachOf(node),
    chance: Math.random,
    mayBeRegistry: options.mayBeRegistry ?? (() => true),
    apps: options.apps ?? [],
  }
  return {
    node: info,
    client,
    registry: registryOf(client, options),
    provider: providerOf(options.registries),
    advertised: options.advertise === false ? [] : (options.advertise ?? info.addresses),
    offer,
  }
}

function nodeInfoOf(node: BusNode, options: DirectoryOptions): NodeInfo {
  const nobody = 'node: has no id to be listed by'
  if (node.id === 0n) throw new BusError('BAD_ARGUMENT', nobody)
  return {
    busId: node.id,
    incarnation: node.routes.incarnation(node.id) ?? '',
    hostId: hostIdentity(),
    pid: process.pid,
    zone: options.zone ?? ZONE_DEFAULT,
    group: options.group ?? '',
    roles: options.roles ?? [],
    addresses: ownAddresses(node.addresses),
    wants: { names: [], types: [] },
  }
}

/** What is only perhaps there counts: a node without a whole table sends upwards what it has. */
function reachOf(node: BusNode): Reach {
  return { has: (id) => node.routes.has(id) !== false }
}

function registryOf(client: ClientConfig, options: DirectoryOptions): RegistryConfig | undefined {
  const { registry = false, admins = [] } = options
  if (registry === false) return undefined
  const { times, limits }: RegistryOptions = registry === true ? {} : registry
  const { busId } = client.node
  const adminIds = new Set([busId, ...admins.map(parseId)])
  return {
    node: client.node,
    record: registryRecord(client.node),
    // Never 0, which says that nothing is known.
    epoch: randomBytes(8).readBigUInt64LE() | 1n,
    times: withDefaults('registry.times', REGISTRY_TIMES, times),
    limits: withDefaults('registry.limits', REGISTRY_LIMITS, limits),
    reach: client.reach,
    chance: client.chance,
    mayBeRegistry: client.mayBeRegistry,
    isAdmin: (id) => adminIds.has(id),
  }
}

function registryRecord(node: NodeInfo): ServiceRecord {
  const instance = node.busId.toString(16)
  const { records } = wholeOffer(node, { services: [{ app: REGISTRY_APP, instance }] })
  const [record] = records
  if (record === undefined) throw new BusError('BAD_ARGUMENT', 'registry: has no record')
  return record
}

function providerOf(registries: DirectoryOptions['registries']): BootstrapProvider | undefined {
  if (registries === undefined) return undefined
  if ('read' in registries) return registries
  for (const address of registries) checkAddress(address)
  return new StaticProvider(registries)
}

function withDefaults<T extends object>(what: string, defaults: T, given: Partial<T> = {}): T {
  const merged: T = { ...defaults, ...given }
  for (const [name, value] of Object.entries(merged)) {
    const isLawful = typeof value === 'number' && Number.isFinite(value) && value >= 0
    if (!isLawful) throw new BusError('BAD_ARGUMENT', `${what}.${name} is no lawful number`)
  }
  return merged
}
