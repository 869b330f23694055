// What a peer in the hands of a test says and hears: messages put together and taken apart.

import { BodyCursor } from '../src/wire/body.js'
import { type ControlBody, type ControlKind, decodeControlBody } from '../src/wire/control.js'
import { encodeData, OutgoingData, SelfId } from '../src/wire/data-codec.js'
import { DataCursor } from '../src/wire/data-cursor.js'
import { InnerCursor } from '../src/wire/head.js'
import { TestOutlet } from './wire/_outlet.js'

/** One message, taken apart as far as it is in clear. */
export interface Heard {
  readonly kind: string
  readonly sequence: bigint
  readonly resultCode: number
  readonly cryptoAlgorithm: number
  readonly compressionType: number
  readonly control: ControlBody | undefined
  readonly data: HeardData | undefined
  /** As it came, for who can open it. */
  readonly inner: Uint8Array
}

export interface HeardData {
  readonly from: bigint
  readonly to: bigint
  /** How many nodes it passed. */
  readonly router: number
  readonly text: string
  readonly extensionKind: number
  readonly number: bigint
}

export interface DataWords {
  readonly from: bigint
  readonly to: bigint
  readonly text?: string
  readonly kind?: 'data_req' | 'data_rsp'
  readonly flags?: number
  readonly sequence?: bigint | number
  readonly type?: number
  readonly resultCode?: number
  readonly extensionKind?: number
  /** Of a request or what answers it. */
  readonly number?: bigint
}

const low = (id: bigint) => Number(id & 0xffff_ffffn)
const high = (id: bigint) => Number(id >> 32n)
const joined = (highHalf: number, lowHalf: number) => (BigInt(highHalf) << 32n) | BigInt(lowHalf)

/** Beside its content a frame of data has a few dozen bytes. */
const FRAME_OVERHEAD_BYTES = 4_096

/** A data message from the node `words.from`, with no other hop in its router. */
export function dataFrame(words: DataWords): Uint8Array {
  const message = new OutgoingData()
  const sequence = BigInt(words.sequence ?? 1)
  message.kind = words.kind ?? 'data_req'
  message.type = words.type ?? 0
  message.toHi = high(words.to)
  message.toLo = low(words.to)
  message.sequenceHi = high(sequence)
  message.sequenceLo = low(sequence)
  message.flags = words.flags ?? 0
  message.resultCode = words.resultCode ?? 0
  message.content = new TextEncoder().encode(words.text ?? '')
  message.extensionKind = words.extensionKind ?? 0
  message.extensionHi = high(words.number ?? 0n)
  message.extensionLo = low(words.number ?? 0n)
  const outlet = new TestOutlet(message.content.length + FRAME_OVERHEAD_BYTES)
  encodeData(outlet, new SelfId(high(words.from), low(words.from)), message)
  return outlet.takeFrame()
}

export function takeApart(inner: Uint8Array): Heard {
  const head = new InnerCursor()
  const body = new BodyCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
  const inClear = head.cryptoAlgorithm === 0 && head.compressionType === 0
  const kind = inClear ? body.read(inner, head.blockStart, head.clearBodyEnd()) : 'sealed'
  const isData = kind === 'data_req' || kind === 'data_rsp'
  return {
    kind,
    sequence: joined(head.sequenceHi, head.sequenceLo),
    resultCode: head.resultCode,
    cryptoAlgorithm: head.cryptoAlgorithm,
    compressionType: head.compressionType,
    control: isControl(kind) ? decodeControlBody(kind, inner, body.start, body.end) : undefined,
    data: isData ? heardData(inner, body) : undefined,
    inner,
  }
}

function isControl(kind: string): kind is ControlKind {
  return CONTROL_KINDS.has(kind)
}

const CONTROL_KINDS: ReadonlySet<string> = new Set<ControlKind>([
  'command_req',
  'command_rsp',
  'register_req',
  'register_rsp',
  'ping',
  'pong',
  'handshake_confirm',
  'leave',
])

function heardData(inner: Uint8Array, body: BodyCursor): HeardData {
  const data = new DataCursor()
  data.read(inner, body.start, body.end)
  return {
    from: joined(data.fromHi, data.fromLo),
    to: joined(data.toHi, data.toLo),
    router: data.routerCount,
    text: new TextDecoder().decode(inner.subarray(data.contentStart, data.contentEnd)),
    extensionKind: data.extensionKind,
    number: joined(data.extensionHi, data.extensionLo),
  }
}
