// How values become payloads: bytes as they are, JSON, or a type of protobufjs.

import { BusError } from '../errors.js'

/** What either throws is told as a bad payload, or a bad answer; it ends no node. */
export interface Codec<T> {
  encode(value: T): Uint8Array
  /** The bytes may be kept, but not be written to. */
  decode(bytes: Uint8Array): T
}

/** The half that a sender needs. */
export type Encoder<T = unknown> = Pick<Codec<T>, 'encode'>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const NOTHING = new Uint8Array(0)

export const bytesCodec: Codec<Uint8Array> = {
  encode: (value) => {
    if (value === undefined) return NOTHING
    if (value instanceof Uint8Array) return value
    throw new BusError('BAD_ARGUMENT', 'the payload is no Uint8Array')
  },
  decode: (bytes) => bytes,
}

function jsonBytes(value: unknown): Uint8Array {
  if (value === undefined) return NOTHING
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new BusError('BAD_ARGUMENT', `a ${typeof value} has no JSON`)
  return encoder.encode(text)
}

function jsonValue(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes))
}

/** The default. `undefined` is an empty payload; shapes are not checked, only that it is JSON. */
export function jsonCodec<T>(): Codec<T> {
  return { encode: jsonBytes, decode: (bytes) => jsonValue(bytes) as T }
}

/** What is needed of a message type of protobufjs, generated or reflected. */
export interface ProtobufType<T> {
  encode(value: T): { finish(): Uint8Array }
  decode(bytes: Uint8Array): T
  /** The reason why a value is none of this type; null where it is one. */
  verify?(value: Record<string, unknown>): string | null
}

export function protobufCodec<T extends object>(type: ProtobufType<T>): Codec<T> {
  return {
    encode: (value) => {
      const wrong = type.verify?.(value as Record<string, unknown>) ?? null
      if (wrong !== null) throw new BusError('BAD_ARGUMENT', wrong)
      return type.encode(value).finish()
    },
    decode: (bytes) => type.decode(bytes),
  }
}
