// From the directory's messages to bytes.

import type {
  Batch,
  DirectoryMessage,
  RegisterAnswer,
  RenewAnswer,
  Replica,
  Version,
} from './directory-messages.js'
import { treebus } from './generated/directory.js'
import type { Stamp } from './hlc.js'
import type { NodeInfo, Registration, ServiceRecord } from './record.js'
import { REASONS } from './removal-codes.js'
import type { Tombstone } from './tombstone.js'

import W = treebus.directory

type Long = NonNullable<W.Stamp.$Properties['by']>

/** The encoder reads nothing of a Long but its halves, so the class itself is not needed. */
function long(value: bigint): Long {
  const high = Number(BigInt.asIntN(32, value >> 32n))
  const low = Number(BigInt.asIntN(32, value))
  return { high, low, unsigned: true } as Long
}

function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)
  }
  return bytes
}

function stampShape(stamp: Stamp): W.Stamp.$Properties {
  return { time: long(stamp.time), by: long(stamp.by) }
}

function versionShape({ busId, incarnation, stamp }: Version): W.Version.$Properties {
  return {
    busId: long(busId),
    incarnation: bytesOfHex(incarnation),
    stamp: stampShape(stamp),
  }
}

function tombstoneShape(tombstone: Tombstone): W.Tombstone.$Properties {
  return { ...versionShape(tombstone), reason: REASONS.indexOf(tombstone.reason) }
}

function nodeShape(node: NodeInfo): W.Node.$Properties {
  const { hostId, pid, zone, group, roles, addresses, wants } = node
  return {
    busId: long(node.busId),
    incarnation: bytesOfHex(node.incarnation),
    hostId,
    pid,
    zone,
    group,
    roles: [...roles],
    addresses: [...addresses],
    wants: { names: [...wants.names], types: [...wants.types] },
  }
}

function serviceShape(record: ServiceRecord): W.Service.$Properties {
  const { addrs, ports, overload, capacity, ...rest } = record
  return {
    ...rest,
    addrs: [...addrs],
    ports: [...ports],
    overload: [...overload],
    capacityTotal: capacity.total,
    capacityUsed: capacity.used,
  }
}

function registrationShape(registration: Registration): W.Registration.$Properties {
  return {
    node: nodeShape(registration.node),
    records: registration.records.map(serviceShape),
    neverExpires: registration.lease === 'static',
    stamp: stampShape(registration.stamp),
    registeredAt: long(registration.registeredAt),
    upAt: long(registration.upAt),
  }
}

function batchShape(batch: Batch): W.Batch.$Properties {
  const { snapshot, ready, last } = batch
  return {
    watch: long(batch.watch),
    epoch: long(batch.epoch),
    previous: long(batch.previous),
    sequence: long(batch.sequence),
    snapshot,
    ready,
    last,
    puts: batch.puts.map(registrationShape),
    removals: batch.removals.map(tombstoneShape),
  }
}

function registerAnswerShape(answer: RegisterAnswer): W.RegisterAnswer.$Properties {
  const { code, what, says } = answer
  return {
    stamp: stampShape(answer.stamp),
    code,
    what,
    says,
    holder: long(answer.holder),
    doNotDial: answer.doNotDial.map(long),
    newest: stampShape(answer.newest),
  }
}

function renewAnswerShape(answer: RenewAnswer): W.RenewAnswer.$Properties {
  const { code, standing, ready } = answer
  return {
    code,
    ready,
    newest: stampShape(answer.newest),
    epoch: long(answer.epoch),
    watchSequence: long(answer.watchSequence),
    ...(standing && { standing: registrationShape(standing) }),
  }
}

function replicaShape({ fromZone, operation }: Replica): W.Replica.$Properties {
  switch (operation.kind) {
    case 'put':
      return { fromZone, put: registrationShape(operation.registration) }
    case 'renew':
      return { fromZone, renew: versionShape(operation.version) }
    case 'remove':
      return { fromZone, removal: tombstoneShape(operation.tombstone) }
  }
}

/** Between registries, and about the tables as wholes. */
function tableShape(message: DirectoryMessage): W.DirectoryMessage.$Properties {
  switch (message.kind) {
    case 'replica':
      return { replica: replicaShape(message) }
    case 'digest':
      return { digest: message }
    case 'summary':
      return {
        summary: {
          epoch: long(message.epoch),
          buckets: message.buckets,
          part: long(message.part),
          last: message.last,
          ready: message.ready,
          versions: message.versions.map(versionShape),
          tombstones: message.tombstones.map(tombstoneShape),
        },
      }
    case 'pull':
      return { pull: { busIds: message.busIds.map(long) } }
    case 'repair':
      return {
        repair: {
          registrations: message.registrations.map(registrationShape),
          tombstones: message.tombstones.map(tombstoneShape),
          last: message.last,
        },
      }
    default:
      return smallShape(message)
  }
}

/** Orders, hints and their answers. */
function smallShape(message: DirectoryMessage): W.DirectoryMessage.$Properties {
  switch (message.kind) {
    case 'change':
      return {
        change: {
          ...message,
          request: long(message.request),
          instances: [...message.instances],
          statuses: [...message.statuses],
          metadata: [...message.metadata],
        },
      }
    case 'retire':
      return { retire: { request: long(message.request), busId: long(message.busId) } }
    case 'answer':
      return { answer: { ...message, request: long(message.request) } }
    case 'dial_hint':
      return { dialHint: { peer: long(message.peer), dial: message.dial } }
    case 'probe':
      return { probe: { request: long(message.request) } }
    case 'probe_answer': {
      const incarnation = bytesOfHex(message.incarnation)
      return { probeAnswer: { request: long(message.request), incarnation } }
    }
    default:
      return {}
  }
}

function shapeOf(message: DirectoryMessage): W.DirectoryMessage.$Properties {
  switch (message.kind) {
    case 'hello':
      return { hello: { ...message, epoch: long(message.epoch) } }
    case 'register': {
      const sentTo = message.sentTo.map(long)
      return { register: { registration: registrationShape(message.registration), sentTo } }
    }
    case 'register_answer':
      return { registerAnswer: registerAnswerShape(message) }
    case 'renew':
    case 'cancel': {
      const version = versionShape(message.version)
      return { [message.kind]: { version, sentTo: message.sentTo.map(long) } }
    }
    case 'renew_answer':
      return { renewAnswer: renewAnswerShape(message) }
    case 'watch':
      return {
        watch: {
          watch: long(message.watch),
          apps: [...message.apps],
          epoch: long(message.epoch),
          since: long(message.since),
          hasTable: message.hasTable,
        },
      }
    case 'batch':
      return { batch: batchShape(message) }
    case 'unwatch':
      return { unwatch: { watch: long(message.watch) } }
    default:
      return tableShape(message)
  }
}

export function encodeMessage(message: DirectoryMessage): Uint8Array {
  const shape = shapeOf(message)
  return W.DirectoryMessage.encode(shape).finish()
}

/** The content of a `puts` field. */
export function encodeRegistration(registration: Registration): Uint8Array {
  return W.Registration.encode(registrationShape(registration)).finish()
}

/** The content of a batch, to which its `puts` are still to be added. */
export function encodeBatchWithoutPuts(batch: Batch): Uint8Array {
  return W.Batch.encode(batchShape({ ...batch, puts: [] })).finish()
}
