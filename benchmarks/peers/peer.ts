// The contract of a peer: another way for two Node processes to talk, measured on the same work.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { RoleOptions } from '../role.js'

/** One side of a stream. */
export interface PeerSource {
  /** Sends so many payloads at once; what it returns is waited for before the next. */
  send(messages: number): Promise<unknown> | undefined
}

/** Receives messages until the process ends; each is reported with the bytes of its payload. */
export interface Peer {
  /** Each resolves, once it is ready, with the address that the other side dials. */
  openSink(options: RoleOptions, arrived: (payloadBytes: number) => void): Promise<string>
  openSource(options: RoleOptions): Promise<PeerSource>
  openAnswerer(options: RoleOptions, answered: () => void): Promise<string>
  /** Resolves with what sends request `number`; `replied` is called with the same number. */
  openCaller(
    options: RoleOptions,
    replied: (number: number) => void,
  ): Promise<(number: number) => void>
}

/** One that sends the same to many receivers, which dial it. */
export interface Hub {
  readonly address: string
  /** Once all receivers are there. */
  source(): PeerSource
}

export interface FanPeer {
  openHub(options: RoleOptions): Promise<Hub>
  openSpoke(options: RoleOptions, arrived: (payloadBytes: number) => void): Promise<unknown>
}

/** A peer whose receiver is started by its sender, and is no process that dials. */
export interface PairPeer {
  /** `credited` is called for every quarter of the window that has arrived. */
  openSource(options: RoleOptions, credited: (messages: number) => void): Promise<PeerSource>
  openCaller(
    options: RoleOptions,
    replied: (number: number) => void,
  ): Promise<(number: number) => void>
  /** A process besides the one that opened it. */
  readonly otherPid?: () => number
}

const FOLDER = join(process.cwd(), 'benchmarks')
const requirePeer = createRequire(join(FOLDER, 'package.json'))

/** A package of benchmarks/package.json, which need not be installed. */
export function loadPackage<T>(name: string): T {
  try {
    return requirePeer(name) as T
  } catch (error) {
    throw new Error(`${name} is missing: npm run bench:install`, { cause: error })
  }
}

/** Its version; undefined where it is not installed. */
export function packageVersion(name: string): string | undefined {
  try {
    const path = join(FOLDER, 'node_modules', name, 'package.json')
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}

/** One payload for each request in flight; the first four bytes are its number. */
export function numberedPayloads({ inFlight = 1, payloadBytes = 0 }: RoleOptions): Buffer[] {
  return Array.from({ length: inFlight }, (_, number) => {
    const payload = Buffer.alloc(payloadBytes, 0x5a)
    payload.writeUInt32LE(number, 0)
    return payload
  })
}

/** Of the messages that follow each other: all alike, or a mixture that begins anew. */
export function payloadSizes({ payloadBytes = 0, sizes }: RoleOptions): readonly number[] {
  return sizes ?? [payloadBytes]
}

/** Each call gives the next payload to send, made beforehand. */
export function payloadCycle(options: RoleOptions): () => Buffer {
  const payloads = payloadSizes(options).map((bytes) => Buffer.alloc(bytes, 0x5a))
  let at = payloads.length - 1
  return () => {
    at = at + 1 === payloads.length ? 0 : at + 1
    return payloads[at] as Buffer
  }
}

/** Views of one memory: what is sent together is copied together where the peer can. */
export function payloadViews(messages: number, payloadBytes: number): Uint8Array[] {
  const memory = new Uint8Array(messages * payloadBytes).fill(0x5a)
  return Array.from({ length: messages }, (_, index) =>
    memory.subarray(index * payloadBytes, (index + 1) * payloadBytes),
  )
}
