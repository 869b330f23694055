// Measures one registry with many nodes and watchers, in a process that holds nothing else.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decodeMessage } from '../../src/directory/directory-decode.js'
import type { DirectoryMessage } from '../../src/directory/directory-messages.js'
import { MessageEncoder } from '../../src/directory/message-encoder.js'
import { REGISTRY_APP, type Registration, type ServiceRecord } from '../../src/directory/record.js'
import { REGISTRY_LIMITS, REGISTRY_TIMES } from '../../src/directory/registry-config.js'
import { RegistryCore } from '../../src/directory/registry-core.js'
import type { RegistryEffect } from '../../src/directory/registry-events.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

const FIRST_NODE = 0x1000n
const FIRST_WATCHER = 0x100_0000n
const CHANGES = 20
const WALL_MS = 1_700_000_000_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function recordOf(id: bigint, app: string): ServiceRecord {
  return {
    env: 'prod',
    app,
    zone: 'west',
    instance: id.toString(16),
    serviceId: 0,
    name: '',
    addrs: ['10.0.0.1'],
    ports: [7_000],
    version: '1.0.0',
    color: '',
    cluster: '',
    weight: 10,
    metadata: '{"region":"eu"}',
    status: 1,
    adminState: '',
    overload: [],
    capacity: { total: 100, used: 1 },
  }
}

function registrationOf(id: bigint, time: bigint): Registration {
  const incarnation = id.toString(16).padStart(32, '0')
  const wants = { names: [], types: [] }
  return {
    node: {
      busId: id,
      incarnation,
      hostId: 'host',
      pid: 1,
      zone: 'west',
      group: '',
      roles: [],
      addresses: [`tcp://10.0.0.1:${id % 60_000n}`],
      wants,
    },
    records: [recordOf(id, 'game')],
    lease: 'leased',
    stamp: { time, by: id },
    registeredAt: time,
    upAt: time,
  }
}

/** As it arrives from a node: with strings and lists of its own. */
function received(id: bigint, time: bigint, encoder: MessageEncoder): DirectoryMessage {
  const registration = registrationOf(id, time)
  const bytes = encoder.encode({ kind: 'register', registration, sentTo: [1n] })
  const message = decodeMessage(bytes)
  if (message === undefined) throw new Error('the codec refuses its own message')
  return message
}

function newRegistry(id: bigint, zone: string): RegistryCore {
  const { node } = registrationOf(id, 1n)
  return new RegistryCore(
    {
      node: { ...node, zone },
      record: { ...recordOf(id, REGISTRY_APP), zone },
      epoch: id,
      times: REGISTRY_TIMES,
      limits: REGISTRY_LIMITS,
      reach: { has: () => true },
      chance: Math.random,
      mayBeRegistry: (busId) => busId < FIRST_NODE,
      isAdmin: () => false,
    },
    0,
  )
}

function heldBytes(): number {
  collect()
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Of this process: what others take of the machine does not count. */
function processorMs(): number {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1_000
}

const at = { nowMs: 1, wallMs: WALL_MS }
const NOW = BigInt(WALL_MS) << 16n

function give(core: RegistryCore, from: bigint, message: DirectoryMessage): RegistryEffect[] {
  return core.handle(at, { kind: 'message', from, message })
}

/** Encodes as a shell does; the bytes of all. */
function written(effects: readonly RegistryEffect[], encoder: MessageEncoder): Uint8Array[] {
  return effects.flatMap((effect) =>
    effect.kind === 'send' ? [encoder.encode(effect.message)] : [],
  )
}

/** Messages that one registration costs between registries, of three in each zone. */
function messagesPerChange(zones: number): number {
  const cores = new Map<bigint, RegistryCore>()
  for (let id = 1n; id <= 3n * BigInt(zones); id++) {
    cores.set(id, newRegistry(id, `zone ${(id - 1n) / 3n}`))
  }
  for (const [id, core] of cores) {
    core.handle(at, { kind: 'start' })
    for (const peer of cores.keys()) {
      const zone = `zone ${(peer - 1n) / 3n}`
      if (peer !== id) give(core, peer, { kind: 'hello', zone, epoch: peer, ready: true })
    }
  }
  const registration = { ...registrationOf(FIRST_NODE, NOW) }
  let count = 0
  const queue = [
    {
      from: FIRST_NODE,
      to: 1n,
      message: { kind: 'register', registration, sentTo: [1n] } as DirectoryMessage,
    },
  ]
  for (let next = queue.shift(); next; next = queue.shift()) {
    const core = cores.get(next.to)
    if (core === undefined) continue
    const { to: from } = next
    for (const effect of give(core, next.from, next.message)) {
      if (effect.kind !== 'send' || effect.message.kind !== 'replica') continue
      count++
      queue.push({ from, to: effect.to, message: effect.message })
    }
  }
  return count
}

export async function startDirectoryRegistry(options: RoleOptions): Promise<Role> {
  const { records = 1, watchers = 1 } = options
  const encoder = new MessageEncoder()
  const emptyBytes = heldBytes()
  const core = newRegistry(1n, 'west')
  core.handle(at, { kind: 'start' })
  for (let n = 0; n < records; n++) {
    const id = FIRST_NODE + BigInt(n)
    give(core, id, received(id, NOW, encoder))
  }
  const bytes = heldBytes() - emptyBytes
  const asked = {
    kind: 'watch',
    watch: 1n,
    apps: [],
    epoch: 0n,
    since: 0n,
    hasTable: false,
  } as const
  const snapshotMs = processorMs()
  const snapshot = written(give(core, FIRST_WATCHER, asked), encoder)
  const snapshotEndMs = processorMs()
  for (const part of snapshot) if (decodeMessage(part) === undefined) throw new Error('bad batch')
  const decodedMs = processorMs()
  // The others have the list already, and go on from there.
  const since = core.table.watchers.sequence
  const resumed = { ...asked, epoch: 1n, since, hasTable: true }
  for (let n = 1; n < watchers; n++) give(core, FIRST_WATCHER + BigInt(n), resumed)
  const spans: number[] = []
  let fanOut = 0
  for (let change = 1; change <= CHANGES; change++) {
    const message = received(FIRST_NODE, NOW + BigInt(change), encoder)
    const startMs = processorMs()
    fanOut = written(give(core, FIRST_NODE, message), encoder).length
    spans.push(processorMs() - startMs)
  }
  spans.sort((a, b) => a - b)
  const figures = {
    bytes: bytes / records,
    snapshotMs: snapshotEndMs - snapshotMs,
    decodeMs: decodedMs - snapshotEndMs,
    snapshotBytes: snapshot.reduce((sum, part) => sum + part.length, 0) / records,
    fanOutMs: spans[CHANGES / 2] ?? 0,
    fanOut,
    inZone: messagesPerChange(1),
    inZones: messagesPerChange(2),
  }
  return { mark: () => ({ ...markOf(records), figures }) }
}
