import test from 'ava'
import { formatId, highHalf, joinHalves, lowHalf, parseId } from '../../src/core/bus-id.js'
import { BusError } from '../../src/errors.js'

const READABLE: [string | number | bigint, bigint][] = [
  ['0x200', 0x200n],
  ['0XfF', 0xffn],
  ['512', 512n],
  [512, 512n],
  [0, 0n],
  [7n, 7n],
  ['0xffffffffffffffff', 0xffff_ffff_ffff_ffffn],
  ['18446744073709551615', 0xffff_ffff_ffff_ffffn],
  [Number.MAX_SAFE_INTEGER, 0x1f_ffff_ffff_ffffn],
]

for (const [written, id] of READABLE) {
  test(`an id may be written ${typeof written} ${written}`, (t) => {
    t.is(parseId(written), id)
  })
}

const UNREADABLE: unknown[] = [
  -1n,
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  0x1_0000_0000_0000_0000n,
  '18446744073709551616',
  '0x10000000000000000',
  '',
  '0x',
  'x200',
  ' 1',
  '1e3',
  '-1',
  '1'.repeat(21),
]

for (const written of UNREADABLE) {
  test(`${typeof written} ${JSON.stringify(String(written))} is no id`, (t) => {
    const error = t.throws(() => parseId(written as string), { instanceOf: BusError })
    t.is(error?.code, 'BAD_ARGUMENT')
  })
}

test('what is no id is quoted in the error up to 80 characters', (t) => {
  const error = t.throws(() => parseId('z'.repeat(10_000)), { instanceOf: BusError })
  t.true((error?.message.length ?? 0) < 200)
})

for (const id of [0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, 0x8000_0001_8000_0002n, 2n ** 64n - 1n]) {
  test(`the halves of ${formatId(id)} make the id again`, (t) => {
    t.is(BigInt(highHalf(id)), id >> 32n)
    t.is(BigInt(lowHalf(id)), id & 0xffff_ffffn)
    t.is(joinHalves(highHalf(id), lowHalf(id)), id)
    t.is(parseId(formatId(id)), id)
  })
}
