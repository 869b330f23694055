// A data message as it is read back from its bytes, and one that has every field at its widest.

import { BodyCursor } from '../../src/wire/body.js'
import { OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { EXTENSION } from '../../src/wire/extension.js'
import { FrameReader } from '../../src/wire/frame.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { InnerCursor } from '../../src/wire/head.js'

const { ForwardData } = treebus.wire
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** A message as it is read back from its bytes. */
export class Received {
  readonly head = new InnerCursor()
  readonly body = new BodyCursor()
  readonly data = new DataCursor()
  kind = 'malformed'

  readFrame(frame: Uint8Array): this {
    const reader = new FrameReader(1 << 21)
    reader.space().set(frame)
    reader.filled(frame.length)
    if (reader.next() !== 'frame') throw new Error('no frame')
    return this.readInner(reader.buffer, reader.start, reader.end)
  }

  readInner(bytes: Uint8Array, start = 0, end = bytes.length): this {
    if (this.head.read(bytes, start, end) !== 'ok') throw new Error('bad head')
    return this.readBody(bytes, this.head.blockStart, this.head.clearBodyEnd())
  }

  readBody(bytes: Uint8Array, start = 0, end = bytes.length): this {
    this.kind = this.body.read(bytes, start, end)
    if (this.data.read(bytes, this.body.start, this.body.end) !== 'ok') throw new Error('bad data')
    return this
  }

  get content(): Uint8Array {
    return this.data.buffer.slice(this.data.contentStart, this.data.contentEnd)
  }

  /** What the reference implementation of protobuf sees in the same bytes. */
  get wire(): Record<string, unknown> {
    const { buffer, start, end } = this.data
    return plain(ForwardData.decode(buffer.subarray(start, end)))
  }
}

function plain(message: object): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(message, (_, value) => {
      if (value?.low === undefined) return value
      return ((BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)).toString()
    }),
  )
}

export const WIDE = new SelfId(0xfedcba98, 0x80000001)

export function wideMessage(): OutgoingData {
  return Object.assign(new OutgoingData(), {
    kind: 'data_rsp',
    type: -7,
    resultCode: -71,
    sequenceHi: 0x80000000,
    sequenceLo: 0xffffffff,
    toHi: 1,
    toLo: 0,
    content: new Uint8Array(200).fill(0x41),
    flags: 0xffffffff,
    extensionKind: EXTENSION.REFUSAL,
    extensionHi: 0x90000000,
    extensionLo: 0xa0000001,
    extensionCode: -66,
  })
}

export function treebusLong(
  low: number,
): NonNullable<treebus.wire.PingData.$Properties['timePoint']> {
  return { low, high: 0, unsigned: true } as NonNullable<
    treebus.wire.PingData.$Properties['timePoint']
  >
}
