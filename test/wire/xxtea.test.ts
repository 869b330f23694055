// XXTEA: known answers of the published algorithm, through the byte orders of libatbus.

import test from 'ava'
import { xxteaDecrypt, xxteaEncrypt, xxteaKey } from '../../src/wire/xxtea.js'
import { fromHex, patternBytes, toHex } from './_crypto-vectors.js'

/**
 * The published test values of btea: key and data are words there. Here the key's words are
 * written big-endian and the data's little-endian, as libatbus reads them.
 */
const KNOWN = [
  { key: [0, 0, 0, 0], plain: [0, 0], sealed: [0x053704ab, 0x575d8c80] },
  {
    key: [0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff],
    plain: [0x01020304, 0x05060708],
    sealed: [0x961d49fc, 0x61ff12d6],
  },
  {
    key: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    plain: [0x157c13a8, 0x50ba5e57, 0x306d7791],
    sealed: [0x944b9541, 0xf00ef702, 0x5c5990da],
  },
]

function words(values: readonly number[], littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  values.forEach((value, index) => {
    view.setUint32(index * 4, value, littleEndian)
  })
  return new Uint8Array(view.buffer)
}

test('the published words come out, key big-endian and data little-endian', (t) => {
  for (const { key, plain, sealed } of KNOWN) {
    const keyWords = xxteaKey(words(key, false))!
    t.is(toHex(xxteaEncrypt(keyWords, words(plain, true))!), toHex(words(sealed, true)))
    t.is(toHex(xxteaDecrypt(keyWords, words(sealed, true))!), toHex(words(plain, true)))
  }
})

test('every size of whole words comes back, whatever view it lies in', (t) => {
  const key = xxteaKey(patternBytes(16, 1))!
  const room = patternBytes(4_000, 2)
  for (let bytes = 8; bytes <= 1_024; bytes += 4) {
    const plain = room.subarray(3, 3 + bytes)
    const sealed = xxteaEncrypt(key, plain)!
    t.not(toHex(sealed), toHex(plain))
    t.is(toHex(xxteaDecrypt(key, sealed)!), toHex(plain))
  }
})

test('a change of one bit changes the whole block on the way back', (t) => {
  const key = xxteaKey(patternBytes(16, 1))!
  const plain = patternBytes(64, 3)
  const sealed = xxteaEncrypt(key, plain)!
  sealed[10]! ^= 1
  const opened = xxteaDecrypt(key, sealed)!
  const same = opened.filter((byte, index) => byte === plain[index]).length
  t.true(same < 8)
})

test('what is not whole words, two at least, is refused both ways', (t) => {
  const key = xxteaKey(patternBytes(16, 1))!
  for (const bytes of [0, 1, 4, 7, 9, 10, 11, 4_097]) {
    t.is(xxteaEncrypt(key, new Uint8Array(bytes)), undefined)
    t.is(xxteaDecrypt(key, new Uint8Array(bytes)), undefined)
  }
})

test('a key that is not 16 bytes is refused', (t) => {
  for (const bytes of [0, 15, 17, 32]) t.is(xxteaKey(new Uint8Array(bytes)), undefined)
  t.deepEqual(
    [...xxteaKey(fromHex('000102030405060708090a0b0c0d0e0f'))!],
    [0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f],
  )
})
