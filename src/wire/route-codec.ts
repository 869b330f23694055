// Encodes and decodes the routing messages that are small, through protobufjs.

import type protobuf from 'protobufjs/minimal.js'
import { allWithin, CONTROL_BOUNDS as bounds } from './control-bounds.js'
import { long, unsigned } from './control-numbers.js'
import { treebus } from './generated/bus.js'
import type { RouteBody } from './route-messages.js'

export const ROUTE_KINDS = {
  subscribe_req: true,
  subscribe_rsp: true,
  route_refuse: true,
  unsubscribe: true,
  conn_sync: true,
  conn_sync_rsp: true,
} as const satisfies Record<RouteBody['kind'], true>

const MODES = ['full', 'resume'] as const

export function writeRoute(body: RouteBody, writer: protobuf.Writer): void {
  const { wire } = treebus
  switch (body.kind) {
    case 'subscribe_req': {
      const { detail, recordsMax, resume } = body.request
      const point = resume && { ...resume, sequence: long(BigInt(resume.sequence)) }
      wire.SubscribeReq.encode({ detail, recordsMax, resume: point ?? null }, writer)
      return
    }
    case 'subscribe_rsp': {
      const { ancestors, mode, sequence, ...rest } = body.response
      const shape = {
        ...rest,
        mode: MODES.indexOf(mode),
        sequence: long(BigInt(sequence)),
        ancestors: ancestors.map(long),
      }
      wire.SubscribeRsp.encode(shape, writer)
      return
    }
    case 'route_refuse':
      wire.RouteRefuse.encode({ ...body.refuse, id: long(body.refuse.id) }, writer)
      return
    case 'conn_sync': {
      const { addresses, id, incarnation } = body.sync
      wire.ConnSync.encode({ id: long(id), incarnation, addresses: [...addresses] }, writer)
      return
    }
    case 'conn_sync_rsp':
      wire.ConnSyncRsp.encode({ ...body.response, id: long(body.response.id) }, writer)
      return
    case 'unsubscribe':
  }
}

/** Throws where the bytes are not protobuf; undefined where a bound is broken. */
export function readRoute(kind: RouteBody['kind'], reader: protobuf.Reader): RouteBody | undefined {
  switch (kind) {
    case 'subscribe_req':
      return readSubscribeRequest(reader)
    case 'subscribe_rsp':
      return readSubscribeResponse(reader)
    case 'route_refuse': {
      const { id, incarnation, reason } = treebus.wire.RouteRefuse.decode(reader)
      const life = lifeOf(incarnation)
      return life && { kind, refuse: { id: unsigned(id), incarnation: life, reason: reason ?? 0 } }
    }
    case 'conn_sync': {
      const { addresses = [], id, incarnation } = treebus.wire.ConnSync.decode(reader)
      const life = lifeOf(incarnation)
      const list = addresses ?? []
      if (!allWithin(list, bounds.syncAddressCountMax, bounds.addressCharsMax)) return undefined
      return life && { kind, sync: { id: unsigned(id), incarnation: life, addresses: list } }
    }
    case 'conn_sync_rsp': {
      const { id, resultCode } = treebus.wire.ConnSyncRsp.decode(reader)
      return { kind, response: { id: unsigned(id), resultCode: resultCode ?? 0 } }
    }
    case 'unsubscribe':
      return { kind }
  }
}

function readSubscribeRequest(reader: protobuf.Reader): RouteBody | undefined {
  const { detail, recordsMax, resume } = treebus.wire.SubscribeReq.decode(reader)
  const request = { detail: detail ?? 0, recordsMax: (recordsMax ?? 0) >>> 0 }
  if (!resume) return { kind: 'subscribe_req', request }
  const incarnation = lifeOf(resume.incarnation)
  const sequence = sequenceOf(resume.sequence)
  if (incarnation === undefined || sequence === undefined) return undefined
  return { kind: 'subscribe_req', request: { ...request, resume: { incarnation, sequence } } }
}

function readSubscribeResponse(reader: protobuf.Reader): RouteBody | undefined {
  const said = treebus.wire.SubscribeRsp.decode(reader)
  const incarnation = lifeOf(said.incarnation)
  const sequence = sequenceOf(said.sequence)
  const mode = MODES[said.mode ?? 0]
  const ancestors = said.ancestors ?? []
  if (incarnation === undefined || sequence === undefined || mode === undefined) return undefined
  if (ancestors.length > bounds.ancestorCountMax) return undefined
  const response = {
    resultCode: said.resultCode ?? 0,
    incarnation,
    mode,
    sequence,
    total: (said.total ?? 0) >>> 0,
    warming: said.warming ?? false,
    opaque: said.opaque ?? false,
    ancestors: ancestors.map(unsigned),
  }
  return { kind: 'subscribe_rsp', response }
}

function lifeOf(bytes: Uint8Array | null | undefined): Uint8Array | undefined {
  return bytes?.length === bounds.incarnationBytesMax ? bytes.slice() : undefined
}

function sequenceOf(value: Parameters<typeof unsigned>[0]): number | undefined {
  const sequence = Number(unsigned(value))
  return Number.isSafeInteger(sequence) ? sequence : undefined
}
