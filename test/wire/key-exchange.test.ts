// Key agreement: all curves both ways, both key encodings, hostile points, the choice of a cipher.

import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { CIPHER_NAMES, CIPHERS, type CipherName } from '../../src/wire/ciphers.js'
import {
  agreedIvBytes,
  CURVE_NAMES,
  CURVES,
  chooseAsClient,
  chooseAsServer,
  curveByNumber,
  decodePublicKey,
  deriveKey,
  encodePublicKey,
} from '../../src/wire/key-exchange.js'
import { fromHex, patternBytes, toHex } from './_crypto-vectors.js'

const seeded = (seed: number) => (bytes: number) => patternBytes(bytes, seed)

for (const curve of CURVE_NAMES) {
  const { publicKeyBytes, secretBytes } = CURVES[curve]
  const client = nodePrimitives.keyPair(curve, seeded(1))
  const server = nodePrimitives.keyPair(curve, seeded(2))

  test(`${curve}: both ends agree, whichever encoding either reads`, (t) => {
    t.is(client.publicKey.length, publicKeyBytes)
    for (const encode of [encodePublicKey, (point: Uint8Array) => point]) {
      const fromServer = client.agree(decodePublicKey(curve, encode(server.publicKey))!)
      const fromClient = server.agree(decodePublicKey(curve, encode(client.publicKey))!)
      t.is(toHex(fromServer!), toHex(fromClient!))
      t.is(fromServer!.length, secretBytes)
    }
  })

  test(`${curve}: the encoding sent is a length byte and the point`, (t) => {
    const encoded = encodePublicKey(client.publicKey)
    t.is(encoded.length, publicKeyBytes + 1)
    t.is(encoded[0], publicKeyBytes)
    t.is(toHex(encoded.subarray(1)), toHex(client.publicKey))
  })

  test(`${curve}: the same chance gives the same pair, other chance another`, (t) => {
    const again = nodePrimitives.keyPair(curve, seeded(1))
    t.is(toHex(again.publicKey), toHex(client.publicKey))
    t.not(toHex(server.publicKey), toHex(client.publicKey))
  })

  test(`${curve}: a key of a wrong length or form is refused and never throws`, (t) => {
    for (let bytes = 0; bytes < 140; bytes++) {
      const foreign = patternBytes(bytes, bytes).fill(9, 0, 1)
      t.is(client.agree(foreign) !== undefined, curve === 'x25519' && bytes === 32)
      const decoded = decodePublicKey(curve, foreign)
      t.is(decoded !== undefined, curve === 'x25519' && bytes === 32)
    }
    const longer = encodePublicKey(server.publicKey)
    longer[0] = publicKeyBytes - 1
    t.is(decodePublicKey(curve, longer), undefined)
  })
}

for (const curve of ['p256', 'p384', 'p521'] as const) {
  const pair = nodePrimitives.keyPair(curve, seeded(1))
  const peer = nodePrimitives.keyPair(curve, seeded(2)).publicKey

  test(`${curve}: a point off the curve, at infinity or in another form gives no secret`, (t) => {
    t.truthy(pair.agree(peer))
    const offCurve = peer.slice()
    offCurve[offCurve.length - 1]! ^= 1
    t.is(pair.agree(offCurve), undefined)
    t.is(pair.agree(new Uint8Array(peer.length)), undefined)
    t.is(pair.agree(Uint8Array.of(4, ...new Uint8Array(peer.length - 1))), undefined)
    const lastBit = peer[peer.length - 1]! & 1
    const hybrid = Uint8Array.of(6 + lastBit, ...peer.subarray(1))
    t.is(pair.agree(hybrid), undefined)
    t.is(decodePublicKey(curve, hybrid), undefined)
  })

  test(`${curve}: chance that is no private key is drawn again`, (t) => {
    const draws = [new Uint8Array(66).fill(0xff), new Uint8Array(66), patternBytes(66, 1)]
    let drawn = 0
    const late = nodePrimitives.keyPair(curve, (bytes) => draws[drawn++]!.subarray(0, bytes))
    t.is(drawn, 3)
    t.is(toHex(late.publicKey), toHex(pair.publicKey))
    t.throws(() => nodePrimitives.keyPair(curve, (bytes) => new Uint8Array(bytes)), {
      name: 'InvariantError',
    })
  })
}

