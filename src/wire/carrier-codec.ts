// Between the messages about carriers and what protobufjs encodes and decodes.

import type protobuf from 'protobufjs/minimal.js'
import {
  CARRIER,
  type CarrierBody,
  type CarrierKind,
  type RingAnswer,
  type RingOffer,
} from './carrier-messages.js'
import { CONTROL_BOUNDS as bounds } from './control-bounds.js'
import { copied, type Maybe } from './control-decode.js'
import { treebus } from './generated/bus.js'

export function writeCarrier(body: CarrierBody, writer: protobuf.Writer): void {
  switch (body.kind) {
    case 'ring_offer':
      treebus.wire.RingOffer.encode(body.offer, writer)
      break
    case 'ring_answer':
      treebus.wire.RingAnswer.encode(body.answer, writer)
      break
    case 'carrier':
      treebus.wire.CarrierChange.encode({ to: CARRIER[body.to] }, writer)
  }
}

/** A process, a descriptor or a size: no system has larger ones. */
function numberOf(value: Maybe<number>): number | undefined {
  const number = value ?? 0
  return number < 2 ** 31 ? number : undefined
}

function markOf(value: Maybe<Uint8Array>): Uint8Array | undefined {
  return value?.length === bounds.ringMarkBytes ? copied(value) : undefined
}

function readOffer(reader: protobuf.Reader): RingOffer | undefined {
  const wire = treebus.wire.RingOffer.decode(reader)
  const hostMark = markOf(wire.hostMark)
  const nonce = markOf(wire.nonce)
  const ringBytes = numberOf(wire.ringBytes)
  const pid = numberOf(wire.pid)
  const memoryFd = numberOf(wire.memoryFd)
  const bellFd = numberOf(wire.bellFd)
  if (hostMark === undefined || nonce === undefined || ringBytes === undefined) return undefined
  if (pid === undefined || memoryFd === undefined || bellFd === undefined) return undefined
  return { hostMark, ringBytes, nonce, pid, memoryFd, bellFd }
}

function readAnswer(reader: protobuf.Reader): RingAnswer | undefined {
  const wire = treebus.wire.RingAnswer.decode(reader)
  const refused = wire.refused ?? ''
  if (refused.length > bounds.ringRefusalCharsMax) return undefined
  if (refused !== '') return { refused }
  const pid = numberOf(wire.pid)
  const bellFd = numberOf(wire.bellFd)
  return pid === undefined || bellFd === undefined ? undefined : { pid, bellFd }
}

/** Throws where the bytes are not protobuf. */
export function readCarrier(kind: CarrierKind, reader: protobuf.Reader): CarrierBody | undefined {
  switch (kind) {
    case 'ring_offer': {
      const offer = readOffer(reader)
      return offer && { kind, offer }
    }
    case 'ring_answer': {
      const answer = readAnswer(reader)
      return answer && { kind, answer }
    }
    case 'carrier': {
      const { to } = treebus.wire.CarrierChange.decode(reader)
      if ((to ?? 0) === CARRIER.socket) return { kind, to: 'socket' }
      return to === CARRIER.ring ? { kind, to: 'ring' } : undefined
    }
  }
}
