// Which peers there are: each subject with its package, its server and how it is loaded.

import type { BenchChannel } from '../questions/sizes.js'
import { type ServerKind, serverVersion } from '../server-process.js'
import { type PairPeer, type Peer, packageVersion } from './peer.js'

export interface PeerSubject {
  readonly name: string
  /** Of benchmarks/package.json; absent is Node's own. */
  readonly package?: string
  /** What must run between the processes. */
  readonly server?: ServerKind
  /** Where the peer listens itself. */
  readonly channel?: BenchChannel | 'ring'
  /** Messages that may be on their way, and bytes of them; 0: the peer holds its sender back. */
  readonly windowBytes: number
  readonly load: () => Promise<Peer>
}

export interface PairSubject extends Omit<PeerSubject, 'load' | 'server'> {
  readonly loadPair: () => Promise<PairPeer>
}

const MEBIBYTE = 1024 * 1024

const loadZeromq = async () => (await import('./zeromq.js')).zeromq

/** Each sends in its fastest sensible form; docs/benchmarks.md says which that is. */
export const PEERS: readonly (PeerSubject | PairSubject)[] = [
  { name: 'zeromq ipc', package: 'zeromq', channel: 'unix', windowBytes: 0, load: loadZeromq },
  { name: 'zeromq tcp', package: 'zeromq', channel: 'tcp', windowBytes: 0, load: loadZeromq },
  {
    name: 'nats',
    package: 'nats',
    server: 'nats-server',
    windowBytes: 4 * MEBIBYTE,
    load: async () => (await import('./nats.js')).nats,
  },
  {
    name: 'redis',
    package: 'ioredis',
    server: 'redis-server',
    windowBytes: 4 * MEBIBYTE,
    load: async () => (await import('./redis.js')).redis,
  },
  {
    name: 'moleculer',
    package: 'moleculer',
    channel: 'tcp',
    windowBytes: MEBIBYTE,
    load: async () => (await import('./moleculer.js')).moleculer,
  },
  {
    name: 'MessagePort',
    windowBytes: 4 * MEBIBYTE,
    loadPair: async () => (await import('./message-port.js')).messagePort,
  },
  {
    name: 'child ipc',
    windowBytes: MEBIBYTE,
    loadPair: async () => (await import('./child-ipc.js')).childIpc,
  },
]

export const PEER_NAMES: readonly string[] = PEERS.map(({ name }) => name)

const loadTreebus = async () => (await import('./treebus.js')).treebus
const loadBare = async () => (await import('./bare.js')).bare

/** What is ours, and the yardstick, where all are asked in the same way. */
export const OWN_PEERS: readonly PeerSubject[] = [
  { name: 'treebus ring', channel: 'ring', windowBytes: 0, load: loadTreebus },
  { name: 'treebus unix', channel: 'unix', windowBytes: 0, load: loadTreebus },
  { name: 'treebus tcp', channel: 'tcp', windowBytes: 0, load: loadTreebus },
  { name: 'bare net unix', channel: 'unix', windowBytes: 0, load: loadBare },
  { name: 'bare net tcp', channel: 'tcp', windowBytes: 0, load: loadBare },
]

const ALL: readonly (PeerSubject | PairSubject)[] = [...OWN_PEERS, ...PEERS]

/** Those whose receiver is a process of its own. */
export const DIALLING_PEERS: readonly PeerSubject[] = ALL.flatMap((peer) =>
  'load' in peer ? [peer] : [],
)

export function peerNamed(name: string): PeerSubject | PairSubject | undefined {
  return ALL.find((peer) => peer.name === name)
}

/** What this machine lacks for a subject; undefined where it has all, or the subject is no peer. */
export function missingPeer(name: string): string | undefined {
  const peer = peerNamed(name)
  if (peer?.package !== undefined && packageVersion(peer.package) === undefined) {
    return `${peer.package} is not installed: npm run bench:install`
  }
  const server = peer !== undefined && 'server' in peer ? peer.server : undefined
  if (server === undefined || serverVersion(server) !== undefined) return undefined
  return `${server} is not installed: apt-get install ${server}`
}

/** Of the packages and servers that are here. */
export function peerVersions(): Readonly<Record<string, string>> {
  const packages = PEERS.flatMap((peer) => peer.package ?? [])
  const servers = PEERS.flatMap((peer) => ('server' in peer ? (peer.server ?? []) : []))
  const found = [
    ...packages.map((name) => [name, packageVersion(name)] as const),
    ...servers.map((name) => [name, serverVersion(name)] as const),
    ['etcd', serverVersion('etcd')] as const,
  ]
  return Object.fromEntries(found.flatMap(([name, version]) => (version ? [[name, version]] : [])))
}

function required(name: string): PeerSubject | PairSubject {
  const peer = peerNamed(name)
  if (peer === undefined) throw new Error(`no peer ${name}`)
  return peer
}

export function loadPeer(name = ''): Promise<Peer> {
  const peer = required(name)
  if (!('load' in peer)) throw new Error(`${name} is a pair`)
  return peer.load()
}

export function loadPair(name = ''): Promise<PairPeer> {
  const peer = required(name)
  if (!('loadPair' in peer)) throw new Error(`${name} is no pair`)
  return peer.loadPair()
}

const WINDOW_MESSAGES_MAX = 16_384

/** Messages that may be on their way, a multiple of four. */
export function peerWindow({ windowBytes }: PeerSubject | PairSubject, payloadBytes: number) {
  const messages = Math.min(WINDOW_MESSAGES_MAX, windowBytes / payloadBytes)
  return Math.floor(messages / 4) * 4
}
