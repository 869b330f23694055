// Encodes messages of the data path by hand: one whole frame straight into a carrier's memory.

import { BODY_FIELD } from './body.js'
import { DataTemplate } from './data-template.js'
import { frameBytes, frameHeaderBytes, sealFrame } from './frame.js'
import { HEAD_TAG, PROTOCOL_VERSION } from './head-fields.js'
import { headBytes, OutgoingHead, sourceField, writeHead } from './head-writer.js'
import type { Outlet } from './outlet.js'
import {
  copyBytes,
  longVarintBytes,
  varintBytes,
  writeFixed64,
  writeLongVarint,
  writeVarint,
  zigzag,
} from './proto-writer.js'
import { vintBytes, writeVint } from './vint.js'

export type DataKind = 'data_req' | 'data_rsp'

export const DATA_TAG = {
  FROM: 0x08,
  TO: 0x10,
  ROUTER: 0x1a,
  CONTENT: 0x22,
  FLAGS: 0x28,
} as const

/** Field 1001, length-delimited, takes a tag of two bytes: 1001 << 3 | 2 is 8010. */
const EXTENSION_TAG = 8010
const EXTENSION_TAG_BYTES = 2
const EXTENSION = { KIND: 0x08, NUMBER: 0x11, CODE: 0x18 } as const

/** A message_body that holds a data_transform_req. */
const DATA_REQ_TAG = (BODY_FIELD.data_req << 3) | 2

const NOTHING = new Uint8Array(0)

/** Who sends, as fields ready to copy: made once for a node, used for every message. */
export class SelfId {
  readonly high: number
  readonly low: number
  /** `source_bus_id` of the head; empty for id 0. */
  readonly source: Uint8Array
  /** `from` of forward_data; empty for id 0. */
  readonly from: Uint8Array
  /** The id as an entry of a packed router, and a router that holds nothing else. */
  readonly entry: Uint8Array
  readonly router: Uint8Array
  /** Of the frames that this one sends. */
  readonly template = new DataTemplate()
  #envelope: Uint8Array
  #toHigh = 0
  #toLow = 0

  constructor(high: number, low: number) {
    this.high = high
    this.low = low
    this.source = sourceField(high, low)
    this.entry = new Uint8Array(longVarintBytes(high, low))
    writeLongVarint(this.entry, 0, high, low)
    const absent = high === 0 && low === 0
    this.from = absent ? NOTHING : Uint8Array.of(DATA_TAG.FROM, ...this.entry)
    this.router = Uint8Array.of(DATA_TAG.ROUTER, this.entry.length, ...this.entry)
    this.#envelope = this.#newEnvelope(0, 0)
  }

  /** `from`, `to` and `router` of a message to that id; made anew only when the id changes. */
  envelopeTo(high: number, low: number): Uint8Array {
    if (high !== this.#toHigh || low !== this.#toLow) {
      this.#envelope = this.#newEnvelope(high, low)
      this.#toHigh = high
      this.#toLow = low
    }
    return this.#envelope
  }

  #newEnvelope(high: number, low: number): Uint8Array {
    if (high === 0 && low === 0) return Uint8Array.of(...this.from, ...this.router)
    const to = new Uint8Array(longVarintBytes(high, low))
    writeLongVarint(to, 0, high, low)
    return Uint8Array.of(...this.from, DATA_TAG.TO, ...to, ...this.router)
  }
}

/** A message to encode. A reusable record; its sender is the `SelfId` given beside it. */
export class OutgoingData {
  kind: DataKind = 'data_req'
  /** The user's message type, a signed 32-bit number. */
  type = 0
  resultCode = 0
  sequenceHi = 0
  sequenceLo = 0
  toHi = 0
  toLo = 0
  content: Uint8Array = NOTHING
  flags = 0
  /** 0: no extension, and the next three are not written. */
  extensionKind = 0
  extensionHi = 0
  extensionLo = 0
  extensionCode = 0
}

/** Bytes of the forward_data that `writeDataBody` wraps. */
function forwardBytes(self: SelfId, data: OutgoingData): number {
  const contentBytes = data.content.length
  let bytes = self.from.length + self.router.length
  if ((data.toHi | data.toLo) !== 0) bytes += 1 + longVarintBytes(data.toHi | 0, data.toLo | 0)
  if (contentBytes !== 0) bytes += 1 + varintBytes(contentBytes) + contentBytes
  if (data.flags !== 0) bytes += 1 + varintBytes(data.flags | 0)
  // Its own fields are at most 22 bytes, so the length before them is one byte.
  if (data.extensionKind !== 0) bytes += EXTENSION_TAG_BYTES + 1 + extensionBytes(data)
  return bytes
}

