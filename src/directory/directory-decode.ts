// From bytes to the directory's messages; undefined where they hold what no lawful sender says.

import type {
  Batch,
  DirectoryMessage,
  RegisterAnswer,
  RenewAnswer,
  Replica,
  ReplicaOperation,
  Summary,
  Version,
} from './directory-messages.js'
import { treebus } from './generated/directory.js'
import { NO_STAMP, type Stamp } from './hlc.js'
import { MESSAGE_BOUNDS, messageFits } from './message-bounds.js'
import {
  type NodeInfo,
  RECORD_LIMITS,
  type Registration,
  type ServiceRecord,
  type Status,
} from './record.js'
import { REASONS } from './removal-codes.js'
import { RESULT, type ResultCode } from './result-code.js'
import { BUCKETS } from './table-hash.js'
import type { Tombstone } from './tombstone.js'

import W = treebus.directory

type Maybe<T> = T | null | undefined

/** A 64-bit number as protobufjs has it. */
interface Halves {
  readonly high: number
  readonly low: number
}

/** Thrown below, caught in `decodeMessage`: a message that breaks a rule is refused whole. */
class Refused extends Error {}

function refuse(): never {
  throw new Refused()
}

function long(value: Maybe<Halves>): bigint {
  if (!value) return 0n
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
}

function longs(list: Maybe<Halves[]>, countMax: number): bigint[] {
  return within(list ?? [], countMax).map(long)
}

