// Every bound on what a directory message may hold, and the first look at its bytes.

import { ProtoReader, WIRE_TYPE } from '../wire/proto-reader.js'
import { RECORD_LIMITS as limits } from './record.js'
import { BUCKETS } from './table-hash.js'

/** Over any of these a message is refused whole, before an object is made of it. */
export const MESSAGE_BOUNDS = {
  /** Records in one batch, repair or summary (services.md 5.6). */
  batchRecordsMax: 1000,
  /** Senders close a batch before it would be larger; the bus carries 2 MiB by default. */
  batchBytesMax: 1024 * 1024,
  messageBytesMax: 1280 * 1024,
  /** Registries of one zone: those a message was sent to. */
  sentToCountMax: 64,
  appCountMax: 64,
  doNotDialCountMax: 1000,
  saysCharsMax: 512,
} as const

/** How often a field may appear, and what each time may hold. */
interface FieldBound {
  readonly countMax: number
  /** Of text and bytes. UTF-8 has up to three bytes for one UTF-16 unit. */
  readonly bytesMax?: number
  readonly inside?: Shape
}

type Shape = Readonly<Record<number, FieldBound>>

const NUMBER: FieldBound = { countMax: 1 }
const BYTES_PER_CHAR = 3

function text(charsMax: number, countMax = 1): FieldBound {
  return { countMax, bytesMax: charsMax * BYTES_PER_CHAR }
}

function inner(shape: Shape, countMax = 1): FieldBound {
  return { countMax, inside: shape }
}

/** Packed: one span of numbers; unpacked: a field for each. */
function numbers(countMax: number): FieldBound {
  return { countMax, bytesMax: countMax * 10 }
}

const SHORT = text(limits.textCharsMax)
const INCARNATION: FieldBound = { countMax: 1, bytesMax: limits.incarnationBytes }
const STAMP: Shape = { 1: NUMBER, 2: NUMBER }
const WANTS: Shape = {
  1: text(limits.textCharsMax, limits.wantCountMax),
  2: text(limits.textCharsMax, limits.wantCountMax),
}
const NODE: Shape = {
  1: NUMBER,
  2: INCARNATION,
  3: SHORT,
  4: NUMBER,
  5: SHORT,
  6: SHORT,
  7: text(limits.textCharsMax, limits.roleCountMax),
  8: text(limits.addressCharsMax, limits.addressCountMax),
  9: inner(WANTS),
}
const SERVICE: Shape = {
  1: SHORT,
  2: SHORT,
  3: SHORT,
  4: SHORT,
  5: NUMBER,
  6: SHORT,
  7: text(limits.addressCharsMax, limits.addressCountMax),
  8: numbers(limits.addressCountMax),
  9: SHORT,
  10: SHORT,
  11: SHORT,
  12: NUMBER,
  13: text(limits.metadataCharsMax),
  14: NUMBER,
  15: SHORT,
  16: numbers(limits.overloadCountMax),
  17: NUMBER,
  18: NUMBER,
}
const REGISTRATION: Shape = {
  1: inner(NODE),
  2: inner(SERVICE, limits.recordCountMax),
  3: NUMBER,
  4: inner(STAMP),
  5: NUMBER,
  6: NUMBER,
}
const TOMBSTONE: Shape = { 1: NUMBER, 2: INCARNATION, 3: inner(STAMP), 4: NUMBER }
const VERSION: Shape = { 1: NUMBER, 2: INCARNATION, 3: inner(STAMP) }
const ONE: FieldBound = inner(REGISTRATION)
const MANY: FieldBound = inner(REGISTRATION, MESSAGE_BOUNDS.batchRecordsMax)
const TOMBSTONES: FieldBound = inner(TOMBSTONE, MESSAGE_BOUNDS.batchRecordsMax)
const SENT_TO = numbers(MESSAGE_BOUNDS.sentToCountMax)
const SAYS = text(MESSAGE_BOUNDS.saysCharsMax)

const INSTANCES = MESSAGE_BOUNDS.batchRecordsMax

