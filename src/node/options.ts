// What a node can be told at its start, checked before anything is opened.

import { isLoopback, parseAddress } from '../channel/address.js'
import { channelFor } from '../channel/channels.js'
import { loadAddon } from '../channel/native.js'
import { DEFAULT_RING_OPTIONS } from '../channel/ring-channel.js'
import { type BusIdLike, parseId } from '../core/bus-id.js'
import type { CoreConfig, CoreLimits, SecurityRules } from '../core/config.js'
import { DEFAULT_LIMITS, DEFAULT_SECURITY } from '../core/config.js'
import { DEFAULT_RETRY, type RetryPolicy } from '../core/parent-dialler.js'
import { BusError } from '../errors.js'
import { ACCESS_TOKENS_MAX } from '../wire/access.js'
import { CIPHER_NAMES, type CipherName } from '../wire/ciphers.js'
import { COMPRESSION_NAMES, type CompressionName } from '../wire/compression.js'
import { CURVE_NAMES, type CurveName } from '../wire/key-exchange.js'
import { DETAIL } from '../wire/route-messages.js'
import { hostIdentity, newHashCode, newIncarnation } from './host-identity.js'
import { hostMark } from './host-mark.js'
import type { BusLogger } from './logger.js'
import { nodePrimitives } from './primitives.js'
import { grantsOf, type SubnetGrant } from './subnets.js'

/** One entry of the topology: `id` is a child of `parent` (spec D.1). */
export interface TopologyEntry {
  readonly id: BusIdLike
  readonly parent: BusIdLike
  readonly labels?: Readonly<Record<string, string>>
}