/** Packed numbers are counted only here: their span was bounded before. */
function within<T>(list: T[], countMax: number): T[] {
  return list.length > countMax ? refuse() : list
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexOfBytes(bytes: Maybe<Uint8Array>): string {
  if (bytes?.length !== RECORD_LIMITS.incarnationBytes) refuse()
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

/** A copy: `slice` of a Node Buffer would hold the memory it came in. */
function bytesOf(bytes: Maybe<Uint8Array>, length: number): Uint8Array {
  return bytes?.length === length ? new Uint8Array(bytes) : refuse()
}

function readStamp(wire: Maybe<W.Stamp.$Shape>): Stamp {
  return wire ? { time: long(wire.time), by: long(wire.by) } : NO_STAMP
}

function readVersion(wire: W.Version.$Shape): Version {
  const { busId, incarnation, stamp } = wire
  return {
    busId: long(busId),
    incarnation: hexOfBytes(incarnation),
    stamp: readStamp(stamp),
  }
}

function readTombstone(wire: W.Tombstone.$Shape): Tombstone {
  const reason = REASONS[wire.reason ?? 0] ?? refuse()
  return { ...readVersion(wire), reason }
}

function readNode(wire: W.Node.$Shape): NodeInfo {
  return {
    busId: long(wire.busId),
    incarnation: hexOfBytes(wire.incarnation),
    hostId: wire.hostId ?? '',
    pid: wire.pid ?? 0,
    zone: wire.zone ?? '',
    group: wire.group ?? '',
    roles: wire.roles ?? [],
    addresses: wire.addresses ?? [],
    wants: { names: wire.wants?.names ?? [], types: wire.wants?.types ?? [] },
  }
}

/** The record's check refuses what is out of range, with its reason: this only gives it form. */
function readService(wire: W.Service.$Shape): ServiceRecord {
  return {
    env: wire.env ?? '',
    app: wire.app ?? '',
    zone: wire.zone ?? '',
    instance: wire.instance ?? '',
    serviceId: wire.serviceId ?? 0,
    name: wire.name ?? '',
    addrs: wire.addrs ?? [],
    ports: wire.ports ?? [],
    version: wire.version ?? '',
    color: wire.color ?? '',
    cluster: wire.cluster ?? '',
    weight: wire.weight ?? 0,
    metadata: wire.metadata ?? '',
    status: (wire.status ?? 0) as Status,
    adminState: wire.adminState ?? '',
    overload: wire.overload ?? [],
    capacity: { total: wire.capacityTotal ?? 0, used: wire.capacityUsed ?? 0 },
  }
}

function readRegistration(wire: Maybe<W.Registration.$Shape>): Registration {
  if (!wire?.node) refuse()
  return {
    node: readNode(wire.node),
    records: (wire.records ?? []).map(readService),
    lease: wire.neverExpires ? 'static' : 'leased',
    stamp: readStamp(wire.stamp),
    registeredAt: long(wire.registeredAt),
    upAt: long(wire.upAt),
  }
}

/** The bound is one of records: a node may have many. */
function readRegistrations(list: Maybe<W.Registration.$Shape[]>): Registration[] {
  const all = (list ?? []).map(readRegistration)
  const count = all.reduce((sum, { records }) => sum + Math.max(1, records.length), 0)
  return count <= MESSAGE_BOUNDS.batchRecordsMax ? all : refuse()
}

const CODES: ReadonlySet<number> = new Set(Object.values(RESULT))

function readCode(code: Maybe<number>): ResultCode {
  return CODES.has(code ?? 0) ? ((code ?? 0) as ResultCode) : refuse()
}

function readRegisterAnswer(wire: W.RegisterAnswer.$Shape): RegisterAnswer {
  return {
    kind: 'register_answer',
    stamp: readStamp(wire.stamp),
    code: readCode(wire.code),
    what: wire.what ?? '',
    says: wire.says ?? '',
    holder: long(wire.holder),
    doNotDial: longs(wire.doNotDial, MESSAGE_BOUNDS.doNotDialCountMax),
    newest: readStamp(wire.newest),
  }
}

function readRenewAnswer(wire: W.RenewAnswer.$Shape): RenewAnswer {
  return {
    kind: 'renew_answer',
    code: readCode(wire.code),
    newest: readStamp(wire.newest),
    standing: wire.standing ? readRegistration(wire.standing) : undefined,
    epoch: long(wire.epoch),
    watchSequence: long(wire.watchSequence),
    ready: wire.ready ?? false,
  }
}

function readBatch(wire: W.Batch.$Shape): Batch {
  return {
    kind: 'batch',
    watch: long(wire.watch),
    epoch: long(wire.epoch),
    previous: long(wire.previous),
    sequence: long(wire.sequence),
    snapshot: wire.snapshot ?? false,
    ready: wire.ready ?? false,
    last: wire.last ?? false,
    puts: readRegistrations(wire.puts),
    removals: (wire.removals ?? []).map(readTombstone),
  }
}

function readOperation(wire: W.Replica.$Shape): ReplicaOperation {
  if (wire.put) return { kind: 'put', registration: readRegistration(wire.put) }
  if (wire.renew) return { kind: 'renew', version: readVersion(wire.renew) }
  if (wire.removal) return { kind: 'remove', tombstone: readTombstone(wire.removal) }
  return refuse()
}

function readReplica(wire: W.Replica.$Shape): Replica {
  return { kind: 'replica', fromZone: wire.fromZone ?? false, operation: readOperation(wire) }
}

function readSummary(wire: W.Summary.$Shape): Summary {
  return {
    kind: 'summary',
    epoch: long(wire.epoch),
    buckets: bytesOf(wire.buckets, BUCKETS / 8),
    part: long(wire.part),
    last: wire.last ?? false,
    ready: wire.ready ?? false,
    versions: (wire.versions ?? []).map(readVersion),
    tombstones: (wire.tombstones ?? []).map(readTombstone),
  }
}

/** What a node says to its registries. */
function readOfNode(wire: W.DirectoryMessage.$Shape): DirectoryMessage | undefined {
  const { register, renew, cancel, watch, unwatch, probeAnswer } = wire
  const sentToMax = MESSAGE_BOUNDS.sentToCountMax
  if (register) {
    const registration = readRegistration(register.registration)
    return { kind: 'register', registration, sentTo: longs(register.sentTo, sentToMax) }
  }
  const named = renew ?? cancel
  if (named) {
    const version = readVersion(named.version ?? refuse())
    const sentTo = longs(named.sentTo, sentToMax)
    return { kind: renew ? 'renew' : 'cancel', version, sentTo }
  }
  if (watch) {
    return {
      kind: 'watch',
      watch: long(watch.watch),
      apps: watch.apps ?? [],
      epoch: long(watch.epoch),
      since: long(watch.since),
      hasTable: watch.hasTable ?? false,
    }
  }
  if (unwatch) return { kind: 'unwatch', watch: long(unwatch.watch) }
  if (probeAnswer) {
    const incarnation = hexOfBytes(probeAnswer.incarnation)
    return { kind: 'probe_answer', request: long(probeAnswer.request), incarnation }
  }
  return undefined
}

/** What a registry says to nodes. */
function readOfRegistry(wire: W.DirectoryMessage.$Shape): DirectoryMessage | undefined {
  const { hello, registerAnswer, renewAnswer, batch, dialHint, probe } = wire
  if (hello) {
    const { zone, epoch, ready } = hello
    return { kind: 'hello', zone: zone ?? '', epoch: long(epoch), ready: ready ?? false }
  }
  if (registerAnswer) return readRegisterAnswer(registerAnswer)
  if (renewAnswer) return readRenewAnswer(renewAnswer)
  if (batch) return readBatch(batch)
  if (dialHint) {
    return { kind: 'dial_hint', peer: long(dialHint.peer), dial: dialHint.dial ?? false }
  }
  if (probe) return { kind: 'probe', request: long(probe.request) }
  return undefined
}

/** What registries say to each other. */
function readOfPeer(wire: W.DirectoryMessage.$Shape): DirectoryMessage | undefined {
  const { replica, digest, summary, pull, repair } = wire
  if (replica) return readReplica(replica)
  if (digest) {
    return {
      kind: 'digest',
      buckets: bytesOf(digest.buckets, 8 * BUCKETS),
      ready: digest.ready ?? false,
      isAnswer: digest.isAnswer ?? false,
    }
  }
  if (summary) return readSummary(summary)
  if (pull) {
    return { kind: 'pull', busIds: longs(pull.busIds, MESSAGE_BOUNDS.batchRecordsMax) }
  }
  if (repair) {
    return {
      kind: 'repair',
      registrations: readRegistrations(repair.registrations),
      tombstones: (repair.tombstones ?? []).map(readTombstone),
      last: repair.last ?? false,
    }
  }
  return undefined
}

/** What administrators order, and the answers to them. */
function readOrder(wire: W.DirectoryMessage.$Shape): DirectoryMessage | undefined {
  const { change, retire, answer } = wire
  if (change) {
    return {
      kind: 'change',
      request: long(change.request),
      env: change.env ?? '',
      app: change.app ?? '',
      zone: change.zone ?? '',
      instances: change.instances ?? [],
      statuses: within(change.statuses ?? [], MESSAGE_BOUNDS.batchRecordsMax),
      metadata: change.metadata ?? [],
    }
  }
  if (retire) {
    return { kind: 'retire', request: long(retire.request), busId: long(retire.busId) }
  }
  if (answer) {
    const { request, code, what, says } = answer
    const texts = { what: what ?? '', says: says ?? '' }
    return { kind: 'answer', request: long(request), code: readCode(code), ...texts }
  }
  return undefined
}

/** Never throws: bytes of a stranger are refused, whatever they are. */
export function decodeMessage(bytes: Uint8Array): DirectoryMessage | undefined {
  if (!messageFits(bytes)) return undefined
  try {
    const wire = W.DirectoryMessage.decode(bytes)
    return readOfNode(wire) ?? readOfRegistry(wire) ?? readOfPeer(wire) ?? readOrder(wire)
  } catch {
    return undefined
  }
}
