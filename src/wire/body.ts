// Finds out which message a body holds, and where its bytes are (spec A.4, message_body).

import { long, ProtoReader, readLong, WIRE_TYPE } from './proto-reader.js'

/** The members of the oneof, by field number. */
export const BODY_FIELD = {
  command_req: 1,
  command_rsp: 2,
  data_req: 3,
  data_rsp: 4,
  register_req: 5,
  register_rsp: 6,
  ping: 7,
  pong: 8,
  handshake_confirm: 9,
  /** From 1001 up: ours, never sent to a plain peer. */
  leave: 1001,
  subscribe_req: 1002,
  subscribe_rsp: 1003,
  route_update: 1004,
  route_refuse: 1005,
  unsubscribe: 1006,
  conn_sync: 1007,
  conn_sync_rsp: 1008,
  ring_offer: 1009,
  ring_answer: 1010,
  carrier: 1011,
} as const

export type BodyKind = keyof typeof BODY_FIELD

/** The family's members and ours are each numbered without gaps: a name is found by its place. */
const FAMILY_MAX = BODY_FIELD.handshake_confirm
const OWN_MIN = BODY_FIELD.leave
const KINDS = Object.keys(BODY_FIELD) as BodyKind[]

/** Unknown members may come with a newer peer; more than a few are no message. */
const FIELDS_MAX = 64

const DATA_REQ_TAG = (BODY_FIELD.data_req << 3) | WIRE_TYPE.BYTES
const DATA_RSP_TAG = (BODY_FIELD.data_rsp << 3) | WIRE_TYPE.BYTES

/** Reads bodies one after the other; `[start, end)` is the member that was found. */
export class BodyCursor {
  start = 0
  end = 0
  readonly #reader = new ProtoReader()

  /**
   * `unknown`: no member that we know, which is dropped without fault (spec A.3). `malformed`: not
   * protobuf, or more than one member: the two ends could then disagree about what was said.
   */
  read(buffer: Uint8Array, start: number, end: number): BodyKind | 'unknown' | 'malformed' {
    const usual = this.#readUsual(buffer, start, end)
    if (usual !== undefined) return usual
    const reader = this.#reader
    reader.open(buffer, start, end)
    let kind: BodyKind | 'unknown' = 'unknown'
    for (let fields = 0; reader.position < end; fields++) {
      if (fields === FIELDS_MAX || !reader.tag()) return 'malformed'
      const { field, wireType } = reader
      if (!reader.skip()) return 'malformed'
      if (wireType !== WIRE_TYPE.BYTES) continue
      const member = kindOf(field)
      if (member === undefined) continue
      if (kind !== 'unknown') return 'malformed'
      kind = member
      this.start = reader.spanStart
      this.end = reader.spanEnd
    }
    return kind
  }

  /** A body that is one member of the data path and nothing else; undefined for all others. */
  #readUsual(buffer: Uint8Array, start: number, end: number): BodyKind | undefined {
    const tag = buffer[start]!
    if (tag !== DATA_REQ_TAG && tag !== DATA_RSP_TAG) return undefined
    const at = readLong(buffer, start + 1, end)
    if (at < 0 || long.high !== 0 || long.low !== end - at) return undefined
    this.start = at
    this.end = end
    return tag === DATA_REQ_TAG ? 'data_req' : 'data_rsp'
  }
}

function kindOf(field: number): BodyKind | undefined {
  if (field <= FAMILY_MAX) return KINDS[field - 1]
  return field < OWN_MIN ? undefined : KINDS[FAMILY_MAX + field - OWN_MIN]
}
