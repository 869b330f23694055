// The fields of a head as they stand on the wire (spec A.4, message_head).

export const PROTOCOL_VERSION = 3

/** Field tags of the head. */
export const HEAD_TAG = {
  VERSION: 0x08,
  TYPE: 0x10,
  RESULT_CODE: 0x18,
  SEQUENCE: 0x20,
  SOURCE: 0x28,
  CRYPTO: 0x32,
  COMPRESSION: 0x3a,
  BODY_BYTES: 0x48,
  CRYPTO_ALGORITHM: 0x08,
  CRYPTO_IV: 0x12,
  CRYPTO_AAD: 0x5a,
  COMPRESSION_TYPE: 0x08,
  COMPRESSED_BYTES: 0x10,
} as const
