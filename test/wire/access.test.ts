// Access tokens: the reference data byte for byte, and who is let in.

import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import {
  type AccessStamp,
  commandStatement,
  registrationStatement,
  SIGNATURES_MAX,
  sign,
  verify,
} from '../../src/wire/access.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { forEachVector, fromHex, toHex, type VectorFacts } from './_crypto-vectors.js'

const text = (value: string) => new TextEncoder().encode(value)
const STATEMENT = '1735689600:1-2:305419896'
const TOKENS = [text('token1'), text('token2')]

function statementOf({ input, expected }: VectorFacts): string {
  const stamp: AccessStamp = {
    timestamp: BigInt(String(input.timestamp ?? expected.timestamp)),
    nonce1: BigInt(String(input.nonce1)),
    nonce2: BigInt(String(input.nonce2)),
  }
  const busId = BigInt(String(input.bus_id))
  const commands = input.commands as string[] | undefined
  if (commands) return commandStatement(nodePrimitives, stamp, busId, commands.map(text))
  const publicKey = fromHex(String(input.public_key_hex))
  const curveNumber = Number(input.crypto_handshake_type)
  return registrationStatement(nodePrimitives, stamp, busId, { curveNumber, publicKey })
}

forEachVector(
  'access-data',
  /^(plaintext|full)_/,
  (name) => `the statement of ${name} is that of the reference`,
  (title, read) =>
    test(title, (t) => {
      const { facts } = read()
      t.is(statementOf(facts), String(facts.expected.plaintext))
    }),
)

forEachVector(
  'access-data',
  /^signature_/,
  (name) => `${name} is reproduced byte for byte`,
  (title, read) =>
    test(title, (t) => {
      const { facts, bytes } = read()
      const token = fromHex(String(facts.input.access_token_hex))
      const [signature] = sign(nodePrimitives, [token], String(facts.input.plaintext))
      t.is(toHex(signature!), toHex(bytes))
      t.is(toHex(signature!), String(facts.expected.signature_hex))
    }),
)

forEachVector(
  'access-data',
  /^full_/,
  (name) => `the access data of ${name} is reproduced byte for byte and then verifies`,
  (title, read) =>
    test(title, (t) => {
      const { facts, bytes } = read()
      const tokens = (facts.input.access_tokens as { hex: string }[]).map(({ hex }) => fromHex(hex))
      const statement = statementOf(facts)
      const signatures = sign(nodePrimitives, tokens, statement)
      const { AccessData } = treebus.wire
      const template = AccessData.decode(bytes)
      t.is(toHex(AccessData.encode({ ...template, signature: signatures }).finish()), toHex(bytes))
      const received = { algorithm: template.algorithm ?? 0, signatures: template.signature ?? [] }
      t.true(verify(nodePrimitives, tokens, received, statement))
      t.false(verify(nodePrimitives, tokens, received, `${statement}0`))
    }),
)

test('a registration signs its public key as it stands on the wire, and its curve', (t) => {
  const stamp = { timestamp: 1n, nonce1: 2n, nonce2: 2n ** 64n - 1n }
  const of = (curveNumber: number, publicKey: Uint8Array) =>
    registrationStatement(nodePrimitives, stamp, 2n ** 64n - 1n, { curveNumber, publicKey })
  const plain = '1:2-18446744073709551615:18446744073709551615'
  t.is(registrationStatement(nodePrimitives, stamp, 2n ** 64n - 1n), plain)
  t.is(of(1, new Uint8Array(0)), plain)
  t.regex(of(1, Uint8Array.of(1)), /:1:[0-9a-f]{64}$/)
  t.not(of(1, Uint8Array.of(1)), of(2, Uint8Array.of(1)))
  t.not(of(1, Uint8Array.of(1)), of(1, Uint8Array.of(2)))
})

