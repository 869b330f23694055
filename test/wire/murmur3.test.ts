import test from 'ava'
import { murmur3, murmur3InView } from '../../src/wire/murmur3.js'
import { Random, seedOfRun } from './_random.js'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

// Spec A.1, and the known answers of the algorithm's author and its Wikipedia article.
const ANSWERS: [string, number, number][] = [
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0, 0xc0363e43],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
  ['hello', 0, 0x248bfa47],
  ['A'.repeat(300), 0, 0xb1dbe326],
]

for (const [input, seed, hash] of ANSWERS) {
  test(`${input.slice(0, 14)} × ${input.length} with seed ${seed} hashes to ${hash}`, (t) => {
    const bytes = text(input)
    t.is(murmur3(bytes, 0, bytes.length, seed), hash)
  })
}

test('a span hashes alike wherever it lies and whichever way is taken', (t) => {
  const random = new Random(seedOfRun())
  for (let round = 0; round < 400; round++) {
    const content = random.bytes(random.below(round < 300 ? 80 : 3000))
    const expected = murmur3(content.slice(), 0, content.length)
    const shift = 1 + random.below(9)
    const home = new Uint8Array(content.length + 24).fill(0xa5).subarray(random.below(4))
    home.set(content, shift)
    const end = shift + content.length
    const view = new DataView(home.buffer, home.byteOffset, home.byteLength)
    // Once as bytes, from then on in the view that is kept.
    for (let again = 0; again < 3; again++) t.is(murmur3(home, shift, end), expected)
    t.is(murmur3InView(view, shift, end), expected)
  }
})

test('memory that changes between two calls is hashed anew', (t) => {
  const memory = new Uint8Array(512)
  const first = murmur3(memory, 0, 512)
  memory[511] = 1
  t.not(murmur3(memory, 0, 512), first)
})
