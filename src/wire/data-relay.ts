// Sends a received message on: forwarded with its bytes as they are, or turned into its answer.

import {
  claimClear,
  commitClear,
  DATA_TAG,
  type DataKind,
  dataBodyBytes,
  type SelfId,
  writeClear,
  writeDataBodyHead,
} from './data-codec.js'
import { type DataCursor, FORWARD_FIELD } from './data-cursor.js'
import type { InnerCursor } from './head.js'
import { OutgoingHead, sourceField } from './head-writer.js'
import type { Outlet } from './outlet.js'
import { ProtoReader } from './proto-reader.js'
import {
  copyBytes,
  longVarintBytes,
  varintBytes,
  writeLongVarint,
  writeVarint,
} from './proto-writer.js'

/** How a message goes on. */
export interface Relay {
  readonly kind: DataKind
  /** Own id becomes the last entry of the router, which is what the ttl counts (spec D.5). */
  readonly appendSelf: boolean
  /** `source_bus_id` becomes ours; else it stays what the received head says. */
  readonly sourceSelf: boolean
}

export const FORWARD_REQUEST: Relay = { kind: 'data_req', appendSelf: true, sourceSelf: true }
/** A response goes back without being counted (spec D.5). */
export const FORWARD_RESPONSE: Relay = { kind: 'data_rsp', appendSelf: false, sourceSelf: true }

/** How a request is answered. */
export interface Answer {
  /** 0, or the wire number of an error. */
  readonly resultCode: number
  /** The family sends the content back; without it an answer is short. */
  readonly echoContent: boolean
}

// Encoding never waits, so one of each serves all calls.
const relayHead = new OutgoingHead()
const fieldReader = new ProtoReader()

/** Re-frames what was received, in clear. Fields that we do not know go on as they are. */
export function encodeForward(
  outlet: Outlet,
  self: SelfId,
  head: InnerCursor,
  data: DataCursor,
  relay: Relay,
): 'ok' | 'full' | 'closed' {
  headOfForward(relayHead, self, head, relay)
  const bytes = forwardedBytes(self, data, relay)
  const claimed = claimClear(outlet, relayHead, dataBodyBytes(bytes))
  if (claimed !== 'ok') return claimed
  const at = writeClear(outlet, relayHead)
  writeForwarded(outlet.buffer, at, { self, data, relay, bytes })
  commitClear(outlet)
  return 'ok'
}

/** The body alone of `encodeForward`. */
export function bodyOfForward(self: SelfId, data: DataCursor, relay: Relay): Uint8Array {
  const bytes = forwardedBytes(self, data, relay)
  const body = new Uint8Array(dataBodyBytes(bytes))
  writeForwarded(body, 0, { self, data, relay, bytes })
  return body
}

/** The head of a forwarded message. Crypto and compression of the hop before are not carried on. */
export function headOfForward(
  into: OutgoingHead,
  self: SelfId,
  head: InnerCursor,
  relay: Relay,
): void {
  into.type = head.type
  into.resultCode = head.resultCode
  into.sequenceHi = head.sequenceHi | 0
  into.sequenceLo = head.sequenceLo | 0
  into.source = relay.sourceSelf ? self.source : sourceField(head.sourceHi, head.sourceLo)
}

/** Turns a received request into its response, in clear (spec D.5, send_transfer_response). */
export function encodeAnswer(
  outlet: Outlet,
  self: SelfId,
  head: InnerCursor,
  data: DataCursor,
  answer: Answer,
): 'ok' | 'full' | 'closed' {
  headOfAnswer(relayHead, self, head, answer)
  const bytes = answerBytes(self, data, answer)
  const claimed = claimClear(outlet, relayHead, dataBodyBytes(bytes))
  if (claimed !== 'ok') return claimed
  const { buffer } = outlet
  const at = writeDataBodyHead(buffer, writeClear(outlet, relayHead), 'data_rsp', bytes)
  writeAnswer(buffer, at, self, data, answer)
  commitClear(outlet)
  return 'ok'
}

/** The body alone of `encodeAnswer`. */
export function bodyOfAnswer(self: SelfId, data: DataCursor, answer: Answer): Uint8Array {
  const bytes = answerBytes(self, data, answer)
  const body = new Uint8Array(dataBodyBytes(bytes))
  writeAnswer(body, writeDataBodyHead(body, 0, 'data_rsp', bytes), self, data, answer)
  return body
}

/** The head of an answer: type and sequence of the request. */
export function headOfAnswer(
  into: OutgoingHead,
  self: SelfId,
  head: InnerCursor,
  answer: Answer,
): void {
  into.type = head.type
  into.resultCode = answer.resultCode
  into.sequenceHi = head.sequenceHi | 0
  into.sequenceLo = head.sequenceLo | 0
  into.source = self.source
}

