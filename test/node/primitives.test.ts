// Hashes and ciphers on Node against published answers.

import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { CIPHER_NAMES, CIPHERS } from '../../src/wire/ciphers.js'
import { fromHex, patternBytes, toHex } from '../wire/_crypto-vectors.js'

const text = (value: string) => new TextEncoder().encode(value)
const NONE = new Uint8Array(0)

const SUNSCREEN = text(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
    'sunscreen would be it.',
)
const KEY_80 = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)
const AAD = fromHex('50515253c0c1c2c3c4c5c6c7')

test('HKDF-SHA256 with empty salt and info agrees with RFC 5869, test case 3', (t) => {
  const okm = nodePrimitives.hkdfSha256(new Uint8Array(22).fill(0x0b), 42)
  t.is(
    toHex(okm),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  )
})

test('HMAC-SHA256 agrees with RFC 4231, test cases 1 and 6', (t) => {
  t.is(
    toHex(nodePrimitives.hmacSha256(new Uint8Array(20).fill(0x0b), text('Hi There'))),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  )
  const key = new Uint8Array(131).fill(0xaa)
  const words = text('Test Using Larger Than Block-Size Key - Hash Key First')
  t.is(
    toHex(nodePrimitives.hmacSha256(key, words)),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  )
})

test('SHA-256 of "abc" is that of FIPS 180-4', (t) => {
  t.is(
    toHex(nodePrimitives.sha256(text('abc'))),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('ChaCha20-Poly1305 agrees with RFC 8439, section 2.8.2', (t) => {
  const cipher = nodePrimitives.cipher('chacha20-poly1305-ietf', KEY_80)!
  const iv = fromHex('070000004041424344454647')
  const sealed = toHex(cipher.seal(SUNSCREEN, iv, AAD))
  t.is(
    sealed,
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
  )
})

test('ChaCha20 counts from its first eight bytes, as in RFC 8439, section 2.4.2', (t) => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index)
  const cipher = nodePrimitives.cipher('chacha20', key)!
  const sealed = toHex(cipher.seal(SUNSCREEN, fromHex('01000000000000000000004a00000000'), NONE))
  t.is(sealed.slice(0, 64), '6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b')
  t.is(sealed.slice(-32), '0bbf74a35be6b40b8eedf2785e42874d'.slice(-32))
})

test('XChaCha20-Poly1305 agrees with the IETF draft, appendix A.3.1', (t) => {
  const cipher = nodePrimitives.cipher('xchacha20-poly1305-ietf', KEY_80)!
  const iv = Uint8Array.from({ length: 24 }, (_, index) => 0x40 + index)
  const sealed = toHex(cipher.seal(SUNSCREEN, iv, AAD))
  t.is(sealed.slice(0, 64), 'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb')
  t.is(sealed.slice(-32), 'c0875924c1c7987947deafd8780acf49')
})

test('AES-256-GCM agrees with test case 14 of the GCM specification', (t) => {
  const cipher = nodePrimitives.cipher('aes-256-gcm', new Uint8Array(32))!
  t.is(
    toHex(cipher.seal(new Uint8Array(16), new Uint8Array(12), NONE)),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  )
})

test('AES-128-CBC agrees with NIST SP 800-38A, F.2.1', (t) => {
  const cipher = nodePrimitives.cipher('aes-128-cbc', fromHex('2b7e151628aed2a6abf7158809cf4f3c'))!
  const iv = fromHex('000102030405060708090a0b0c0d0e0f')
  const plain = fromHex('6bc1bee22e409f96e93d7e117393172a')
  t.is(toHex(cipher.seal(plain, iv, NONE)), '7649abac8119b246cee98e9b12e9197d')
})

test('Node has every cipher of the wire', (t) => {
  t.deepEqual([...nodePrimitives.ciphers].sort(), [...CIPHER_NAMES].sort())
})

test('a key of a wrong size is a bug of ours, and stops us', (t) => {
  for (const name of CIPHER_NAMES) {
    const key = new Uint8Array(CIPHERS[name].keyBytes + 1)
    t.throws(() => nodePrimitives.cipher(name, key), { name: 'InvariantError' })
  }
})

test('a cipher keeps its own copy of the key', (t) => {
  for (const name of CIPHER_NAMES) {
    const key = patternBytes(CIPHERS[name].keyBytes, 1)
    const cipher = nodePrimitives.cipher(name, key)!
    const [plain, iv] = [new Uint8Array(32), new Uint8Array(CIPHERS[name].ivBytes)]
    const before = toHex(cipher.seal(plain, iv, NONE))
    key.fill(0)
    t.is(toHex(cipher.seal(plain, iv, NONE)), before)
  }
})

test('an input that is a view into a larger buffer is read from its own start', (t) => {
  const room = patternBytes(200, 1)
  for (const name of CIPHER_NAMES) {
    const { keyBytes, ivBytes } = CIPHERS[name]
    const own = (at: number, bytes: number): Uint8Array => room.slice(at, at + bytes)
    const view = (at: number, bytes: number): Uint8Array => room.subarray(at, at + bytes)
    const seal = (take: typeof own) =>
      nodePrimitives.cipher(name, take(3, keyBytes))!.seal(take(41, 64), take(7, ivBytes), NONE)
    t.is(toHex(seal(view)), toHex(seal(own)))
  }
})

test('bytes are equal only where length and every byte are', (t) => {
  const bytes = patternBytes(32, 1)
  t.true(nodePrimitives.equal(bytes, bytes.slice()))
  t.true(nodePrimitives.equal(NONE, NONE))
  t.false(nodePrimitives.equal(bytes, bytes.subarray(1)))
  t.false(nodePrimitives.equal(bytes, NONE))
  for (let at = 0; at < 32; at++) {
    t.false(
      nodePrimitives.equal(
        bytes,
        bytes.map((byte, index) => (index === at ? ~byte : byte)),
      ),
    )
  }
})
