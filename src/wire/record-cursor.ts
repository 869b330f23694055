// Reads a record: what it holds, whom it is for, and the frame that it stands for.

import { BodyCursor } from './body.js'
import { encodeData, OutgoingData, SelfId } from './data-codec.js'
import { DataCursor } from './data-cursor.js'
import { encodeForward, FORWARD_REQUEST } from './data-relay.js'
import { payloadOfFrame } from './frame.js'
import { InnerCursor } from './head.js'
import { PROTOCOL_VERSION } from './head-fields.js'
import type { Outlet } from './outlet.js'
import {
  RECORD_AT,
  RECORD_EXTENSION_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_HOP_BYTES,
  RECORD_HOPS_MAX,
  RECORD_ROUTE_BYTES,
  RECORD_WORD,
  RECORD_WORD_MAX,
} from './record-header.js'

const NOTHING = new Uint8Array(0)
const NO_WORDS = new DataView(new ArrayBuffer(0))

/** Reads records, one after the other, into the cursors that a frame would be read into. */
export class RecordCursor {
  readonly head = new InnerCursor()
  readonly data = new DataCursor()
  /** Whether it names both ends; else they are those of the link, and `from` says who. */
  isRouted = false
  /** The nodes that a routed record has passed, its origin not counted. */
  hops = 0
  /** Where it begins, and where what it says of its way ends. */
  start = 0
  routeEnd = 0
  /** The words that it is in. */
  view: DataView = NO_WORDS
  readonly #self: SelfId

  /** For records to that node, or those that pass it. */
  constructor(self: SelfId) {
    this.#self = self
    this.head.version = PROTOCOL_VERSION
    this.#toSelf()
  }

  /**
   * The record at `start`; `end` is what its own length says, and lies in `view`. False for one
   * that no peer of ours writes. The offsets of a protobuf message that the cursors have stay
   * unset: only `rewrite` makes something that can be sent on.
   */
  read(view: DataView, buffer: Uint8Array, start: number, end: number): boolean {
    const word = view.getInt32(start + RECORD_AT.MARK, true)
    let contentAt = start + RECORD_HEADER_BYTES
    const { data, head } = this
    this.start = start
    if ((word & RECORD_WORD.ROUTED) !== 0) {
      contentAt = this.#readRoute(view, contentAt, end)
      if (contentAt < 0) return false
    } else if (this.isRouted) this.#toSelf()
    if ((word & ~RECORD_WORD.ROUTED) === RECORD_WORD.PLAIN) {
      if (data.hasExtension) this.#clearExtension()
    } else {
      // Below 0 are those whose last byte is not 0 either.
      if (word >>> 0 > RECORD_WORD_MAX || (word & 0xff) !== 0) return false
      if (end - contentAt < RECORD_EXTENSION_BYTES) return false
      this.#readExtension(view, contentAt)
      contentAt += RECORD_EXTENSION_BYTES
    }
    head.type = view.getInt32(start + RECORD_AT.TYPE, true)
    head.sequenceLo = view.getUint32(start + RECORD_AT.SEQUENCE_LOW, true)
    head.sequenceHi = view.getUint32(start + RECORD_AT.SEQUENCE_HIGH, true)
    if (data.buffer !== buffer) data.buffer = buffer
    data.contentStart = contentAt
    data.contentEnd = end
    return true
  }