function extensionBytes(data: OutgoingData): number {
  let bytes = 1 + varintBytes(data.extensionKind)
  if ((data.extensionHi | data.extensionLo) !== 0) bytes += 9
  if (data.extensionCode !== 0) bytes += 1 + varintBytes(zigzag(data.extensionCode))
  return bytes
}

function writeForward(
  buffer: Uint8Array,
  offset: number,
  self: SelfId,
  data: OutgoingData,
): number {
  const { content } = data
  let at = copyBytes(buffer, offset, self.from, 0, self.from.length)
  if ((data.toHi | data.toLo) !== 0) {
    buffer[at] = DATA_TAG.TO
    at = writeLongVarint(buffer, at + 1, data.toHi | 0, data.toLo | 0)
  }
  at = copyBytes(buffer, at, self.router, 0, self.router.length)
  if (content.length !== 0) {
    buffer[at] = DATA_TAG.CONTENT
    at = writeVarint(buffer, at + 1, content.length)
    at = copyBytes(buffer, at, content, 0, content.length)
  }
  if (data.flags !== 0) {
    buffer[at] = DATA_TAG.FLAGS
    at = writeVarint(buffer, at + 1, data.flags)
  }
  return data.extensionKind === 0 ? at : writeExtension(buffer, at, data)
}

function writeExtension(buffer: Uint8Array, offset: number, data: OutgoingData): number {
  let at = writeVarint(buffer, offset, EXTENSION_TAG)
  buffer[at++] = extensionBytes(data)
  buffer[at] = EXTENSION.KIND
  at = writeVarint(buffer, at + 1, data.extensionKind)
  if ((data.extensionHi | data.extensionLo) !== 0) {
    buffer[at] = EXTENSION.NUMBER
    at = writeFixed64(buffer, at + 1, data.extensionHi | 0, data.extensionLo | 0)
  }
  if (data.extensionCode === 0) return at
  buffer[at] = EXTENSION.CODE
  return writeVarint(buffer, at + 1, zigzag(data.extensionCode))
}

/** Bytes of a message_body around a forward_data of `forwardedBytes`. */
export function dataBodyBytes(forwardedBytes: number): number {
  return 1 + varintBytes(forwardedBytes) + forwardedBytes
}

/** What stands in a message_body before its forward_data. */
export function writeDataBodyHead(
  buffer: Uint8Array,
  offset: number,
  kind: DataKind,
  forwardedBytes: number,
): number {
  buffer[offset] = (BODY_FIELD[kind] << 3) | 2
  return writeVarint(buffer, offset + 1, forwardedBytes)
}

/** The serialised message_body alone, in memory of its own: for links that encrypt or compress. */
export function bodyOfData(self: SelfId, data: OutgoingData): Uint8Array {
  const bytes = forwardBytes(self, data)
  const body = new Uint8Array(dataBodyBytes(bytes))
  writeForward(body, writeDataBodyHead(body, 0, data.kind, bytes), self, data)
  return body
}

/** Copies what of a record belongs into the head, for a message in clear. */
export function headOfData(head: OutgoingHead, self: SelfId, data: OutgoingData): void {
  head.type = data.type
  head.resultCode = data.resultCode
  head.sequenceHi = data.sequenceHi
  head.sequenceLo = data.sequenceLo
  head.source = self.source
}

// One head serves all messages in clear: encoding never waits, so it is never in use twice.
const clearHead = new OutgoingHead()

/**
 * One frame in clear: hash, length, head, body. A message with nothing out of the ordinary is
 * written in one pass: this is what every message of the data path pays.
 */
