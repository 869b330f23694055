// Writes heads by hand, in field-number order, byte for byte as the family's own encoders do.

import { HEAD_TAG, PROTOCOL_VERSION } from './head-fields.js'
import {
  copyBytes,
  int32Bytes,
  longVarintBytes,
  varintBytes,
  writeInt32,
  writeLongVarint,
  writeVarint,
  zigzag,
} from './proto-writer.js'

const VERSION_FIELD_BYTES = 2

const NOTHING = new Uint8Array(0)

/** What a head says beside its version. A reusable record: set what the message needs. */
export class OutgoingHead {
  type = 0
  resultCode = 0
  /** Halves of 32 bits, signed or not. */
  sequenceHi = 0
  sequenceLo = 0
  /** The field `source_bus_id` with its tag, ready to copy; empty for id 0. */
  source: Uint8Array = NOTHING
  /** 0: in clear, and the next two are not written. */
  cryptoAlgorithm = 0
  iv: Uint8Array = NOTHING
  aad: Uint8Array = NOTHING
  /** 0: not compressed, and the next one is not written. */
  compressionType = 0
  compressedBytes = 0
  /** Of the serialised body before compression and encryption; below 2^32. */
  bodyBytes = 0
}

/** Bytes that `writeHead` will take, the length before the head not counted. */
export function headBytes(head: OutgoingHead): number {
  let bytes = VERSION_FIELD_BYTES + head.source.length
  if (head.type !== 0) bytes += 1 + int32Bytes(head.type)
  if (head.resultCode !== 0) bytes += 1 + varintBytes(zigzag(head.resultCode))
  if ((head.sequenceHi | head.sequenceLo) !== 0) {
    bytes += 1 + longVarintBytes(head.sequenceHi, head.sequenceLo)
  }
  if (head.cryptoAlgorithm !== 0) bytes += messageBytes(cryptoBytes(head))
  if (head.compressionType !== 0) bytes += messageBytes(compressionBytes(head))
  if (head.bodyBytes !== 0) bytes += 1 + varintBytes(head.bodyBytes)
  return bytes
}

/** Writes the head at `offset` and returns the offset behind it. */
export function writeHead(buffer: Uint8Array, offset: number, head: OutgoingHead): number {
  let at = offset
  buffer[at++] = HEAD_TAG.VERSION
  buffer[at++] = PROTOCOL_VERSION
  if (head.type !== 0) {
    buffer[at] = HEAD_TAG.TYPE
    at = writeInt32(buffer, at + 1, head.type)
  }
  if (head.resultCode !== 0) {
    buffer[at] = HEAD_TAG.RESULT_CODE
    at = writeVarint(buffer, at + 1, zigzag(head.resultCode))
  }
  if ((head.sequenceHi | head.sequenceLo) !== 0) {
    buffer[at] = HEAD_TAG.SEQUENCE
    at = writeLongVarint(buffer, at + 1, head.sequenceHi, head.sequenceLo)
  }
  at = copyBytes(buffer, at, head.source, 0, head.source.length)
  if (head.cryptoAlgorithm !== 0) at = writeCrypto(buffer, at, head)
  if (head.compressionType !== 0) at = writeCompression(buffer, at, head)
  if (head.bodyBytes !== 0) {
    buffer[at] = HEAD_TAG.BODY_BYTES
    at = writeVarint(buffer, at + 1, head.bodyBytes)
  }
  return at
}

/** The field `source_bus_id` of a head, empty for id 0. */
export function sourceField(high: number, low: number): Uint8Array {
  if (high === 0 && low === 0) return NOTHING
  const field = new Uint8Array(1 + longVarintBytes(high, low))
  field[0] = HEAD_TAG.SOURCE
  writeLongVarint(field, 1, high, low)
  return field
}

/** A length-delimited field with a tag of one byte. */
function messageBytes(contentBytes: number): number {
  return 1 + varintBytes(contentBytes) + contentBytes
}

function cryptoBytes(head: OutgoingHead): number {
  let bytes = 1 + varintBytes(head.cryptoAlgorithm)
  if (head.iv.length > 0) bytes += messageBytes(head.iv.length)
  if (head.aad.length > 0) bytes += messageBytes(head.aad.length)
  return bytes
}

function writeCrypto(buffer: Uint8Array, offset: number, head: OutgoingHead): number {
  let at = offset
  buffer[at++] = HEAD_TAG.CRYPTO
  at = writeVarint(buffer, at, cryptoBytes(head))
  buffer[at++] = HEAD_TAG.CRYPTO_ALGORITHM
  at = writeVarint(buffer, at, head.cryptoAlgorithm)
  at = writeBytes(buffer, at, HEAD_TAG.CRYPTO_IV, head.iv)
  return writeBytes(buffer, at, HEAD_TAG.CRYPTO_AAD, head.aad)
}

function writeBytes(buffer: Uint8Array, offset: number, tag: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return offset
  buffer[offset] = tag
  const at = writeVarint(buffer, offset + 1, bytes.length)
  return copyBytes(buffer, at, bytes, 0, bytes.length)
}

function compressionBytes(head: OutgoingHead): number {
  const sizeBytes = head.compressedBytes === 0 ? 0 : 1 + varintBytes(head.compressedBytes)
  return 1 + varintBytes(head.compressionType) + sizeBytes
}

function writeCompression(buffer: Uint8Array, offset: number, head: OutgoingHead): number {
  let at = offset
  buffer[at++] = HEAD_TAG.COMPRESSION
  buffer[at++] = compressionBytes(head)
  buffer[at++] = HEAD_TAG.COMPRESSION_TYPE
  at = writeVarint(buffer, at, head.compressionType)
  if (head.compressedBytes === 0) return at
  buffer[at] = HEAD_TAG.COMPRESSED_BYTES
  return writeVarint(buffer, at + 1, head.compressedBytes)
}
