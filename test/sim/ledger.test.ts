import test from 'ava'
import { OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { RecordWriter } from '../../src/wire/data-record.js'
import { RecordCursor } from '../../src/wire/record-cursor.js'
import { TestOutlet } from '../wire/_outlet.js'
import { inFrame } from '../wire/_records.js'
import { wayOf } from './ledger.js'

const ORIGIN = new SelfId(0x8000_0000, 0x1c9)
const TARGET = new SelfId(0, 0x259)
const HOPS = [new SelfId(0, 0x1a7), new SelfId(0, 0x196), new SelfId(0x10, 0xffff_ffff)]

/** A message from `ORIGIN` as it comes to `TARGET` over so many nodes. */
function recordOver(hops: readonly SelfId[], extensionKind: number): RecordCursor {
  const content = new Uint8Array(5).fill(9)
  const message = Object.assign(new OutgoingData(), {
    toLo: TARGET.low,
    content,
    extensionKind,
    sequenceLo: 1,
  })
  let outlet = new TestOutlet()
  new RecordWriter().writeRouted(outlet, ORIGIN, message)
  const record = new RecordCursor(TARGET)
  for (const hop of [...hops, undefined]) {
    const bytes = outlet.takeFrame()
    if (!record.read(new DataView(bytes.buffer), bytes, 0, bytes.length)) throw new Error('bad')
    outlet = new TestOutlet()
    if (hop !== undefined) new RecordWriter().writeOn(outlet, hop, record)
  }
  return record
}

test('the way of a message is its nodes, whether it came as a record or as a frame', (t) => {
  for (let count = 0; count <= HOPS.length; count++) {
    for (const extensionKind of [0, 1]) {
      const hops = HOPS.slice(0, count)
      const record = recordOver(hops, extensionKind)
      const ids = [ORIGIN, ...hops].map(
        ({ high, low }) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0),
      )
      t.is(wayOf(record.data), ids.join())
      t.is(wayOf(inFrame(record.rewrite()).data), ids.join())
    }
  }
})