export interface BusNodeOptions {
  /**
   * This node's id: 64 bits, unique in the tree, not 0. With id 0 the node is a temporary one: it
   * can run custom commands at its parent, and nothing else.
   */
  readonly id: BusIdLike
  /** Addresses to listen on; port 0 takes a free one. Default: none. */
  readonly listen?: readonly string[]
  /** The parent's address, or several that are tried in turn. Default: this node is a root. */
  readonly parent?: string | readonly string[]
  /** Shared secrets, at most 5; two nodes need one in common. Default: none. */
  readonly tokens?: readonly (string | Uint8Array)[]
  /** Default `none`: links are in clear. Costs some µs a message and link. */
  readonly keyExchange?: CurveName | 'none'
  /** Accepted ciphers, best first. Default: aes-256-gcm, chacha20-poly1305-ietf, aes-128-gcm. */
  readonly ciphers?: readonly CipherName[]
  /** `required` refuses links that would stay in clear. Default `optional`. */
  readonly encryption?: 'optional' | 'required'
  /** Accepted compressions; they are also used. Default: none, since they cost far more CPU. */
  readonly compression?: readonly CompressionName[]
  /** `refuse` admits treebus nodes only. Default `accept`: libatbus nodes are welcome. */
  readonly plainPeers?: 'accept' | 'refuse'
  /** Allows a listener beyond loopback without a token. Default false. */
  readonly allowOpenListener?: boolean
  /** Tolerance for the clocks of who registers, in seconds; 0 is no check. Default 300. */
  readonly clockSkewSeconds?: number
  /** Silence after which a link is pinged; it ends after three times that. Default 8,000 ms. */
  readonly pingIntervalMs?: number
  /** Age at which keys are renewed; 0 never. Default 3 hours. */
  readonly keyRefreshMs?: number
  /** Nodes a message may pass. Default 16. */
  readonly ttl?: number
  /** Payload of one message. Default 2 MiB; a libatbus peer must be told the same. */
  readonly messageBytesMax?: number
  /** Bytes that may wait to be written to one connection before `send` says `full`. 8 MiB. */
  readonly sendBufferBytesMax?: number
  /** `give_up` ends the node when the first attempt fails, as libatbus does. Default `retry`. */
  readonly firstConnection?: 'retry' | 'give_up'
  /** How to come back to a lost parent. */
  readonly retry?: Partial<RetryPolicy>
  /** Rarely needed bounds; see `CoreLimits`. */
  readonly limits?: Partial<CoreLimits>
  /** Nodes that this one is told of, so that it can route to them. Default: none. */
  readonly topology?: readonly TopologyEntry[]
  /** Any pino-shaped logger. Default: silent. */
  readonly logger?: BusLogger
  /** Overrides the name by which nodes know that they share a host. */
  readonly hostIdentity?: string
  /**
   * Opens a direct link to a sibling when a parent sees that the two talk; it is closed again when
   * it is idle for a minute. False: messages between children always pass their parent. Default
   * true.
   */
  readonly siblings?: boolean
  /**
   * With several parent addresses: `one` keeps a link to one of them and goes on to the next when
   * it is gone; `all` attaches to every one at once, so that the loss of one changes nothing for
   * whom another vouches for. Default `one`.
   */
  readonly parentMode?: 'one' | 'all'
  /**
   * What children may announce below them: one that announces other ids is refused each, and loses
   * its link for the third in ten seconds. To a subscriber with `routeDetail: 'subnets'` the ranges
   * stand for the ids in them. Those of two children may not overlap. A child that is not named may
   * announce every id. Default: none is named.
   */
  readonly grants?: readonly SubnetGrant[]
  /**
   * `auto`: links to nodes of our kind on this host, of the same user, move to shared memory, and
   * stay on their socket where that cannot be. `off`: none does. Default `auto`.
   */
  readonly sharedMemory?: 'auto' | 'off'
  /**
   * Bytes of each of the two rings of such a link, a power of two from 4,096 to 67,108,864; they
   * are taken for as long as it lives. Less slows down messages of 16 KiB and more. Default
   * 524,288.
   */
  readonly sharedMemoryBytes?: number
  /**
   * Microseconds, 0 to 1,000,000, for which this node's thread looks for more from such a link
   * after the last byte, before it sleeps. Some tens of them save an answer that comes within that
   * time its wake-up of 20 to 60 µs, and take the processor for as long after each burst; where
   * processes share few cores, they take it from each other. Both ends wait, so both gain by it.
   * Default 0: it sleeps at once.
   */
  readonly sharedMemorySpinMicros?: number
  /** False: speak as a plain libatbus node does. Default true. */
  readonly announce?: boolean
  /**
   * How much of the routing table above this node it wants to hold: every node, ranges of ids, or
   * nothing, which costs no memory; what it does not know it then sends upwards. Default `nodes`.
   */
  readonly routeDetail?: 'nodes' | 'subnets' | 'none'
  /**
   * For tests and development: shows who uses a `batch` behind its handler. Its payloads then have
   * a length of 0. Costs a copy of each payload that is looked at. Default false.
   */
  readonly debug?: boolean
}

export interface ResolvedOptions {
  readonly core: CoreConfig
  readonly listen: readonly string[]
  readonly sendBufferBytesMax: number
  /** Of each ring of a link that moves to shared memory. */
  readonly ringBytes: number
  readonly spinMicros: number
  readonly topology: readonly TopologyEntry[]
  readonly logger: BusLogger | undefined
  readonly debug: boolean
}

const FIRST = ['retry', 'give_up'] as const
const ENCRYPTION = ['optional', 'required'] as const
const PARENT_MODES = ['one', 'all'] as const
const SHARED_MEMORY = ['auto', 'off'] as const
const DETAILS = ['nodes', 'subnets', 'none'] as const
const PLAIN_PEERS = ['accept', 'refuse'] as const

