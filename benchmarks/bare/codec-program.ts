// The codec's work for so many messages and nothing else: for counting instructions.
//
//   node codec-program.js PAYLOAD_BYTES MESSAGES

import { BodyCursor } from '../../src/wire/body.js'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { FrameReader } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import type { Outlet } from '../../src/wire/outlet.js'

const MEMORY_BYTES = 64 * 1024
const FRAME_OVERHEAD_MAX = 128

/** Frames one behind the other, until they are taken. */
class Memory implements Outlet {
  readonly buffer = new Uint8Array(MEMORY_BYTES)
  readonly pendingBytes = 0
  offset = 0

  claim(bytes: number): 'ok' | 'full' {
    return this.offset + bytes > MEMORY_BYTES ? 'full' : 'ok'
  }

  commit(bytes: number): void {
    this.offset += bytes
  }
}

const [payloadBytes = 64, messages = 1] = process.argv.slice(2).map(Number)
const memory = new Memory()
const self = new SelfId(0, 2)
const outgoing = new OutgoingData()
outgoing.toLo = 1
outgoing.type = 1
outgoing.content = new Uint8Array(payloadBytes).fill(0x5a)
const reader = new FrameReader(MEMORY_BYTES)
const head = new InnerCursor()
const body = new BodyCursor()
const data = new DataCursor()
let read = 0

function readAll(): void {
  for (let at = 0; at < memory.offset; ) {
    const space = reader.space()
    const piece = memory.buffer.subarray(at, Math.min(memory.offset, at + space.length))
    space.set(piece)
    reader.filled(piece.length)
    at += piece.length
    readFrames()
  }
  memory.offset = 0
}

function readFrames(): void {
  while (reader.next() === 'frame') {
    head.read(reader.buffer, reader.start, reader.end)
    body.read(reader.buffer, head.blockStart, head.blockEnd)
    data.read(reader.buffer, body.start, body.end)
    if (data.contentEnd - data.contentStart !== payloadBytes) throw new Error('not what was sent')
    read++
  }
}

for (let sequence = 1; sequence <= messages; sequence++) {
  outgoing.sequenceLo = sequence
  if (encodeData(memory, self, outgoing) !== 'ok') throw new Error('no room')
  if (memory.offset + payloadBytes + FRAME_OVERHEAD_MAX > MEMORY_BYTES / 2) readAll()
}
readAll()
if (read !== messages) throw new Error(`${read} of ${messages} were read`)
process.stdout.write(`${read}\n`)
