// Packets of ROUTE_UPDATE for its tests: made by hand or by the reference implementation.

import type { IdRange } from '../../src/wire/control-messages.js'
import { NO_RANGES, RouteRecord } from '../../src/wire/route-record.js'
import type { RouteUpdateReader } from '../../src/wire/route-update-reader.js'

/** One step through a packet, as a value of its own. */
export type Step =
  | {
      readonly kind: 'add'
      readonly id: bigint
      readonly incarnation: string
      readonly attach: number
      readonly parent: bigint
      readonly hops: number
      readonly ranges: readonly IdRange[]
    }
  | { readonly kind: 'remove'; readonly id: bigint; readonly reason: number }

export interface Packet {
  readonly sequence: number
  readonly snapshotEnd: boolean
  readonly warming: boolean | undefined
  readonly opaque: boolean | undefined
  readonly ancestors: readonly bigint[] | undefined
  readonly steps: readonly Step[]
}

const idOf = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low)

const hexOf = (words: Uint32Array): string =>
  [...words].map((word) => word.toString(16).padStart(8, '0')).join('')

function stepOf(reader: RouteUpdateReader, kind: 'add' | 'remove'): Step {
  if (kind === 'remove') {
    return { kind, id: idOf(reader.removedHigh, reader.removedLow), reason: reader.reason }
  }
  const { record } = reader
  return {
    kind,
    id: idOf(record.idHigh, record.idLow),
    incarnation: hexOf(record.incarnation),
    attach: record.attach,
    parent: idOf(record.parentHigh, record.parentLow),
    hops: record.hops,
    ranges: record.ranges,
  }
}

/** The whole of a packet, or that it is malformed. */
export function readPacket(
  reader: RouteUpdateReader,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): Packet | 'malformed' {
  if (reader.open(bytes, start, end) === 'malformed') return 'malformed'
  const steps: Step[] = []
  for (let kind = reader.next(); kind !== 'end'; kind = reader.next()) {
    steps.push(stepOf(reader, kind))
  }
  const { sequence, snapshotEnd, warming, opaque, ancestors } = reader
  return { sequence, snapshotEnd, warming, opaque, ancestors, steps }
}

export interface RecordWords {
  readonly id?: bigint
  /** Repeated in all 16 bytes. */
  readonly life?: number
  readonly attach?: number
  readonly parent?: bigint
  readonly hops?: number
  readonly ranges?: readonly IdRange[]
}

/** By default id 1 in a life of ones, at a root, without ranges. */
export function recordOf(words: RecordWords): RouteRecord {
  const record = new RouteRecord()
  const { id = 1n, life = 1, parent = 0n } = words
  record.idHigh = Number(id >> 32n)
  record.idLow = Number(id & 0xffff_ffffn)
  record.incarnation.fill(life * 0x0101_0101)
  record.attach = words.attach ?? 0
  record.parentHigh = Number(parent >> 32n)
  record.parentLow = Number(parent & 0xffff_ffffn)
  record.hops = words.hops ?? 0
  record.ranges = words.ranges ?? NO_RANGES
  return record
}