function forwardedBytes(self: SelfId, data: DataCursor, relay: Relay): number {
  const bytes = data.end - data.start
  return relay.appendSelf ? bytes + growthBytes(self, data) : bytes
}

/** What the own id adds to a router: an entry of its last packed chunk, or a chunk of its own. */
function growthBytes(self: SelfId, data: DataCursor): number {
  if (data.routerLengthAt < 0) return self.router.length
  const chunkBytes = data.routerEnd - data.routerStart
  const lengthBytes = data.routerStart - data.routerLengthAt
  return self.entry.length + varintBytes(chunkBytes + self.entry.length) - lengthBytes
}

interface Forwarding {
  readonly self: SelfId
  readonly data: DataCursor
  readonly relay: Relay
  /** Of the forward_data that goes out. */
  readonly bytes: number
}

function writeForwarded(buffer: Uint8Array, offset: number, forwarding: Forwarding): void {
  const { self, data, relay, bytes } = forwarding
  const at = writeDataBodyHead(buffer, offset, relay.kind, bytes)
  if (!relay.appendSelf) {
    copyBytes(buffer, at, data.buffer, data.start, data.end)
    return
  }
  const behind = writeGrown(buffer, at, self, data, data.start)
  copyBytes(buffer, behind, data.buffer, data.routerEnd, data.end)
}

/** Copies `[from, routerEnd)` of a message, its router grown by the own id. */
function writeGrown(
  buffer: Uint8Array,
  offset: number,
  self: SelfId,
  data: DataCursor,
  from: number,
): number {
  const { entry, router } = self
  if (data.routerLengthAt < 0) {
    const at = copyBytes(buffer, offset, data.buffer, from, data.routerEnd)
    return copyBytes(buffer, at, router, 0, router.length)
  }
  const chunkBytes = data.routerEnd - data.routerStart
  let at = copyBytes(buffer, offset, data.buffer, from, data.routerLengthAt)
  at = writeVarint(buffer, at, chunkBytes + entry.length)
  at = copyBytes(buffer, at, data.buffer, data.routerStart, data.routerEnd)
  return copyBytes(buffer, at, entry, 0, entry.length)
}

/** Whether the answer's router ends with this node only if it is added. */
function appends(self: SelfId, data: DataCursor): boolean {
  if (data.routerCount === 0) return true
  return data.routerLastHi !== self.high || data.routerLastLo !== self.low
}

function endpointBytes(high: number, low: number): number {
  return (high | low) === 0 ? 0 : 1 + longVarintBytes(high, low)
}

function answerBytes(self: SelfId, data: DataCursor, answer: Answer): number {
  let bytes = endpointBytes(data.toHi, data.toLo) + endpointBytes(data.fromHi, data.fromLo)
  eachKept(data, answer, (start, end) => {
    bytes += end - start
  })
  return appends(self, data) ? bytes + growthBytes(self, data) : bytes
}

function writeAnswer(
  buffer: Uint8Array,
  offset: number,
  self: SelfId,
  data: DataCursor,
  answer: Answer,
): void {
  let at = writeEndpoint(buffer, offset, DATA_TAG.FROM, data.toHi, data.toLo)
  at = writeEndpoint(buffer, at, DATA_TAG.TO, data.fromHi, data.fromLo)
  let grows = appends(self, data)
  eachKept(data, answer, (start, end) => {
    if (grows && start >= data.routerEnd) {
      grows = false
      at = copyBytes(buffer, at, self.router, 0, self.router.length)
    }
    if (grows && end === data.routerEnd) {
      grows = false
      at = writeGrown(buffer, at, self, data, start)
    } else {
      at = copyBytes(buffer, at, data.buffer, start, end)
    }
  })
  if (grows) copyBytes(buffer, at, self.router, 0, self.router.length)
}

function writeEndpoint(
  buffer: Uint8Array,
  offset: number,
  tag: number,
  high: number,
  low: number,
): number {
  if ((high | low) === 0) return offset
  buffer[offset] = tag
  return writeLongVarint(buffer, offset + 1, high, low)
}

/** Every field of the request that its answer repeats: all but the two ids, and maybe content. */
function eachKept(
  data: DataCursor,
  answer: Answer,
  visit: (start: number, end: number) => void,
): void {
  fieldReader.open(data.buffer, data.start, data.end)
  while (fieldReader.position < data.end) {
    const start = fieldReader.position
    // The cursor has parsed these bytes before.
    if (!fieldReader.tag()) return
    const { field } = fieldReader
    if (!fieldReader.skip()) return
    if (field === FORWARD_FIELD.FROM || field === FORWARD_FIELD.TO) continue
    if (field === FORWARD_FIELD.CONTENT && !answer.echoContent) continue
    visit(start, fieldReader.position)
  }
}
