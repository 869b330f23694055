// From our control messages to what protobufjs encodes.

import type protobuf from 'protobufjs/minimal.js'
import type { AccessData } from './access.js'
import type {
  Announcement,
  CommandData,
  ConfirmData,
  Handshake,
  PingData,
  RegisterData,
} from './control-messages.js'
import { treebus } from './generated/bus.js'

export type Long = NonNullable<treebus.wire.PingData.$Properties['timePoint']>

/** The encoder reads nothing of a Long but its halves, so the class itself is not needed. */
export function long(value: bigint): Long {
  const high = Number(BigInt.asIntN(32, value >> 32n))
  const low = Number(BigInt.asIntN(32, value))
  return { high, low, unsigned: true } as Long
}

function accessShape(access: AccessData): treebus.wire.AccessData.$Properties {
  return {
    algorithm: access.algorithm,
    timestamp: long(access.timestamp),
    nonce1: long(access.nonce1),
    nonce2: long(access.nonce2),
    signature: [...access.signatures],
  }
}

function handshakeShape(handshake: Handshake): treebus.wire.CryptoHandshakeData.$Properties {
  return {
    sequence: long(handshake.sequence),
    type: handshake.type,
    kdfType: [...handshake.kdfs],
    algorithms: [...handshake.algorithms],
    publicKey: handshake.publicKey,
    ivSize: handshake.ivBytes,
    tagSize: handshake.tagBytes,
  }
}

function announcementShape(said: Announcement): treebus.wire.Announcement.$Properties {
  return {
    revision: said.revision,
    capabilities: long(said.capabilities),
    role: said.role,
    incarnation: said.incarnation,
    attach: long(said.attach),
    expectedId: long(said.expectedId),
    ranges: said.ranges.map(({ prefix, maskBits }) => ({ prefix: long(prefix), maskBits })),
    ownAddresses: [...said.ownAddresses],
    binding: [...said.bindings],
  }
}

export function writeRegister(register: RegisterData, writer: protobuf.Writer): void {
  const { access, handshake, announcement } = register
  const wire: treebus.wire.RegisterData.$Properties = {
    busId: long(register.id),
    pid: register.pid,
    hostname: register.hostname,
    channels: register.addresses.map((address) => ({ address })),
    supportedChannelSchema: [...register.schemes],
    supportedCompressionAlgorithm: [...register.compressions],
    flags: register.flags,
    accessKey: access ? accessShape(access) : null,
    hashCode: register.hashCode,
    cryptoHandshake: handshake ? handshakeShape(handshake) : null,
    announcement: announcement ? announcementShape(announcement) : null,
  }
  treebus.wire.RegisterData.encode(wire, writer)
}

export function writePing(ping: PingData, writer: protobuf.Writer): void {
  const wire: treebus.wire.PingData.$Properties = {
    timePoint: long(ping.timePointUs),
    cryptoHandshake: ping.handshake ? handshakeShape(ping.handshake) : null,
    refreshBinding: [...ping.refreshBindings],
  }
  treebus.wire.PingData.encode(wire, writer)
}

export function writeCommand(command: CommandData, writer: protobuf.Writer): void {
  const wire: treebus.wire.CustomCommandData.$Properties = {
    from: long(command.from),
    commands: command.args.map((arg) => ({ arg })),
    accessKey: command.access ? accessShape(command.access) : null,
    binding: [...(command.bindings ?? [])],
  }
  treebus.wire.CustomCommandData.encode(wire, writer)
}

export function writeConfirm(confirm: ConfirmData, writer: protobuf.Writer): void {
  const wire: treebus.wire.HandshakeConfirmData.$Properties = {
    sequence: long(confirm.sequence),
    binding: [...(confirm.bindings ?? [])],
  }
  treebus.wire.HandshakeConfirmData.encode(wire, writer)
}

export function writeHandshake(handshake: Handshake, writer: protobuf.Writer): void {
  treebus.wire.CryptoHandshakeData.encode(handshakeShape(handshake), writer)
}
