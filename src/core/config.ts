// What a core is told at its start: every rule that can be turned, with its default.

import type { CipherName } from '../wire/ciphers.js'
import type { CompressionName } from '../wire/compression.js'
import type { DataScan } from '../wire/data-run.js'
import type { FrameSeal } from '../wire/data-template.js'
import type { CurveName } from '../wire/key-exchange.js'
import type { Primitives } from '../wire/primitives.js'
import { DETAIL } from '../wire/route-messages.js'
import { DEFAULT_RETRY, type RetryPolicy } from './parent-dialler.js'
import type { Grant } from './routes/id-range.js'

export interface CoreConfig {
  readonly id: bigint
  /** 16 bytes: names this life of the node. */
  readonly incarnation: Uint8Array
  readonly pid: number
  /** Equal strings mean the same host (spec C.2). */
  readonly hostname: string
  readonly hashCode: string
  /**
   * 16 bytes, equal for processes that can open each other's descriptors by their numbers: links
   * between them move to shared memory. Undefined: none does. Default undefined.
   */
  readonly hostMark: Uint8Array | undefined
  /** Addresses of the parent, tried in turn; none for a root. */
  readonly parents: readonly string[]
  /**
   * `one`: the addresses are of one parent, or of several of which one is enough. `all`: the node
   * attaches to all of them at once. Default `one`.
   */
  readonly parentMode: 'one' | 'all'
  readonly tokens: readonly Uint8Array[]
  readonly security: SecurityRules
  readonly limits: CoreLimits
  readonly retry: RetryPolicy
  /** `give_up`: a first attempt that fails ends the node, as libatbus does. Default `retry`. */
  readonly firstConnection: 'retry' | 'give_up'
  /** Algorithms that we accept, and use towards peers that accept them too. Default: none. */
  readonly compressions: readonly CompressionName[]
  /** False: speak as a plain libatbus node does, without our announcement. Default true. */
  readonly announce: boolean
  /** What we ask our parents for, as the wire numbers it. Default: a record for every node. */
  readonly routeDetail: number
  /** Links to siblings are opened when a parent sees us talk to them. Default true. */
  readonly siblings: boolean
  /** What children may announce; one that is not named, every id. Default: none is named. */
  readonly grants: readonly Grant[]
}

export interface SecurityRules {
  /** Default `none`: links stay in clear. */
  readonly keyExchange: CurveName | 'none'
  /** In order of preference. Default: the AEAD ciphers that this runtime has. */
  readonly ciphers: readonly CipherName[]
  /** `required`: a link that would stay in clear is refused. Default `optional`. */
  readonly encryption: 'optional' | 'required'
  /** `refuse`: only our own kind registers. Default `accept`. */
  readonly plainPeers: 'accept' | 'refuse'
  /** Tolerance for a registration's timestamp where tokens are set; 0 turns it off. Default 300. */
  readonly clockSkewMaxSeconds: number
  /** Age at which keys are renewed; 0 never. Default 3 hours (libatbus). */
  readonly keyRefreshMs: number
}

export interface CoreLimits {
  /** Payload of one message. Default 2 MiB (libatbus). */
  readonly messageBytesMax: number
  /** Nodes a message may pass. Default 16 (libatbus). */
  readonly ttl: number
  /** Silence after which a link is pinged. Default 8,000 ms; 0 never pings. */
  readonly pingIntervalMs: number
  /** Pings that may stay unanswered. Default 2. */
  readonly missedPingsMax: number
  /**
   * A connection that has not registered by then is closed. Whoever dialled it, and was connected
   * but not answered, waits twice as long the next time, up to four times. Default 5,000 ms.
   */
  readonly registerMs: number
  /** Life of a temporary node, and of a link whose second connection never came. Default 30,000. */
  readonly halfRegisteredMs: number
  /** Connections that have not registered yet; beyond it the oldest goes. Default 256. */
  readonly pendingConnectionsMax: number
  /** Neighbours of one node. Default 16,384. */
  readonly linksMax: number
  /** Faults in a row that are tolerated; the next one ends the connection. Default 2. */
  readonly faultsMax: number
  /** How long an id's holder has to show that it lives, when another life claims it. 1,000 ms. */
  readonly probeMs: number
  /** How long the ids above a lost parent are still shown, and how long we warm up. 15,000 ms. */
  readonly routeGraceMs: number
  /** Records that one link may announce. Default 1,000,000. */
  readonly routeRecordsMax: number
}

export const DEFAULT_LIMITS: CoreLimits = {
  messageBytesMax: 2 * 1024 * 1024,
  ttl: 16,
  pingIntervalMs: 8_000,
  missedPingsMax: 2,
  registerMs: 5_000,
  halfRegisteredMs: 30_000,
  pendingConnectionsMax: 256,
  linksMax: 16_384,
  faultsMax: 2,
  probeMs: 1_000,
  routeGraceMs: 15_000,
  routeRecordsMax: 1_000_000,
}

export const DEFAULT_SECURITY: SecurityRules = {
  keyExchange: 'none',
  ciphers: ['aes-256-gcm', 'chacha20-poly1305-ietf', 'aes-128-gcm'],
  encryption: 'optional',
  plainPeers: 'accept',
  clockSkewMaxSeconds: 300,
  keyRefreshMs: 3 * 60 * 60 * 1000,
}

/** A root without tokens: what tests start from, and what options are laid over. */
export const DEFAULT_CONFIG = {
  hostMark: undefined,
  parents: [],
  parentMode: 'one',
  tokens: [],
  security: DEFAULT_SECURITY,
  limits: DEFAULT_LIMITS,
  retry: DEFAULT_RETRY,
  firstConnection: 'retry',
  compressions: [],
  announce: true,
  routeDetail: DETAIL.nodes,
  siblings: true,
  grants: [],
} as const satisfies Partial<CoreConfig>

/** Everything from outside that is not an input: chance, the calendar, and the crypto library. */
export interface Ambient {
  readonly primitives: Primitives
  /** Cryptographically random where the shell runs it, seeded in the simulator. */
  random(bytes: number): Uint8Array
  /** Native code that finds usual messages; without it they are read one by one. */
  readonly scanData?: DataScan
  /** Native code that hashes many frames at a time; without it each is hashed here. */
  readonly sealFrames?: FrameSeal
  /** Milliseconds since 1970, for timestamps that peers check; may jump. */
  wallMs(): number
}

/** The wire's allowance over the payload for head and body (spec A.1, A.3). */
export const MESSAGE_OVERHEAD_BYTES = 4_096

/** Before registration only small messages are lawful; a C++ node's registration is ~350 bytes. */
export const UNREGISTERED_FRAME_BYTES_MAX = 16 * 1024

export const PROTOCOL_VERSION_MIN = 3
