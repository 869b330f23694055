// Takes records: those of a stream, and those that were sealed together.

import type { SelfId } from '../wire/data-codec.js'
import type { DataCursor } from '../wire/data-cursor.js'
import { EXTENSION } from '../wire/extension.js'
import type { FrameReader } from '../wire/frame.js'
import { RecordCursor } from '../wire/record-cursor.js'
import { isRecord, RECORD_HEADER_BYTES } from '../wire/record-header.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import { type Delivery, LENT } from './delivery.js'
import type { Link } from './link.js'
import type { Links } from './links.js'
import { isForNodes } from './message-kinds.js'
import type { PathGates } from './path-gates.js'
import type { RecordRelay } from './record-relay.js'

interface ReceiverRooms {
  readonly state: CoreState
  readonly links: Links
  readonly gates: PathGates
  readonly delivery: Delivery
  readonly self: SelfId
  readonly relay: RecordRelay
}

export class RecordReceiver {
  readonly #rooms: ReceiverRooms
  readonly #record: RecordCursor
  /** The user took the last message side by side with others. */
  #wasLent = false

  constructor(rooms: ReceiverRooms) {
    this.#rooms = rooms
    this.#record = new RecordCursor(rooms.self)
  }

  /**
   * The record that a reader found, on a connection in clear. Where it is more than a message for
   * our user, the inner message that is to be taken in its place.
   */
  take(connection: Connection, link: Link, reader: FrameReader): 'taken' | 'bad' | Uint8Array {
    const record = this.#record
    if (!record.read(reader.view, reader.buffer, reader.start, reader.end)) return 'bad'
    const { data, head } = record
    if (!record.isRouted) record.from(link.idHigh, link.idLow)
    const { gates, state, delivery, relay } = this.#rooms
    if (gates.isActive || !isForUser(data)) return record.rewrite()
    const isOurs = !record.isRouted || relay.isForUs(link, record)
    if (!isOurs && !relay.forward(link, record)) return record.rewrite()
    connection.faults = 0
    link.faults = 0
    link.dataAtMs = state.nowMs
    if (!isOurs) return 'taken'
    state.counters.received++
    this.#wasLent = delivery.message(data, head) === LENT
    if (!this.#wasLent) reader.keep()
    return 'taken'
  }

  /**
   * The plain records that stand behind the one that `take` took, where the user takes messages
   * side by side.
   */
  takeListed(link: Link, reader: FrameReader): void {
    if (!this.#wasLent) return
    const { gates, state, delivery } = this.#rooms
    if (gates.isActive) return
    const columns = delivery.columns?.()
    if (columns === undefined) return
    const count = columns.addRecords(reader, link.idHigh, link.idLow)
    if (count === 0) return
    state.counters.received += count
    delivery.listed?.()
  }

  /** Only a neighbour bundles, and only its own messages. Stops at what it cannot have written. */
  unbundle(link: Link, bundle: DataCursor): void {
    const isOwn = bundle.fromLo === link.idLow && bundle.fromHi === link.idHigh
    if (isOwn && this.#deliverAll(link, bundle)) return
    this.#rooms.state.counters.badMessages++
    this.#rooms.links.breach(link)
  }

  #deliverAll(link: Link, { buffer, contentStart, contentEnd }: DataCursor): boolean {
    const record = this.#record
    const { state, delivery } = this.#rooms
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    let at = contentStart
    // A handler may end the link: then the rest is as lost as what had not arrived.
    while (at < contentEnd && link.control.isOpen) {
      const end = endOf(view, buffer, at, contentEnd)
      if (end < 0 || !record.read(view, buffer, at, end) || record.isRouted) return false
      if (!isForUser(record.data)) return false
      record.from(link.idHigh, link.idLow)
      state.counters.received++
      delivery.message(record.data, record.head)
      at = end
    }
    return true
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.#record.release()
  }
}

/** Behind the record that begins there; -1 where none does that ends in time. */
function endOf(view: DataView, buffer: Uint8Array, at: number, limit: number): number {
  if (limit - at < RECORD_HEADER_BYTES || !isRecord(buffer, at, limit)) return -1
  const bytes = view.getUint32(at, true)
  const contentAt = at + RECORD_HEADER_BYTES
  return bytes > limit - contentAt ? -1 : contentAt + bytes
}

function isForUser({ extensionKind }: DataCursor): boolean {
  return !isForNodes(extensionKind) && extensionKind !== EXTENSION.BUNDLE
}