const MESSAGE: Shape = {
  1: inner({ 1: SHORT, 2: NUMBER, 3: NUMBER }),
  2: inner({ 1: ONE, 2: SENT_TO }),
  3: inner({
    1: inner(STAMP),
    2: NUMBER,
    3: SAYS,
    4: SAYS,
    5: NUMBER,
    6: numbers(MESSAGE_BOUNDS.doNotDialCountMax),
    7: inner(STAMP),
  }),
  4: inner({ 1: inner(VERSION), 2: SENT_TO }),
  5: inner({ 1: NUMBER, 2: inner(STAMP), 3: ONE, 4: NUMBER, 5: NUMBER, 6: NUMBER }),
  6: inner({ 1: inner(VERSION), 2: SENT_TO }),
  7: inner({
    1: NUMBER,
    2: SHORT,
    3: SHORT,
    4: SHORT,
    5: text(limits.textCharsMax, INSTANCES),
    6: numbers(INSTANCES),
    7: text(limits.metadataCharsMax, INSTANCES),
  }),
  8: inner({ 1: NUMBER, 2: NUMBER }),
  9: inner({ 1: NUMBER, 2: NUMBER, 3: SAYS, 4: SAYS }),
  10: inner({
    1: NUMBER,
    2: text(limits.textCharsMax, MESSAGE_BOUNDS.appCountMax),
    3: NUMBER,
    4: NUMBER,
    5: NUMBER,
  }),
  11: inner({
    1: NUMBER,
    2: NUMBER,
    3: NUMBER,
    4: NUMBER,
    5: NUMBER,
    6: NUMBER,
    7: NUMBER,
    8: MANY,
    9: TOMBSTONES,
  }),
  12: inner({ 1: NUMBER }),
  13: inner({ 1: NUMBER, 2: ONE, 3: inner(VERSION), 4: inner(TOMBSTONE) }),
  14: inner({ 1: { countMax: 1, bytesMax: 8 * BUCKETS }, 2: NUMBER, 3: NUMBER }),
  15: inner({
    1: NUMBER,
    2: NUMBER,
    3: NUMBER,
    4: NUMBER,
    5: inner(VERSION, MESSAGE_BOUNDS.batchRecordsMax),
    6: TOMBSTONES,
    7: { countMax: 1, bytesMax: BUCKETS / 8 },
  }),
  16: inner({ 1: numbers(MESSAGE_BOUNDS.batchRecordsMax) }),
  17: inner({ 1: MANY, 2: TOMBSTONES, 3: NUMBER }),
  18: inner({ 1: NUMBER, 2: NUMBER }),
  19: inner({ 1: NUMBER }),
  20: inner({ 1: NUMBER, 2: INCARNATION }),
}

/** Fields of a later version are skipped, but not without end. */
const UNKNOWN_FIELDS_MAX = 16

/** Whether these bytes may be given to the decoder. */
export function messageFits(bytes: Uint8Array): boolean {
  if (bytes.length > MESSAGE_BOUNDS.messageBytesMax) return false
  return fits(bytes, 0, bytes.length, MESSAGE)
}

function fits(bytes: Uint8Array, start: number, end: number, shape: Shape): boolean {
  const reader = new ProtoReader()
  reader.open(bytes, start, end)
  const counts = new Map<number, number>()
  let unknown = 0
  while (reader.position < end) {
    if (!reader.tag()) return false
    const { field, wireType } = reader
    if (!reader.skip()) return false
    const bound = shape[field]
    if (bound === undefined) {
      if (++unknown > UNKNOWN_FIELDS_MAX) return false
      continue
    }
    const count = (counts.get(field) ?? 0) + 1
    counts.set(field, count)
    if (count > bound.countMax) return false
    if (wireType === WIRE_TYPE.BYTES && !spanFits(reader, bound)) return false
  }
  return true
}

/** A number that comes as bytes is refused, as is a text over its bound. */
function spanFits(reader: ProtoReader, { bytesMax, inside }: FieldBound): boolean {
  const { buffer, spanStart, spanEnd } = reader
  if (inside !== undefined) return fits(buffer, spanStart, spanEnd, inside)
  return bytesMax !== undefined && spanEnd - spanStart <= bytesMax
}