/** Throws BAD_CONFIGURATION, or the code of the value at fault, naming that value. */
export function resolveOptions(options: BusNodeOptions): ResolvedOptions {
  const id = parseId(options.id)
  const parents = listOf(options.parent)
  const listen = listOf(options.listen)
  for (const address of [...parents, ...listen]) checkAddress(address)
  if (id === 0n && listen.length > 0) bad('id 0 is a temporary node: it cannot listen')
  if (id === 0n && parents.length === 0) bad('id 0 is a temporary node: it needs a parent')
  const tokens = tokenBytesOf(options.tokens ?? [])
  if (tokens.length === 0 && options.allowOpenListener !== true) refuseOpen(listen)
  const limits = limitsOf(options)
  const sendBufferBytesMax = options.sendBufferBytesMax ?? 8 * 1024 * 1024
  checkRange('sendBufferBytesMax', sendBufferBytesMax, limits.messageBytesMax + 8_192, 2 ** 31)
  const sharedMemory = oneOf('sharedMemory', options.sharedMemory ?? 'auto', SHARED_MEMORY)
  const ringBytes = ringBytesOf(options.sharedMemoryBytes)
  const spinMicros = options.sharedMemorySpinMicros ?? DEFAULT_RING_OPTIONS.spinMicros
  checkRange('sharedMemorySpinMicros', spinMicros, 0, 1_000_000)
  const core: CoreConfig = {
    id,
    hostMark: hostMarkFor(sharedMemory, options.announce ?? true),
    parents,
    parentMode: oneOf('parentMode', options.parentMode ?? 'one', PARENT_MODES),
    tokens,
    limits,
    incarnation: newIncarnation(),
    pid: process.pid,
    hostname: options.hostIdentity ?? hostIdentity(),
    hashCode: newHashCode(),
    security: securityOf(options),
    retry: retryOf(options),
    firstConnection: oneOf('firstConnection', options.firstConnection ?? 'retry', FIRST),
    compressions: namesOf('compression', options.compression ?? [], COMPRESSION_NAMES),
    announce: options.announce ?? true,
    siblings: options.siblings ?? true,
    grants: grantsOf(options.grants ?? []),
    routeDetail: DETAIL[oneOf('routeDetail', options.routeDetail ?? 'nodes', DETAILS)],
  }
  const topology = options.topology ?? []
  const { logger, debug = false } = options
  const carriers = { sendBufferBytesMax, ringBytes, spinMicros }
  return { core, listen, ...carriers, topology, logger, debug }
}

/** The sizes that the addon takes, known also where there is none. */
function ringBytesOf(bytes = DEFAULT_RING_OPTIONS.ringBytes): number {
  checkRange('sharedMemoryBytes', bytes, 4_096, 2 ** 26)
  if (!Number.isInteger(Math.log2(bytes))) bad(`sharedMemoryBytes: ${bytes} is no power of two`)
  return bytes
}

