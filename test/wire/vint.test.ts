import test from 'ava'
import { readVint, VINT_VALUE_MAX, Vint, vintBytes, writeVint } from '../../src/wire/vint.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

// The worked examples of spec A.2, and both sides of every border that a JS number can reach.
const EXAMPLES: [number, string][] = [
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '8100'],
  [300, '822c'],
  [1006, '876e'],
  [7168, 'b800'],
  [16383, 'ff7f'],
  [16384, '818000'],
  [65536, '848000'],
  [2080160, 'fefb20'],
  [2097151, 'ffff7f'],
  [2097152, '81808000'],
  [2 ** 28 - 1, 'ffffff7f'],
  [2 ** 28, '8180808000'],
  [2 ** 35 - 1, 'ffffffff7f'],
  [2 ** 35, '818080808000'],
  [2 ** 42, '81808080808000'],
  [2 ** 49 - 1, 'ffffffffffff7f'],
  [2 ** 49, '8180808080808000'],
  [VINT_VALUE_MAX, '8fffffffffffff7f'],
]

for (const [value, text] of EXAMPLES) {
  test(`${value} is written as ${text} and read back`, (t) => {
    const buffer = new Uint8Array(16).fill(0xee)
    t.is(vintBytes(value), text.length / 2)
    const end = writeVint(buffer, 2, value)
    t.is(hex(buffer.slice(2, end)), text)
    t.is(buffer[end], 0xee)
    const found = new Vint()
    t.is(readVint(buffer, 2, end, found), 'ok')
    t.deepEqual({ ...found }, { value, end })
  })
}

test('a number that is cut anywhere asks for more', (t) => {
  for (const [, text] of EXAMPLES) {
    const bytes = bytesOf(text)
    for (let end = 0; end < bytes.length; end++) {
      t.is(readVint(bytes, 0, end, new Vint()), 'more', `${text} cut at ${end}`)
    }
  }
})

test('forms that are longer than need be are taken up to ten bytes', (t) => {
  const found = new Vint()
  t.is(readVint(bytesOf('80808080808080808005'), 0, 10, found), 'ok')
  t.deepEqual({ ...found }, { value: 5, end: 10 })
})

test('ten bytes without an end are bad however many follow', (t) => {
  t.is(readVint(bytesOf('80808080808080808080'), 0, 10, new Vint()), 'bad')
  t.is(readVint(bytesOf('8080808080808080808005'), 0, 11, new Vint()), 'bad')
})

test('a number beyond 2^53 - 1 is bad and does not wrap', (t) => {
  for (const text of ['9080808080808000', '81ffffffffffffffff7f', '82808080808080808000']) {
    t.is(readVint(bytesOf(text), 0, text.length / 2, new Vint()), 'bad', text)
  }
})