test('a secret that starts with a zero keeps its size', (t) => {
  const { agree } = nodePrimitives.keyPair('p256', seeded(1))
  let withZero = 0
  for (let seed = 2; seed < 1_500; seed++) {
    const secret = agree(nodePrimitives.keyPair('p256', seeded(seed)).publicKey)!
    t.is(secret.length, 32)
    if (secret[0] === 0) withZero++
  }
  t.true(withZero > 0)
})

test('X25519 agrees with RFC 7748, section 6.1', (t) => {
  const alice = fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
  const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
  const [a, b] = [alice, bob].map((secret) => nodePrimitives.keyPair('x25519', () => secret))
  const publicA = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
  const publicB = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'
  const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
  t.is(toHex(a!.publicKey), publicA)
  t.is(toHex(b!.publicKey), publicB)
  t.is(toHex(a!.agree(b!.publicKey)!), secret)
  t.is(toHex(b!.agree(a!.publicKey)!), secret)
})

test('an X25519 point of small order gives no secret', (t) => {
  const pair = nodePrimitives.keyPair('x25519', seeded(1))
  const points = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ]
  for (const point of points) t.is(pair.agree(fromHex(point)), undefined)
})

test('a server picks the first of the client list that it allows', (t) => {
  const allowed: CipherName[] = ['aes-128-gcm', 'aes-256-gcm']
  const cases: readonly (readonly [readonly number[], CipherName | undefined])[] = [
    [[16, 14], 'aes-256-gcm'],
    [[14, 16], 'aes-128-gcm'],
    [[1, 33, 99, 16], 'aes-256-gcm'],
    [[1, 33], undefined],
    [[0], undefined],
    [[], undefined],
  ]
  for (const [offered, chosen] of cases) t.is(chooseAsServer(offered, allowed), chosen)
})

test('a client picks by its own list, not by the order of the answer', (t) => {
  const sent: CipherName[] = ['aes-256-gcm', 'chacha20-poly1305-ietf']
  t.is(chooseAsClient(sent, [32, 16]), 'aes-256-gcm')
  t.is(chooseAsClient(sent, [32]), 'chacha20-poly1305-ietf')
  t.is(chooseAsClient(sent, [1, 14]), undefined)
  t.is(chooseAsClient(sent, []), undefined)
})

test('both ends choose alike, whatever a C++ server lists in its answer', (t) => {
  const numbers = CIPHER_NAMES.map((name) => CIPHERS[name].wire)
  for (let seed = 0; seed < 200; seed++) {
    const pick = patternBytes(CIPHER_NAMES.length * 2, seed)
    const sent = CIPHER_NAMES.filter((_, index) => pick[index]! > 128)
    const allowed = CIPHER_NAMES.filter((_, index) => pick[index + numbers.length]! > 128)
    const chosen = chooseAsServer(
      sent.map((name) => CIPHERS[name].wire),
      allowed,
    )
    const fullList = allowed.map((name) => CIPHERS[name].wire).reverse()
    t.is(chooseAsClient(sent, fullList), chosen)
  }
})

test('an IV size of the peer counts where the cipher takes it', (t) => {
  t.is(agreedIvBytes('aes-256-gcm', 0), 12)
  t.is(agreedIvBytes('aes-256-gcm', 12), 12)
  for (const bytes of [1, 11, 13, 16, 2 ** 32 - 1]) {
    t.is(agreedIvBytes('aes-256-gcm', bytes), undefined)
  }
  t.is(agreedIvBytes('xxtea', 0), 0)
  t.is(agreedIvBytes('xxtea', 16), undefined)
})

test('key and IV are the first bytes of one derivation, in this order', (t) => {
  const secret = patternBytes(32, 1)
  for (const name of CIPHER_NAMES) {
    const { keyBytes, ivBytes } = CIPHERS[name]
    const { key, iv } = deriveKey(nodePrimitives, secret, name, ivBytes)
    const material = nodePrimitives.hkdfSha256(secret, 64)
    t.is(toHex(key), toHex(material.subarray(0, keyBytes)))
    t.is(toHex(iv), toHex(material.subarray(keyBytes, keyBytes + ivBytes)))
  }
})

test('curves have the numbers of the specification', (t) => {
  t.deepEqual([1, 2, 3, 4].map(curveByNumber), ['x25519', 'p256', 'p384', 'p521'])
  for (const wire of [0, 5, -1]) t.is(curveByNumber(wire), undefined)
})
