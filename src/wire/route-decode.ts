// From what protobufjs decodes to our routing messages; undefined where a bound is broken.

import type protobuf from 'protobufjs/minimal.js'
import { allWithin, CONTROL_BOUNDS as bounds } from './control-bounds.js'
import { copied, type Halves, type Maybe, unsigned } from './control-decode.js'
import { treebus } from './generated/bus.js'
import { MODE } from './route-encode.js'
import type {
  ConnSync,
  ConnSyncResponse,
  RouteBody,
  RouteKind,
  RouteRefuse,
  SubscribeRequest,
  SubscribeResponse,
  SubscribeResume,
} from './route-messages.js'

/** Sequences are counted in plain numbers: beyond what those hold exactly is no sequence. */
function sequenceOf(value: Maybe<Halves>): number | undefined {
  const sequence = Number(unsigned(value))
  return Number.isSafeInteger(sequence) ? sequence : undefined
}

function incarnationOf(value: Maybe<Uint8Array>): Uint8Array | undefined {
  return value?.length === bounds.incarnationBytesMax ? copied(value) : undefined
}

/** 0 names no node. */
function idOf(value: Maybe<Halves>): bigint | undefined {
  return unsigned(value) || undefined
}

function ancestorsOf(list: Maybe<readonly Halves[]>): bigint[] | undefined {
  if (!list) return []
  if (list.length > bounds.ancestorCountMax) return undefined
  const ids = list.map(unsigned)
  return ids.includes(0n) ? undefined : ids
}

function readResume(wire: treebus.wire.SubscribeResume.$Shape): SubscribeResume | undefined {
  const incarnation = incarnationOf(wire.incarnation)
  const sequence = sequenceOf(wire.sequence)
  if (incarnation === undefined || sequence === undefined) return undefined
  return { incarnation, sequence }
}

function readSubscribe(reader: protobuf.Reader): SubscribeRequest | undefined {
  const wire = treebus.wire.SubscribeRequest.decode(reader)
  const fields = { detail: wire.detail ?? 0, recordsMax: wire.recordsMax ?? 0 }
  if (!wire.resume) return fields
  const resume = readResume(wire.resume)
  return resume && { ...fields, resume }
}

function modeOf(value: number): SubscribeResponse['mode'] | undefined {
  if (value === MODE.full) return 'full'
  return value === MODE.resume ? 'resume' : undefined
}

function readSubscribed(reader: protobuf.Reader): SubscribeResponse | undefined {
  const wire = treebus.wire.SubscribeResponse.decode(reader)
  const incarnation = incarnationOf(wire.incarnation)
  const mode = modeOf(wire.mode ?? 0)
  const sequence = sequenceOf(wire.sequence)
  const ancestors = ancestorsOf(wire.ancestors)
  if (incarnation === undefined || mode === undefined) return undefined
  if (sequence === undefined || ancestors === undefined) return undefined
  return {
    resultCode: wire.resultCode ?? 0,
    incarnation,
    mode,
    sequence,
    total: wire.total ?? 0,
    warming: wire.warming ?? false,
    opaque: wire.opaque ?? false,
    ancestors,
  }
}

function readRefuse(reader: protobuf.Reader): RouteRefuse | undefined {
  const wire = treebus.wire.RouteRefuse.decode(reader)
  const id = idOf(wire.id)
  const incarnation = incarnationOf(wire.incarnation)
  if (id === undefined || incarnation === undefined) return undefined
  return { id, incarnation, reason: wire.reason ?? 0 }
}

function readSync(reader: protobuf.Reader): ConnSync | undefined {
  const wire = treebus.wire.ConnSync.decode(reader)
  const id = idOf(wire.id)
  const incarnation = incarnationOf(wire.incarnation)
  const addresses = wire.addresses ?? []
  if (id === undefined || incarnation === undefined) return undefined
  const isShort = allWithin(addresses, bounds.siblingAddressCountMax, bounds.addressCharsMax)
  return isShort ? { id, incarnation, addresses } : undefined
}

function readSynced(reader: protobuf.Reader): ConnSyncResponse | undefined {
  const wire = treebus.wire.ConnSyncResponse.decode(reader)
  const id = idOf(wire.id)
  return id === undefined ? undefined : { id, resultCode: wire.resultCode ?? 0 }
}

/** Throws where the bytes are not protobuf. */
export function readRoute(kind: RouteKind, reader: protobuf.Reader): RouteBody | undefined {
  switch (kind) {
    case 'subscribe_req': {
      const subscribe = readSubscribe(reader)
      return subscribe && { kind, subscribe }
    }
    case 'subscribe_rsp': {
      const subscribed = readSubscribed(reader)
      return subscribed && { kind, subscribed }
    }
    case 'route_refuse': {
      const refused = readRefuse(reader)
      return refused && { kind, refused }
    }
    case 'unsubscribe':
      treebus.wire.Unsubscribe.decode(reader)
      return { kind }
    case 'conn_sync': {
      const sync = readSync(reader)
      return sync && { kind, sync }
    }
    case 'conn_sync_rsp': {
      const synced = readSynced(reader)
      return synced && { kind, synced }
    }
  }
}
