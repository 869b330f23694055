// The content of a LIFE_REPLY: which life answers, and its present attach.

const INCARNATION_BYTES = 16
const LIFE_BYTES = INCARNATION_BYTES + 8

export interface Life {
  /** 16 bytes. */
  readonly incarnation: Uint8Array
  /** 0 to 2^53 - 1. */
  readonly attach: number
}

/** 16 bytes and a 64-bit number, the lowest byte first as in the fixed fields of protobuf. */
export function writeLife(incarnation: Uint8Array, attach: number): Uint8Array {
  const bytes = new Uint8Array(LIFE_BYTES)
  bytes.set(incarnation)
  const view = new DataView(bytes.buffer)
  view.setUint32(INCARNATION_BYTES, attach % 2 ** 32, true)
  view.setUint32(INCARNATION_BYTES + 4, attach / 2 ** 32, true)
  return bytes
}

/** A copy; undefined for any other length, and for an attach beyond 2^53 - 1. */
export function readLife(bytes: Uint8Array): Life | undefined {
  if (bytes.length !== LIFE_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, LIFE_BYTES)
  const low = view.getUint32(INCARNATION_BYTES, true)
  const attach = view.getUint32(INCARNATION_BYTES + 4, true) * 2 ** 32 + low
  if (!Number.isSafeInteger(attach)) return undefined
  return { incarnation: new Uint8Array(bytes.subarray(0, INCARNATION_BYTES)), attach }
}