test('a negative timestamp is written with its sign', (t) => {
  const stamp = { timestamp: -5n, nonce1: 0n, nonce2: 0n }
  t.is(registrationStatement(nodePrimitives, stamp, 1n), '-5:0-0:1')
})

test('a command without arguments signs the hash of nothing', (t) => {
  const stamp = { timestamp: 1n, nonce1: 2n, nonce2: 3n }
  const nothing = toHex(nodePrimitives.sha256(new Uint8Array(0)))
  t.is(commandStatement(nodePrimitives, stamp, 4n, []), `1:2-3:4:${nothing}`)
})

test('any token shared by both sides is enough, whatever its place', (t) => {
  const signatures = sign(nodePrimitives, [text('other'), text('token2')], STATEMENT)
  t.true(verify(nodePrimitives, TOKENS, { algorithm: 0, signatures }, STATEMENT))
  t.false(verify(nodePrimitives, [text('x')], { algorithm: 0, signatures }, STATEMENT))
})

test('without tokens on both sides a peer is let in, on one side only it is not', (t) => {
  const signatures = sign(nodePrimitives, TOKENS, STATEMENT)
  t.true(verify(nodePrimitives, [], { algorithm: 0, signatures: [] }, STATEMENT))
  t.false(verify(nodePrimitives, TOKENS, { algorithm: 0, signatures: [] }, STATEMENT))
  t.false(verify(nodePrimitives, [], { algorithm: 0, signatures }, STATEMENT))
})

test('another algorithm than HMAC-SHA256 is refused, even without tokens', (t) => {
  const signatures = sign(nodePrimitives, TOKENS, STATEMENT)
  t.false(verify(nodePrimitives, TOKENS, { algorithm: 1, signatures }, STATEMENT))
  t.false(verify(nodePrimitives, [], { algorithm: 1, signatures: [] }, STATEMENT))
})

test('more than 8 signatures are refused, though one of them is right', (t) => {
  const right = sign(nodePrimitives, TOKENS, STATEMENT)
  const filler = new Array<Uint8Array>(SIGNATURES_MAX).fill(new Uint8Array(32))
  const eight = [...filler.slice(1), right[0]!]
  t.true(verify(nodePrimitives, TOKENS, { algorithm: 0, signatures: eight }, STATEMENT))
  const nine = [right[0]!, ...filler]
  t.false(verify(nodePrimitives, TOKENS, { algorithm: 0, signatures: nine }, STATEMENT))
})

test('a signature of a wrong length or with one bit changed is refused', (t) => {
  const [right] = sign(nodePrimitives, TOKENS, STATEMENT)
  const refused = [
    new Uint8Array(0),
    right!.subarray(0, 31),
    Uint8Array.of(...right!, 0),
    right!.map((byte, index) => (index === 31 ? byte ^ 1 : byte)),
  ]
  for (const signature of refused) {
    const access = { algorithm: 0, signatures: [signature] }
    t.false(verify(nodePrimitives, TOKENS, access, STATEMENT))
  }
})

test('every token is compared with every signature, also after a match', (t) => {
  let comparisons = 0
  const counting = {
    hmacSha256: nodePrimitives.hmacSha256,
    equal: (a: Uint8Array, b: Uint8Array) => {
      comparisons++
      return nodePrimitives.equal(a, b)
    },
  }
  const signatures = sign(nodePrimitives, TOKENS, STATEMENT)
  t.true(verify(counting, TOKENS, { algorithm: 0, signatures }, STATEMENT))
  t.is(comparisons, 4)
})

test('a token counts up to 32,868 bytes', (t) => {
  const long = new Uint8Array(32_869).fill(7)
  const same = sign(nodePrimitives, [long.subarray(0, 32_868)], STATEMENT)
  t.is(toHex(sign(nodePrimitives, [long], STATEMENT)[0]!), toHex(same[0]!))
  const shorter = sign(nodePrimitives, [long.subarray(0, 32_867)], STATEMENT)
  t.not(toHex(shorter[0]!), toHex(same[0]!))
})
