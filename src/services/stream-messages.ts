// What a stream of replies says within its calls: what is asked for, and a batch of parts.
//
//   ask    verb u8 · token u32 · partsMax u16 · of OPEN the request
//   batch  done u8 · for each part its length u32 and its bytes
//
// All numbers are little-endian. Nothing is copied at reading: parts are views.

export const STREAM_VERB = { OPEN: 0, NEXT: 1, KEEP: 2, STOP: 3 } as const

export type StreamVerb = (typeof STREAM_VERB)[keyof typeof STREAM_VERB]

export interface StreamAsk {
  readonly verb: StreamVerb
  /** Names the stream among those of the life that asks. */
  readonly token: number
  /** The answer has no more parts than that. */
  readonly partsMax: number
  readonly request: Uint8Array
}

export interface StreamBatch {
  readonly parts: readonly Uint8Array[]
  /** Nothing follows. */
  readonly isDone: boolean
}

const ASK_BYTES = 7
const PARTS_MAX = 0xffff
const LENGTH_BYTES = 4
const NOTHING = new Uint8Array(0)

export function writeAsk({ verb, token, partsMax, request }: StreamAsk): Uint8Array {
  const bytes = new Uint8Array(ASK_BYTES + request.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = verb
  view.setUint32(1, token, true)
  view.setUint16(5, partsMax, true)
  bytes.set(request, ASK_BYTES)
  return bytes
}

/** Undefined for what no reader of ours writes. */
export function readAsk(bytes: Uint8Array): StreamAsk | undefined {
  if (bytes.length < ASK_BYTES) return undefined
  const verb = bytes[0] as StreamVerb
  const isOpen = verb === STREAM_VERB.OPEN
  if (verb > STREAM_VERB.STOP || (!isOpen && bytes.length > ASK_BYTES)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, ASK_BYTES)
  const partsMax = view.getUint16(5, true)
  const wantsParts = isOpen || verb === STREAM_VERB.NEXT
  if (wantsParts !== partsMax > 0) return undefined
  const request = isOpen ? bytes.subarray(ASK_BYTES) : NOTHING
  return { verb, token: view.getUint32(1, true), partsMax, request }
}

/** Bytes that a part takes in a batch. */
export function bytesOfPart(part: Uint8Array): number {
  return LENGTH_BYTES + part.length
}

export function writeBatch({ parts, isDone }: StreamBatch): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + bytesOfPart(part), 1))
  const view = new DataView(bytes.buffer)
  bytes[0] = isDone ? 1 : 0
  let at = 1
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    bytes.set(part, at + LENGTH_BYTES)
    at += bytesOfPart(part)
  }
  return bytes
}

/** Undefined for what is no batch, or has more parts than were asked for. */
export function readBatch(bytes: Uint8Array, partsMax = PARTS_MAX): StreamBatch | undefined {
  const [done] = bytes
  if (done === undefined || done > 1) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: Uint8Array[] = []
  for (let at = 1; at < bytes.length; ) {
    if (at + LENGTH_BYTES > bytes.length || parts.length === partsMax) return undefined
    const end = at + LENGTH_BYTES + view.getUint32(at, true)
    if (end > bytes.length) return undefined
    parts.push(bytes.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  // Whoever asks waits for something: a batch of nothing that goes on would be asked for for ever.
  return parts.length === 0 && done === 0 ? undefined : { parts, isDone: done === 1 }
}
