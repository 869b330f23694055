// Numbers and tags of ROUTE_UPDATE, for its reader and its writer (bus.proto has them in words).

import { BODY_FIELD } from './body.js'
import { WIRE_TYPE } from './proto-reader.js'

export const UPDATE_FIELD = {
  SEQUENCE: 1,
  SNAPSHOT_END: 2,
  WARMING: 3,
  OPAQUE: 4,
  ANCESTORS: 5,
  ADD: 6,
  REMOVE: 7,
} as const

export const RECORD_FIELD = {
  ID: 1,
  INCARNATION: 2,
  ATTACH: 3,
  PARENT: 4,
  HOPS: 5,
  RANGES: 6,
} as const

export const REMOVAL_FIELD = { ID: 1, REASON: 2 } as const

/** Numbers of the members of `AncestorList` and of `IdRange`. */
export const ANCESTOR_FIELD = { ID: 1 } as const
export const RANGE_FIELD = { PREFIX: 1, MASK_BITS: 2 } as const

/** The tag of the member in a body; two bytes. */
export const ROUTE_UPDATE_TAG = (BODY_FIELD.route_update << 3) | WIRE_TYPE.BYTES

export const UPDATE_TAG = {
  SEQUENCE: (UPDATE_FIELD.SEQUENCE << 3) | WIRE_TYPE.VARINT,
  SNAPSHOT_END: (UPDATE_FIELD.SNAPSHOT_END << 3) | WIRE_TYPE.VARINT,
  WARMING: (UPDATE_FIELD.WARMING << 3) | WIRE_TYPE.VARINT,
  OPAQUE: (UPDATE_FIELD.OPAQUE << 3) | WIRE_TYPE.VARINT,
  ANCESTORS: (UPDATE_FIELD.ANCESTORS << 3) | WIRE_TYPE.BYTES,
  ADD: (UPDATE_FIELD.ADD << 3) | WIRE_TYPE.BYTES,
  REMOVE: (UPDATE_FIELD.REMOVE << 3) | WIRE_TYPE.BYTES,
} as const

export const RECORD_TAG = {
  ID: (RECORD_FIELD.ID << 3) | WIRE_TYPE.FIXED64,
  INCARNATION: (RECORD_FIELD.INCARNATION << 3) | WIRE_TYPE.BYTES,
  ATTACH: (RECORD_FIELD.ATTACH << 3) | WIRE_TYPE.VARINT,
  PARENT: (RECORD_FIELD.PARENT << 3) | WIRE_TYPE.FIXED64,
  HOPS: (RECORD_FIELD.HOPS << 3) | WIRE_TYPE.VARINT,
  RANGES: (RECORD_FIELD.RANGES << 3) | WIRE_TYPE.BYTES,
} as const

export const REMOVAL_TAG = {
  ID: (REMOVAL_FIELD.ID << 3) | WIRE_TYPE.FIXED64,
  REASON: (REMOVAL_FIELD.REASON << 3) | WIRE_TYPE.VARINT,
} as const

/** Packed, as proto3 writes repeated numbers. */
export const ANCESTOR_TAG = { ID: (ANCESTOR_FIELD.ID << 3) | WIRE_TYPE.BYTES } as const

export const RANGE_TAG = {
  PREFIX: (RANGE_FIELD.PREFIX << 3) | WIRE_TYPE.VARINT,
  MASK_BITS: (RANGE_FIELD.MASK_BITS << 3) | WIRE_TYPE.VARINT,
} as const

/** Bytes of a tag and a fixed64, and of a tag, a length byte and an incarnation. */
export const FIXED_FIELD_BYTES = 9
export const INCARNATION_BYTES = 16
export const INCARNATION_FIELD_BYTES = 2 + INCARNATION_BYTES

/** The upper half of 2^53 - 1: numbers in memory are exact up to there. */
export const EXACT_HIGH_MAX = 0x1f_ffff
export const HALF = 2 ** 32