export function encodeData(
  outlet: Outlet,
  self: SelfId,
  data: OutgoingData,
): 'ok' | 'full' | 'closed' {
  const isNumbered = (data.sequenceHi | data.sequenceLo) !== 0
  const isUsual = isNumbered && data.kind === 'data_req' && data.resultCode === 0 && data.type >= 0
  if (isUsual && data.flags === 0 && data.extensionKind === 0 && data.content.length > 0) {
    return self.template.write(outlet, data) ?? encodeUsual(outlet, self, data)
  }
  headOfData(clearHead, self, data)
  const bytes = forwardBytes(self, data)
  const claimed = claimClear(outlet, clearHead, dataBodyBytes(bytes))
  if (claimed !== 'ok') return claimed
  const { buffer } = outlet
  const at = writeDataBodyHead(buffer, writeClear(outlet, clearHead), data.kind, bytes)
  writeForward(buffer, at, self, data)
  commitClear(outlet)
  return 'ok'
}

/** Version, tag and value; the tags of sequence and body_size. */
const USUAL_HEAD_BYTES = 4

function encodeUsual(outlet: Outlet, self: SelfId, data: OutgoingData): 'ok' | 'full' | 'closed' {
  const { type, sequenceHi, sequenceLo, toHi, toLo, content } = data
  const envelope = self.envelopeTo(toHi, toLo)
  const contentBytes = content.length
  const forwardedBytes = envelope.length + 1 + varintBytes(contentBytes) + contentBytes
  const bodyBytes = 1 + varintBytes(forwardedBytes) + forwardedBytes
  // Below 128: nothing in such a head is longer than a 64-bit number.
  let headBytes = USUAL_HEAD_BYTES + self.source.length + varintBytes(bodyBytes)
  headBytes += longVarintBytes(sequenceHi, sequenceLo)
  if (type !== 0) headBytes += 1 + varintBytes(type)
  const innerBytes = 1 + headBytes + bodyBytes
  const headerBytes = frameHeaderBytes(innerBytes)
  const claimed = outlet.claim(headerBytes + innerBytes)
  if (claimed !== 'ok') return claimed
  const { buffer, offset } = outlet
  let at = offset + headerBytes
  buffer[at++] = headBytes
  buffer[at++] = HEAD_TAG.VERSION
  buffer[at++] = PROTOCOL_VERSION
  if (type !== 0) {
    buffer[at++] = HEAD_TAG.TYPE
    at = writeVarint(buffer, at, type)
  }
  buffer[at++] = HEAD_TAG.SEQUENCE
  const sequenceAt = at
  at = writeLongVarint(buffer, at, sequenceHi, sequenceLo)
  at = copyShort(buffer, at, self.source)
  buffer[at++] = HEAD_TAG.BODY_BYTES
  at = writeVarint(buffer, at, bodyBytes)
  buffer[at++] = DATA_REQ_TAG
  at = writeVarint(buffer, at, forwardedBytes)
  at = copyShort(buffer, at, envelope)
  buffer[at++] = DATA_TAG.CONTENT
  at = writeVarint(buffer, at, contentBytes)
  copyBytes(buffer, at, content, 0, contentBytes)
  const end = sealFrame(buffer, offset, innerBytes)
  self.template.learn(outlet, data, offset + headerBytes, sequenceAt, end)
  outlet.commit(headerBytes + innerBytes)
  return 'ok'
}

function copyShort(buffer: Uint8Array, offset: number, source: Uint8Array): number {
  const bytes = source.length
  for (let i = 0; i < bytes; i++) buffer[offset + i] = source[i]!
  return offset + bytes
}

// Sizes between `claimClear` and `commitClear`.
let payloadBytes = 0
let claimedHeadBytes = 0

/** Room for a frame in clear around a body of `bodyBytes`. The calls below finish it. */
export function claimClear(
  outlet: Outlet,
  head: OutgoingHead,
  bodyBytes: number,
): 'ok' | 'full' | 'closed' {
  head.bodyBytes = bodyBytes
  claimedHeadBytes = headBytes(head)
  payloadBytes = vintBytes(claimedHeadBytes) + claimedHeadBytes + bodyBytes
  return outlet.claim(frameBytes(payloadBytes))
}

/** Writes the head of what was claimed and returns the offset where its body belongs. */
export function writeClear(outlet: Outlet, head: OutgoingHead): number {
  const payloadStart = outlet.offset + frameHeaderBytes(payloadBytes)
  return writeHead(outlet.buffer, writeVint(outlet.buffer, payloadStart, claimedHeadBytes), head)
}

/** The body is written: seals and commits the frame. */
export function commitClear(outlet: Outlet): void {
  sealFrame(outlet.buffer, outlet.offset, payloadBytes)
  outlet.commit(frameBytes(payloadBytes))
}
