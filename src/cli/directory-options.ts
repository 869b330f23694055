// From what the user gave to the options of a directory.

import {
  type BootstrapProvider,
  type DirectoryOptions,
  EtcdProvider,
  FileProvider,
  RedisProvider,
} from '../index.js'
import { checkAddress } from '../node/options.js'
import { readNodeId, UsageError } from './exit-code.js'
import type { Given } from './given.js'
import { duration, inWordsOfUser, present } from './node-options.js'
import { parseCount } from './quantities.js'
import type { SettingName } from './settings.js'

const WEIGHT_MAX = 2 ** 32 - 1

/** A node that is given none of these has nothing to do with a directory. */
const ASKING: readonly SettingName[] = ['zone', 'registry', 'bootstrap', 'service', 'want']

/** Undefined where nobody asked for a directory. */
export function runDirectory(given: Given, isRegistry: boolean): DirectoryOptions | undefined {
  if (!isRegistry && ASKING.every((name) => given.get(name) === undefined)) return undefined
  const warmUpMs = duration(given, 'warmUp')
  const times = warmUpMs === undefined ? {} : { times: { warmUpMs } }
  const from = given.get('admin')?.from ?? ''
  return {
    ...present({ zone: zoneOf(given), registries: registriesOf(given) }),
    offer: { services: servicesOf(given), wants: { types: given.texts('want') } },
    registry: isRegistry ? times : false,
    admins: given.texts('admin').map((text) => readNodeId(text, from)),
  }
}

/** Who only looks is listed nowhere. */
export function visitorDirectory(given: Given): DirectoryOptions {
  return { ...present({ zone: zoneOf(given), registries: registriesOf(given) }), register: false }
}

function zoneOf(given: Given): string | undefined {
  return given.read('zone', (text) => (text === '' ? undefined : text), 'a name')
}

function registriesOf(given: Given): readonly string[] | BootstrapProvider | undefined {
  const bootstrap = given.get('bootstrap')
  const addresses = given.texts('registry')
  try {
    addresses.forEach(checkAddress)
  } catch (error) {
    throw inWordsOfUser(error, given)
  }
  if (bootstrap === undefined) return addresses.length > 0 ? addresses : undefined
  if (addresses.length > 0) {
    throw new UsageError(`${bootstrap.from}: goes with no --registry, as both say where they are`)
  }
  const [source = ''] = bootstrap.texts
  return providerOf(source, bootstrap.from)
}

function providerOf(source: string, from: string): BootstrapProvider {
  const [, kind, rest = ''] = /^(file|rediss?|etcd):(.+)$/.exec(source) ?? []
  if (kind === 'file') return new FileProvider(rest)
  if (kind === 'redis' || kind === 'rediss') return new RedisProvider({ client: source })
  // etcd:http://10.0.0.1:2379,http://10.0.0.2:2379
  if (kind === 'etcd') return new EtcdProvider({ endpoints: rest.split(',') })
  throw new UsageError(`${from} ${source}: not file:PATH, redis://HOST:PORT or etcd:URL,URL`)
}

function servicesOf(given: Given) {
  const from = given.get('service')?.from ?? ''
  const weight = given.read('weight', parseWeight, `a whole number from 0 to ${WEIGHT_MAX}`)
  const metadata = given.read('metadata', parseObject, 'the JSON of an object')
  return given.texts('service').map((text) => {
    const [app = '', name = '', ...rest] = text.split(':')
    if (app === '' || rest.length > 0) throw new UsageError(`${from} ${text}: not APP or APP:NAME`)
    return { app, name, ...present({ weight, metadata }) }
  })
}

function parseWeight(text: string): number | undefined {
  const weight = parseCount(text)
  return weight !== undefined && weight >= 0 && weight <= WEIGHT_MAX ? weight : undefined
}

/** The text itself where it is one. */
function parseObject(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : undefined
  } catch {
    return undefined
  }
}