  /** Returns the offset behind it, or -1. */
  #readRoute(view: DataView, at: number, end: number): number {
    if (end - at < RECORD_ROUTE_BYTES) return -1
    const hops = view.getUint32(at + RECORD_AT.HOPS, true)
    const entriesAt = at + RECORD_ROUTE_BYTES
    if (hops > RECORD_HOPS_MAX || end - entriesAt < hops * RECORD_HOP_BYTES) return -1
    const { data } = this
    data.fromLo = view.getUint32(at, true)
    data.fromHi = view.getUint32(at + RECORD_AT.FROM_HIGH, true)
    data.toLo = view.getUint32(at + RECORD_AT.TO_LOW, true)
    data.toHi = view.getUint32(at + RECORD_AT.TO_HIGH, true)
    data.routerCount = hops + 1
    const behind = entriesAt + hops * RECORD_HOP_BYTES
    // The origin is the first router: without hops its id is 16 bytes further back.
    const lastAt = hops === 0 ? at : behind - RECORD_HOP_BYTES
    data.routerLastLo = view.getUint32(lastAt, true)
    data.routerLastHi = view.getUint32(lastAt + 4, true)
    this.isRouted = true
    this.hops = hops
    this.routeEnd = behind
    if (this.view !== view) this.view = view
    return behind
  }

  #toSelf(): void {
    const { data } = this
    this.isRouted = false
    this.hops = 0
    data.routerCount = 1
    data.toHi = this.#self.high
    data.toLo = this.#self.low
  }

  /** Whether a routed record was at that node already. */
  hasPassed(high: number, low: number): boolean {
    const { data, view } = this
    if (data.fromLo === low && data.fromHi === high) return true
    const first = this.routeEnd - this.hops * RECORD_HOP_BYTES
    for (let at = first; at < this.routeEnd; at += RECORD_HOP_BYTES) {
      if (view.getUint32(at, true) === low && view.getUint32(at + 4, true) === high) return true
    }
    return false
  }

  /** Who is at the other end, where the record does not say it. */
  from(high: number, low: number): void {
    const { data } = this
    data.fromHi = high
    data.fromLo = low
    data.routerLastHi = high
    data.routerLastLo = low
  }

  #clearExtension(): void {
    const { data } = this
    data.hasExtension = false
    data.extensionKind = 0
    data.extensionCode = 0
    data.extensionLo = 0
    data.extensionHi = 0
  }

  #readExtension(view: DataView, at: number): void {
    const { data } = this
    data.extensionKind = view.getUint32(at, true)
    data.extensionCode = view.getInt32(at + RECORD_AT.CODE, true)
    data.extensionLo = view.getUint32(at + RECORD_AT.NUMBER_LOW, true)
    data.extensionHi = view.getUint32(at + RECORD_AT.NUMBER_HIGH, true)
    data.hasExtension = true
  }

  /**
   * The inner message that the other end would have sent in a frame: for whatever looks at more
   * than the cursors hold. In memory of its own.
   */
  rewrite(): Uint8Array {
    const { data, head } = this
    const message = new OutgoingData()
    message.type = head.type
    message.sequenceHi = head.sequenceHi
    message.sequenceLo = head.sequenceLo
    message.toHi = data.toHi
    message.toLo = data.toLo
    message.content = data.buffer.subarray(data.contentStart, data.contentEnd)
    message.extensionKind = data.extensionKind
    message.extensionHi = data.extensionHi
    message.extensionLo = data.extensionLo
    message.extensionCode = data.extensionCode
    const outlet = new FrameMemory()
    encodeData(outlet, new SelfId(data.fromHi | 0, data.fromLo | 0), message)
    return this.#passed(payloadOfFrame(outlet.buffer))
  }

  /** What each node that it has passed would have made of it. */
  #passed(sent: Uint8Array): Uint8Array {
    let inner = sent
    const first = this.routeEnd - this.hops * RECORD_HOP_BYTES
    for (let hop = 0; this.isRouted && hop < this.hops; hop++) {
      const at = first + hop * RECORD_HOP_BYTES
      const node = new SelfId(this.view.getInt32(at + 4, true), this.view.getInt32(at, true))
      inner = forwardedBy(node, inner)
    }
    return inner
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.data.buffer = NOTHING
    this.view = NO_WORDS
  }
}

/** An inner message as a node passes it on. */
function forwardedBy(node: SelfId, inner: Uint8Array): Uint8Array {
  const head = new InnerCursor()
  const body = new BodyCursor()
  const data = new DataCursor()
  head.read(inner, 0, inner.length)
  body.read(inner, head.blockStart, head.clearBodyEnd())
  data.read(inner, body.start, body.end)
  const outlet = new FrameMemory()
  encodeForward(outlet, node, head, data, FORWARD_REQUEST)
  return payloadOfFrame(outlet.buffer)
}

/** Memory for one frame. */
class FrameMemory implements Outlet {
  buffer = NOTHING
  readonly offset = 0
  readonly pendingBytes = 0

  claim(bytes: number): 'ok' {
    this.buffer = new Uint8Array(bytes)
    return 'ok'
  }

  commit(bytes: number): void {
    this.buffer = this.buffer.subarray(0, bytes)
  }
}
