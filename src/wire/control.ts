// Encodes and decodes the messages beside the data path: registration, ping, commands, confirm.

import protobuf from 'protobufjs/minimal.js'
import { BODY_FIELD } from './body.js'
import { readCarrier, writeCarrier } from './carrier-codec.js'
import { CONTROL_BOUNDS, commandFits } from './control-bounds.js'
import { readCommand, readConfirm, readPing, readRegister } from './control-decode.js'
import {
  writeCommand,
  writeConfirm,
  writeHandshake,
  writePing,
  writeRegister,
} from './control-encode.js'
import type { ControlBody, ControlKind, Handshake } from './control-messages.js'
import { treebus } from './generated/bus.js'
import { headBytes, OutgoingHead, sourceField, writeHead } from './head-writer.js'
import { copyBytes, varintBytes, writeVarint } from './proto-writer.js'
import { readRoute } from './route-decode.js'
import { writeRoute } from './route-encode.js'
import { vintBytes, writeVint } from './vint.js'

export type * from './control-messages.js'

export interface ControlHead {
  /** 0 by default. */
  readonly type?: number
  readonly resultCode: number
  readonly sequence: bigint
  readonly sourceId: bigint
}

/** A whole inner message in clear, without frame. */
export function encodeControl(head: ControlHead, body: ControlBody): Uint8Array {
  const bytes = encodeControlBody(body)
  const outgoing = new OutgoingHead()
  outgoing.type = head.type ?? 0
  outgoing.resultCode = head.resultCode
  outgoing.sequenceHi = upperHalf(head.sequence)
  outgoing.sequenceLo = lowerHalf(head.sequence)
  outgoing.source = sourceField(upperHalf(head.sourceId), lowerHalf(head.sourceId))
  outgoing.bodyBytes = bytes.length
  const inHead = headBytes(outgoing)
  const inner = new Uint8Array(vintBytes(inHead) + inHead + bytes.length)
  inner.set(bytes, writeHead(inner, writeVint(inner, 0, inHead), outgoing))
  return inner
}

/** The serialised message_body. */
export function encodeControlBody(body: ControlBody): Uint8Array {
  const member = encodeControlMember(body)
  const tag = (BODY_FIELD[body.kind] << 3) | 2
  const bytes = new Uint8Array(varintBytes(tag) + varintBytes(member.length) + member.length)
  const at = writeVarint(bytes, writeVarint(bytes, 0, tag), member.length)
  copyBytes(bytes, at, member, 0, member.length)
  return bytes
}

/** The member alone, as a receiver finds it in `RegisterData.raw`: what bindings cover. */
export function encodeControlMember(body: ControlBody): Uint8Array {
  const writer = protobuf.Writer.create()
  switch (body.kind) {
    case 'command_req':
    case 'command_rsp':
      writeCommand(body.command, writer)
      break
    case 'register_req':
    case 'register_rsp':
      writeRegister(body.register, writer)
      break
    case 'ping':
    case 'pong':
      writePing(body.ping, writer)
      break
    case 'handshake_confirm':
      writeConfirm(body, writer)
      break
    case 'leave':
      writeLeave(body, writer)
      break
    case 'ring_offer':
    case 'ring_answer':
    case 'carrier':
      writeCarrier(body, writer)
      break
    default:
      writeRoute(body, writer)
  }
  return finished(writer)
}

function writeLeave(
  { code, drains, follows = false, yields = false }: Extract<ControlBody, { kind: 'leave' }>,
  writer: protobuf.Writer,
): void {
  treebus.wire.Leave.encode({ code, drains, follows, yields }, writer)
}

/** A crypto_handshake_data alone: what the bindings of a key refresh cover. */
export function encodeHandshake(handshake: Handshake): Uint8Array {
  const writer = protobuf.Writer.create()
  writeHandshake(handshake, writer)
  return finished(writer)
}

/**
 * Decodes a member that a `BodyCursor` found. Undefined for whatever does not parse or breaks a
 * bound; unknown fields are skipped. Only `raw` and a command's arguments refer to `buffer`.
 */
export function decodeControlBody(
  kind: ControlKind,
  buffer: Uint8Array,
  start: number,
  end: number,
): ControlBody | undefined {
  const isCommand = kind === 'command_req' || kind === 'command_rsp'
  if (isCommand && !commandFits(buffer, start, end)) return undefined
  if (!isCommand && end - start > CONTROL_BOUNDS.messageBytesMax) return undefined
  const raw = viewOf(buffer, start, end)
  try {
    return decodeMember(kind, new protobuf.Reader(raw))
  } catch {
    // protobufjs reports every damage by throwing, in no class of its own.
    return undefined
  }
}

function decodeMember(kind: ControlKind, reader: protobuf.Reader): ControlBody | undefined {
  switch (kind) {
    case 'command_req':
    case 'command_rsp': {
      const command = readCommand(reader)
      return command && { kind, command }
    }
    case 'register_req':
    case 'register_rsp': {
      const register = readRegister(reader)
      return register && { kind, register: { ...register, raw: reader.buf } }
    }
    case 'ping':
    case 'pong': {
      const ping = readPing(reader)
      return ping && { kind, ping }
    }
    case 'handshake_confirm': {
      const confirm = readConfirm(reader)
      return confirm && { kind, ...confirm }
    }
    case 'leave': {
      const { code, drains, follows, yields } = treebus.wire.Leave.decode(reader)
      const of = { ...(yields && { yields }), ...(follows && { follows }) }
      return { kind, code: code ?? 0, drains: drains ?? false, ...of }
    }
    case 'ring_offer':
    case 'ring_answer':
    case 'carrier':
      return readCarrier(kind, reader)
    default:
      return readRoute(kind, reader)
  }
}

/** A plain view, also of a Node Buffer, whose `slice` would share instead of copying. */
function viewOf(buffer: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start)
}

function finished(writer: protobuf.Writer): Uint8Array {
  const bytes = writer.finish()
  return viewOf(bytes, 0, bytes.length)
}

function upperHalf(value: bigint): number {
  return Number((value >> 32n) & 0xffff_ffffn)
}

function lowerHalf(value: bigint): number {
  return Number(value & 0xffff_ffffn)
}
