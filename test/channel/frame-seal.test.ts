import test from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import type { FrameSeal } from '../../src/wire/data-template.js'
import { TestOutlet } from '../wire/_outlet.js'
import { Random, seedOfRun } from '../wire/_random.js'

const addon = loadAddon()
const SEALS: [title: string, seal: FrameSeal | undefined][] = [
  ['hashed here', undefined],
  ...(typeof addon === 'string'
    ? []
    : ([['hashed by native code', addon.sealFrames]] as [string, FrameSeal][])),
]

function singly(message: OutgoingData, contents: readonly Uint8Array[], self: SelfId): Buffer {
  const outlet = new TestOutlet(4_096)
  const first = message.sequenceHi * 2 ** 32 + message.sequenceLo
  for (const [i, content] of contents.entries()) {
    const sequenceHi = Math.floor((first + i) / 2 ** 32)
    const sequenceLo = (first + i) >>> 0
    encodeData(outlet, self, Object.assign({ ...message }, { sequenceHi, sequenceLo, content }))
  }
  return Buffer.concat(outlet.frames)
}

/** A node whose last two frames were like this message. */
function nodeThatSent(message: OutgoingData): SelfId {
  const self = new SelfId(0, 0x200)
  for (let times = 0; times < 2; times++) encodeData(new TestOutlet(), self, { ...message })
  return self
}

for (const [title, seal] of SEALS) {
  test(`a run of frames is what they are one by one, ${title}`, (t) => {
    const random = new Random(seedOfRun())
    for (let round = 0; round < 300; round++) {
      const bytes = 4 + random.below(random.once(5) ? 300 : 40)
      const count = 1 + random.below(12)
      const contents = Array.from({ length: count }, () => random.bytes(bytes))
      const message = Object.assign(new OutgoingData(), {
        type: random.below(300),
        toHi: random.once(2) ? random.bits32() : 0,
        toLo: random.bits32() || 1,
        sequenceHi: random.once(2) ? 1 + random.below(9) : 0,
        sequenceLo: 1 + random.below(2 ** 31),
        content: contents[0]!,
      })
      const self = nodeThatSent(message)
      const expected = singly(message, contents, new SelfId(0, 0x200))
      const first = message.sequenceHi * 2 ** 32 + message.sequenceLo
      const outlet = new TestOutlet(16 * 1024)
      const run = { from: 0, count }
      const written = self.template.writeRun(outlet, message, contents, run, seal)
      // The last number may be longer than the first; then they are written one by one.
      if (written === undefined) continue
      t.is(Buffer.compare(outlet.takeFrame(), expected), 0, `TREEBUS_SEED=${random.seed}`)
      t.is(message.sequenceHi * 2 ** 32 + message.sequenceLo, first + count)
    }
  })
}

test('what is not like the last frames makes no run', (t) => {
  const contents = [1, 2, 3].map((byte) => new Uint8Array(20).fill(byte))
  const message = Object.assign(new OutgoingData(), { toLo: 5, content: contents[0]! })
  const run = { from: 0, count: 3 }
  const written = (wish: Partial<OutgoingData>) => {
    const self = nodeThatSent(Object.assign({ ...message }, { sequenceLo: 300 }))
    const next = Object.assign({ ...message }, { sequenceLo: 301 }, wish)
    return self.template.writeRun(new TestOutlet(), next, contents, run, undefined)
  }
  t.is(written({}), 'ok')
  t.is(written({ toLo: 6 }), undefined)
  t.is(written({ type: 1 }), undefined)
  t.is(written({ content: new Uint8Array(21) }), undefined)
  // 16,383 is the last number of two bytes.
  t.is(written({ sequenceLo: 16_381 }), 'ok')
  t.is(written({ sequenceLo: 16_382 }), undefined)
  t.is(written({ sequenceLo: 2 ** 32 - 2 }), undefined)
  const fresh = new SelfId(0, 0x200)
  t.is(fresh.template.writeRun(new TestOutlet(), message, contents, run, undefined), undefined)
})
