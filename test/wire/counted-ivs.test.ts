import test from 'ava'
import { CountedIvs, CountWindow, countOf, countsIvs } from '../../src/wire/counted-ivs.js'

const random = (bytes: number) => new Uint8Array(bytes).fill(0xab)

test('both ends count from the same prefix, and never make the same IV', (t) => {
  const [dialler, acceptor] = [true, false].map(
    (isDialler) => new CountedIvs('aes-256-gcm', isDialler, random),
  )
  const seen = new Set<string>()
  for (let count = 1; count <= 1_000; count++) {
    for (const ivs of [dialler!, acceptor!]) {
      const iv = ivs.next()
      t.is(iv.length, 12)
      t.is(countOf(iv, iv.length), count)
      seen.add(Buffer.from(iv).toString('hex'))
    }
  }
  t.is(seen.size, 2_000)
})

test('only AEAD ciphers count', (t) => {
  t.true(countsIvs('aes-128-gcm'))
  t.true(countsIvs('chacha20-poly1305-ietf'))
  t.false(countsIvs('aes-256-cbc'))
  t.false(countsIvs('xxtea'))
})

test('each count is taken once, a little out of order or not', (t) => {
  const window = new CountWindow()
  const order = [1, 2, 4, 3, 10, 5, 9, 33, 32, 2 ** 40, 2 ** 40 - 31]
  for (const count of order) t.true(window.take(count), `${count}`)
  for (const count of order) t.false(window.take(count), `${count} again`)
})

test('one that has to wait is taken again, once', (t) => {
  const window = new CountWindow()
  t.true(window.take(7))
  t.true(window.take(8))
  window.giveBack()
  t.true(window.take(8))
  t.false(window.take(8))
  t.false(window.take(7))
})

test('what is further behind than the window is not taken, for nobody knows whether it was', (t) => {
  const window = new CountWindow()
  t.true(window.take(100))
  t.true(window.take(69))
  t.false(window.take(68))
  t.false(window.take(1))
  t.false(window.take(0))
})
