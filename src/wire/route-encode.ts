// From our routing messages to what protobufjs encodes.

import type protobuf from 'protobufjs/minimal.js'
import { type Long, long } from './control-encode.js'
import { treebus } from './generated/bus.js'
import type { RouteBody, SubscribeRequest, SubscribeResponse } from './route-messages.js'

/** Numbers of the wire's `mode`. */
export const MODE = { full: 0, resume: 1 } as const

function whole(value: number): Long {
  return long(BigInt(value))
}

function writeSubscribe(subscribe: SubscribeRequest, writer: protobuf.Writer): void {
  const { detail, recordsMax, resume } = subscribe
  const wire: treebus.wire.SubscribeRequest.$Properties = {
    detail,
    recordsMax,
    resume: resume ? { incarnation: resume.incarnation, sequence: whole(resume.sequence) } : null,
  }
  treebus.wire.SubscribeRequest.encode(wire, writer)
}

function writeSubscribed(subscribed: SubscribeResponse, writer: protobuf.Writer): void {
  const wire: treebus.wire.SubscribeResponse.$Properties = {
    ...subscribed,
    mode: MODE[subscribed.mode],
    sequence: whole(subscribed.sequence),
    ancestors: subscribed.ancestors.map(long),
  }
  treebus.wire.SubscribeResponse.encode(wire, writer)
}

export function writeRoute(body: RouteBody, writer: protobuf.Writer): void {
  switch (body.kind) {
    case 'subscribe_req':
      writeSubscribe(body.subscribe, writer)
      break
    case 'subscribe_rsp':
      writeSubscribed(body.subscribed, writer)
      break
    case 'route_refuse': {
      const { id, incarnation, reason } = body.refused
      treebus.wire.RouteRefuse.encode({ id: long(id), incarnation, reason }, writer)
      break
    }
    case 'unsubscribe':
      break
    case 'conn_sync': {
      const { id, incarnation, addresses } = body.sync
      const wire = { id: long(id), incarnation, addresses: [...addresses] }
      treebus.wire.ConnSync.encode(wire, writer)
      break
    }
    case 'conn_sync_rsp': {
      const { id, resultCode } = body.synced
      treebus.wire.ConnSyncResponse.encode({ id: long(id), resultCode }, writer)
    }
  }
}
