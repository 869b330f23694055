import test from 'ava'
import { nameHash } from '../../src/services/name-hash.js'

for (const [name, hash] of [
  ['alice', 1659614224],
  ['player_1', 1449867748],
  ['service_health_request', 841925480],
  ['', 1315423911],
] as const) {
  test(`the 31-bit hash of '${name}' is ${hash}`, (t) => {
    t.is(nameHash(name), hash)
  })
}

/** The same formula over encoded bytes. */
function hashOfBytes(name: string): number {
  return (
    new TextEncoder().encode(name).reduce((h, c) => h ^ ((h << 5) + c + (h >>> 2)), 1315423911) &
    0x7fffffff
  )
}

test('a name that is not plain ASCII is hashed as its UTF-8 bytes', (t) => {
  for (const name of ['é', 'žluťoučký', '日本', '🙂', 'a🙂é日z', '\u07ff\u0800\uffff\u{10ffff}']) {
    t.is(nameHash(name), hashOfBytes(name), name)
  }
})

test('a text that is no Unicode has a hash too', (t) => {
  const hash = nameHash('\ud800x')
  t.true(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 31)
  t.not(hash, nameHash('x'))
})
