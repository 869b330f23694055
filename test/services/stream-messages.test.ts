import test from 'ava'
import {
  readAsk,
  readBatch,
  STREAM_VERB,
  type StreamAsk,
  writeAsk,
  writeBatch,
} from '../../src/services/stream-messages.js'
import { seededRandom } from '../core/_harness.js'

const NOTHING = new Uint8Array(0)
const OPEN: StreamAsk = {
  verb: STREAM_VERB.OPEN,
  token: 0xffff_fffe,
  partsMax: 64,
  request: new Uint8Array([1, 2, 3]),
}

for (const [what, ask] of Object.entries<StreamAsk>({
  'an opening': OPEN,
  'an opening without a request': { ...OPEN, request: NOTHING },
  'one for more': { ...OPEN, verb: STREAM_VERB.NEXT, partsMax: 0xffff, request: NOTHING },
  'a word that it is read': { ...OPEN, verb: STREAM_VERB.KEEP, partsMax: 0, request: NOTHING },
  'the end': { ...OPEN, verb: STREAM_VERB.STOP, partsMax: 0, request: NOTHING },
})) {
  test(`${what} is read as it was asked, and cut short it asks for nothing`, (t) => {
    const bytes = writeAsk(ask)
    const read = readAsk(bytes)
    t.deepEqual(
      { ...read, request: [...(read?.request ?? [])] },
      { ...ask, request: [...ask.request] },
    )
    for (let end = 0; end < 7; end++) t.is(readAsk(bytes.subarray(0, end)), undefined)
  })
}

function changed(at: number, ...values: number[]): Uint8Array {
  const bytes = writeAsk({ ...OPEN, request: NOTHING })
  bytes.set(values, at)
  return bytes
}

for (const [what, bytes] of Object.entries({
  'an unknown verb': changed(0, 4),
  'an opening for no part': changed(5, 0, 0),
  'one for no more': changed(0, STREAM_VERB.NEXT, 0, 0, 0, 0, 0, 0),
  'an end that wants parts': changed(0, STREAM_VERB.STOP),
  'an end with a request': writeAsk({ ...OPEN, verb: STREAM_VERB.STOP, partsMax: 0 }),
})) {
  test(`${what} asks for nothing of a stream`, (t) => {
    t.is(readAsk(bytes), undefined)
  })
}

const PARTS = [new Uint8Array([1, 2, 3]), NOTHING, new Uint8Array(300).fill(7)]

for (const parts of [[], PARTS, PARTS.slice(1)]) {
  test(`a last batch of ${parts.length} parts is read as it was written`, (t) => {
    const read = readBatch(writeBatch({ parts, isDone: true }))
    t.true(read?.isDone)
    t.deepEqual(
      read?.parts.map((part) => [...part]),
      parts.map((part) => [...part]),
    )
  })
}

test('a batch that goes on has at least one part, and no more than were asked for', (t) => {
  t.is(readBatch(writeBatch({ parts: [], isDone: false })), undefined)
  const bytes = writeBatch({ parts: PARTS, isDone: false })
  t.is(readBatch(bytes, 2), undefined)
  t.is(readBatch(bytes, 3)?.parts.length, 3)
})

test('what is cut or changed anywhere is no batch, or one whose parts lie within it', (t) => {
  const bytes = writeBatch({ parts: PARTS, isDone: false })
  const whole = new Set([0, 8, 12, bytes.length])
  for (let end = 0; end < bytes.length; end++) {
    const read = readBatch(bytes.subarray(0, end))
    t.is(read !== undefined, whole.has(end) && end > 1, `${end} bytes`)
  }
  const random = seededRandom(8)
  for (let round = 0; round < 2_000; round++) {
    const [at = 0, value = 0, length = 0] = random(3)
    const hostile = bytes.slice(0, length + 1)
    hostile[at % hostile.length] = value
    const read = readBatch(hostile)
    const bound = read?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0
    t.true(bound < hostile.length, `round ${round}`)
  }
})
