// Messages for the tests of records: made at random, read back, and told to each other.

import { BodyCursor } from '../../src/wire/body.js'
import { OutgoingData } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { FrameReader } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import type { Random } from './_random.js'

export const FRAME_BYTES_MAX = 8_192

/** Any message; `fixed` is what the test wants of it. */
export function messageOf(random: Random, fixed: Partial<OutgoingData> = {}): OutgoingData {
  const hasExtension = random.once(2)
  return Object.assign(new OutgoingData(), {
    type: random.int32(),
    sequenceHi: random.bits32(),
    sequenceLo: random.bits32() || 1,
    toHi: random.bits32(),
    toLo: random.bits32() || 1,
    content: random.bytes(random.below(random.once(8) ? 700 : 40)),
    extensionKind: hasExtension ? 1 + random.below(20) : 0,
    extensionHi: hasExtension ? random.bits32() : 0,
    extensionLo: hasExtension ? random.bits32() : 0,
    extensionCode: hasExtension ? random.int32() : 0,
    ...fixed,
  })
}

export function readerOf(bytes: Uint8Array, frameBytesMax = FRAME_BYTES_MAX): FrameReader {
  const reader = new FrameReader(frameBytesMax)
  reader.takesRecords = true
  reader.space().set(bytes)
  reader.filled(bytes.length)
  return reader
}

export interface Cursors {
  readonly head: InnerCursor
  readonly data: DataCursor
}

export function inFrame(inner: Uint8Array): Cursors {
  const head = new InnerCursor()
  const body = new BodyCursor()
  const data = new DataCursor()
  head.read(inner, 0, inner.length)
  body.read(inner, head.blockStart, head.clearBodyEnd())
  data.read(inner, body.start, body.end)
  return { head, data }
}

/** All that whoever takes or passes on a message may look at. */
export function told({ head, data }: Cursors): string {
  const { version, type, resultCode, sequenceHi, sequenceLo } = head
  const { fromHi, fromLo, toHi, toLo, flags, hasExtension, extensionKind } = data
  const { extensionHi, extensionLo, extensionCode, routerCount, routerLastHi, routerLastLo } = data
  const content = data.buffer.subarray(data.contentStart, data.contentEnd)
  return JSON.stringify([
    { version, type, resultCode, sequenceHi, sequenceLo },
    { fromHi, fromLo, toHi, toLo, flags, hasExtension, extensionKind },
    { extensionHi, extensionLo, extensionCode, routerCount, routerLastHi, routerLastLo },
    Buffer.from(content).toString('hex'),
  ])
}
