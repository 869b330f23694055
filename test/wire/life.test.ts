import test from 'ava'
import { readLife, writeLife } from '../../src/wire/life.js'

const INCARNATION = Uint8Array.from({ length: 16 }, (_, index) => index + 1)

for (const attach of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
  test(`a life with attach ${attach} is read as it was written`, (t) => {
    t.deepEqual(readLife(writeLife(INCARNATION, attach)), { incarnation: INCARNATION, attach })
  })
}

test('a life is its incarnation and eight bytes, the lowest first', (t) => {
  const hex = Buffer.from(writeLife(INCARNATION, 0x1_0203_0405_0607)).toString('hex')
  t.is(hex, '0102030405060708090a0b0c0d0e0f100706050403020100')
})

for (const length of [0, 16, 23, 25]) {
  test(`a life of ${length} bytes is none`, (t) => {
    t.is(readLife(new Uint8Array(length)), undefined)
  })
}

test('an attach beyond 2^53 - 1 is none', (t) => {
  const bytes = writeLife(INCARNATION, Number.MAX_SAFE_INTEGER)
  bytes[22] = 0x20
  t.is(readLife(bytes), undefined)
})

test('a life that was read does not refer to the memory it came in', (t) => {
  const memory = Buffer.concat([Buffer.alloc(3), writeLife(INCARNATION, 7)])
  const life = readLife(memory.subarray(3))
  memory.fill(0xff)
  t.deepEqual(life, { incarnation: INCARNATION, attach: 7 })
})
