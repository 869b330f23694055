// From what protobufjs decodes to our control messages; undefined where a bound is broken.

import type protobuf from 'protobufjs/minimal.js'
import type { AccessData } from './access.js'
import { allWithin, CONTROL_BOUNDS as bounds } from './control-bounds.js'
import type {
  Announcement,
  CommandData,
  ConfirmData,
  Handshake,
  IdRange,
  PingData,
  RegisterData,
} from './control-messages.js'
import { treebus } from './generated/bus.js'

export type Maybe<T> = T | null | undefined

/** A 64-bit number as protobufjs has it. */
export interface Halves {
  readonly high: number
  readonly low: number
}

const NOTHING = new Uint8Array(0)

export function unsigned(value: Maybe<Halves>): bigint {
  if (!value) return 0n
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
}

function signed(value: Maybe<Halves>): bigint {
  return BigInt.asIntN(64, unsigned(value))
}

/** Small and kept for long: copies, so that they do not hold a slab of receive memory. */
export function copied(bytes: Maybe<Uint8Array>): Uint8Array {
  return bytes?.length ? bytes.slice() : NOTHING
}

function copiedAll(list: Maybe<Uint8Array[]>): Uint8Array[] {
  return (list ?? []).map(copied)
}

/** Absent stays absent; present but over a bound is what makes the whole message undefined. */
const REFUSED = Symbol('refused')

function optional<W, T>(
  value: Maybe<W>,
  read: (value: W) => T | undefined,
): T | undefined | typeof REFUSED {
  return value ? (read(value) ?? REFUSED) : undefined
}

function readAccess(wire: treebus.wire.AccessData.$Shape): AccessData | undefined {
  const signatures = wire.signature ?? []
  if (!allWithin(signatures, bounds.signatureCountMax, bounds.signatureBytesMax)) return undefined
  return {
    algorithm: wire.algorithm ?? 0,
    timestamp: signed(wire.timestamp),
    nonce1: unsigned(wire.nonce1),
    nonce2: unsigned(wire.nonce2),
    signatures: copiedAll(signatures),
  }
}

function readHandshake(wire: treebus.wire.CryptoHandshakeData.$Shape): Handshake | undefined {
  const kdfs: readonly number[] = wire.kdfType ?? []
  const algorithms: readonly number[] = wire.algorithms ?? []
  const publicKey = wire.publicKey ?? NOTHING
  if (kdfs.length > bounds.kdfCountMax) return undefined
  if (algorithms.length > bounds.algorithmCountMax) return undefined
  if (publicKey.length > bounds.publicKeyBytesMax) return undefined
  return {
    sequence: unsigned(wire.sequence),
    type: wire.type ?? 0,
    kdfs,
    algorithms,
    publicKey: copied(publicKey),
    ivBytes: wire.ivSize ?? 0,
    tagBytes: wire.tagSize ?? 0,
  }
}

function readAnnouncement(wire: treebus.wire.Announcement.$Shape): Announcement | undefined {
  const ranges = wire.ranges ?? []
  const ownAddresses = wire.ownAddresses ?? []
  const bindings = wire.binding ?? []
  const incarnation = wire.incarnation ?? NOTHING
  if (ranges.length > bounds.rangeCountMax) return undefined
  if (!allWithin(ownAddresses, bounds.addressCountMax, bounds.addressCharsMax)) return undefined
  if (!allWithin(bindings, bounds.bindingCountMax, bounds.signatureBytesMax)) return undefined
  if (incarnation.length > bounds.incarnationBytesMax) return undefined
  return {
    revision: wire.revision ?? 0,
    capabilities: unsigned(wire.capabilities),
    role: wire.role ?? 0,
    incarnation: copied(incarnation),
    attach: unsigned(wire.attach),
    expectedId: unsigned(wire.expectedId),
    ranges: ranges.map(readRange),
    ownAddresses,
    bindings: copiedAll(bindings),
  }
}

function readRange(wire: treebus.wire.IdRange.$Shape): IdRange {
  return { prefix: unsigned(wire.prefix), maskBits: wire.maskBits ?? 0 }
}

type RegisterFields = Omit<RegisterData, 'access' | 'handshake' | 'announcement'>

function readRegisterFields(wire: treebus.wire.RegisterData.$Shape): RegisterFields | undefined {
  const addresses = (wire.channels ?? []).map((channel) => channel.address ?? '')
  const schemes = wire.supportedChannelSchema ?? []
  const compressions: readonly number[] = wire.supportedCompressionAlgorithm ?? []
  const hostname = wire.hostname ?? ''
  const hashCode = wire.hashCode ?? ''
  if (!allWithin(addresses, bounds.addressCountMax, bounds.addressCharsMax)) return undefined
  if (!allWithin(schemes, bounds.schemeCountMax, bounds.schemeCharsMax)) return undefined
  if (compressions.length > bounds.compressionCountMax) return undefined
  if (hostname.length > bounds.hostnameCharsMax) return undefined
  if (hashCode.length > bounds.hashCodeCharsMax) return undefined
  const { busId, pid, flags } = wire
  return {
    id: unsigned(busId),
    pid: pid ?? 0,
    hostname,
    addresses,
    schemes,
    compressions,
    flags: flags ?? 0,
    hashCode,
  }
}

/** These four throw where the bytes are not protobuf. */
export function readRegister(reader: protobuf.Reader): RegisterData | undefined {
  const wire = treebus.wire.RegisterData.decode(reader)
  const fields = readRegisterFields(wire)
  const access = optional(wire.accessKey, readAccess)
  const handshake = optional(wire.cryptoHandshake, readHandshake)
  const announcement = optional(wire.announcement, readAnnouncement)
  if (!fields || access === REFUSED || handshake === REFUSED || announcement === REFUSED) {
    return undefined
  }
  return {
    ...fields,
    ...(access && { access }),
    ...(handshake && { handshake }),
    ...(announcement && { announcement }),
  }
}

export function readPing(reader: protobuf.Reader): PingData | undefined {
  const wire = treebus.wire.PingData.decode(reader)
  const handshake = optional(wire.cryptoHandshake, readHandshake)
  const bindings = wire.refreshBinding ?? []
  if (handshake === REFUSED) return undefined
  if (!allWithin(bindings, bounds.bindingCountMax, bounds.signatureBytesMax)) return undefined
  const refreshBindings = copiedAll(bindings)
  const timePointUs = signed(wire.timePoint)
  return { timePointUs, refreshBindings, ...(handshake && { handshake }) }
}

/** Arguments are views: they may be megabytes. */
export function readCommand(reader: protobuf.Reader): CommandData | undefined {
  const wire = treebus.wire.CustomCommandData.decode(reader)
  const access = optional(wire.accessKey, readAccess)
  if (access === REFUSED) return undefined
  const args = (wire.commands ?? []).map(({ arg }) => (arg?.length ? arg : NOTHING))
  const bound = wire.binding ?? []
  if (!allWithin(bound, bounds.bindingCountMax, bounds.signatureBytesMax)) return undefined
  const bindings = copiedAll(bound)
  const from = unsigned(wire.from)
  return { from, args, ...(access && { access }), ...(bindings.length > 0 && { bindings }) }
}

export function readConfirm(reader: protobuf.Reader): ConfirmData | undefined {
  const wire = treebus.wire.HandshakeConfirmData.decode(reader)
  const bindings = wire.binding ?? []
  if (!allWithin(bindings, bounds.bindingCountMax, bounds.signatureBytesMax)) return undefined
  const sequence = unsigned(wire.sequence)
  return bindings.length === 0 ? { sequence } : { sequence, bindings: copiedAll(bindings) }
}