/** Whoever speaks plainly cannot announce it. */
function hostMarkFor(sharedMemory: 'auto' | 'off', announce: boolean): Uint8Array | undefined {
  const isPossible = announce && typeof loadAddon() !== 'string'
  return sharedMemory === 'auto' && isPossible ? hostMark() : undefined
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** Throws BAD_ADDRESS for what no node can dial or listen at. */
export function checkAddress(address: string): void {
  if (parseAddress(address) !== undefined && channelFor(address) !== undefined) return
  throw new BusError(
    'BAD_ADDRESS',
    `${address.slice(0, 200)}: expected tcp://HOST:PORT, \
ipv4://, ipv6://, atcp://, dns://, unix://PATH, pipe://, ring://NAME or inproc://NAME`,
  )
}

/** Whoever can connect to a node without tokens is a member of its tree (robustness 3B). */
function refuseOpen(listen: readonly string[]): void {
  for (const address of listen) {
    const parsed = parseAddress(address)
    if (parsed === undefined || isLoopback(parsed)) continue
    throw new BusError(
      'OPEN_LISTENER',
      `${address} is reachable from other hosts and no token is \
set: give a token, listen on 127.0.0.1, or allow it (allowOpenListener)`,
    )
  }
}

/** Throws BAD_CONFIGURATION for an empty token and for more than 5. */
export function tokenBytesOf(tokens: readonly (string | Uint8Array)[]): Uint8Array[] {
  if (tokens.length > ACCESS_TOKENS_MAX)
    bad(`${tokens.length} tokens; ${ACCESS_TOKENS_MAX} at most`)
  return tokens.map((token) => {
    const bytes =
      typeof token === 'string' ? new TextEncoder().encode(token) : Uint8Array.from(token)
    return bytes.length > 0 ? bytes : bad('a token is empty')
  })
}

function securityOf(options: BusNodeOptions): SecurityRules {
  const keyExchange = options.keyExchange ?? 'none'
  if (keyExchange !== 'none') namesOf('keyExchange', [keyExchange], CURVE_NAMES)
  const wanted = namesOf('ciphers', options.ciphers ?? DEFAULT_SECURITY.ciphers, CIPHER_NAMES)
  const ciphers = wanted.filter((name) => nodePrimitives.ciphers.has(name))
  if (keyExchange !== 'none' && ciphers.length === 0) bad(`no such cipher here: ${wanted}`)
  const encryption = oneOf('encryption', options.encryption ?? 'optional', ENCRYPTION)
  if (encryption === 'required' && keyExchange === 'none') {
    bad('encryption is required, but keyExchange is none')
  }
  const clockSkewMaxSeconds = options.clockSkewSeconds ?? 300
  const keyRefreshMs = options.keyRefreshMs ?? DEFAULT_SECURITY.keyRefreshMs
  checkRange('clockSkewSeconds', clockSkewMaxSeconds, 0, 2 ** 31)
  checkRange('keyRefreshMs', keyRefreshMs, 0, 2 ** 40)
  const plainPeers = oneOf('plainPeers', options.plainPeers ?? 'accept', PLAIN_PEERS)
  return { keyExchange, ciphers, encryption, plainPeers, clockSkewMaxSeconds, keyRefreshMs }
}

/** The ranges of `CoreLimits`; see there what each bounds. */
const LIMIT_RANGES: Readonly<Record<keyof CoreLimits, readonly [min: number, max: number]>> = {
  messageBytesMax: [1_024, 2 ** 30],
  ttl: [1, 4_000],
  pingIntervalMs: [0, 2 ** 31],
  missedPingsMax: [0, 1_000],
  registerMs: [1, 2 ** 31],
  halfRegisteredMs: [1, 2 ** 31],
  pendingConnectionsMax: [1, 2 ** 20],
  linksMax: [1, 2 ** 20],
  faultsMax: [0, 1_000],
  probeMs: [1, 2 ** 31],
  routeGraceMs: [1, 2 ** 31],
  routeRecordsMax: [1, 2 ** 31],
}

function limitsOf(options: BusNodeOptions): CoreLimits {
  const { pingIntervalMs, ttl, messageBytesMax } = options
  const named = { pingIntervalMs, ttl, messageBytesMax }
  const limits = { ...DEFAULT_LIMITS, ...given(options.limits), ...given(named) }
  for (const [name, [min, max]] of Object.entries(LIMIT_RANGES)) {
    checkRange(name, limits[name as keyof CoreLimits], min, max)
  }
  return limits
}

function retryOf(options: BusNodeOptions): RetryPolicy {
  const retry = { ...DEFAULT_RETRY, ...given(options.retry) }
  for (const name of ['firstMs', 'maxMs', 'refusedMinMs', 'refusedMaxMs'] as const) {
    checkRange(`retry.${name}`, retry[name], 0, 2 ** 31)
  }
  checkRange('retry.jitter', retry.jitter, 0, 1)
  return retry
}

/** An option that is undefined counts as not given: it must not hide a default. */
function given<T extends object>(values: T | undefined): Partial<T> {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T>
}

function oneOf<N extends string>(option: string, name: string, known: readonly N[]): N {
  return namesOf(option, [name], known)[0] ?? bad(option)
}

function namesOf<N extends string>(
  option: string,
  names: readonly string[],
  known: readonly N[],
): N[] {
  return names.map((name) => {
    const found = known.find((candidate) => candidate === name)
    return found ?? bad(`${option}: ${name} is not one of ${known.join(', ')}`)
  })
}

function checkRange(option: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return
  bad(`${option}: ${value} is not between ${min} and ${max}`)
}

function bad(detail: string): never {
  throw new BusError('BAD_CONFIGURATION', detail)
}
