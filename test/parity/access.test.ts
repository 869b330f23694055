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
import { World } from '../core/_harness.js'
import { commandOf, registrationOf, token } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { fromHex, toHex } from '../wire/_crypto-vectors.js'

const SECONDS = 1_735_689_600n
const P256 = 2

/** Made by the C++ implementation (spec I.2). */
const PLAIN = {
  stamp: {
    timestamp: SECONDS,
    nonce1: 1_311_768_467_463_790_320n,
    nonce2: 18_364_758_544_493_064_720n,
  },
  id: 305_419_896n,
  statement: '1735689600:1311768467463790320-18364758544493064720:305419896',
}

const KEYED = {
  stamp: {
    timestamp: SECONDS,
    nonce1: 12_297_848_147_757_817_309n,
    nonce2: 1_229_801_703_532_086_340n,
  },
  id: 2_882_400_001n,
  publicKey: Uint8Array.from({ length: 32 }, (_, index) => index),
  statement:
    '1735689600:12297848147757817309-1229801703532086340:2882400001:2:\
630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd',
}

const COMMAND = {
  stamp: {
    timestamp: SECONDS,
    nonce1: 6_148_933_456_521_300_104n,
    nonce2: 11_068_065_209_510_513_868n,
  },
  id: 2_271_560_481n,
  args: ['command1', 'arg2', 'data3'],
  statement:
    '1735689600:6148933456521300104-11068065209510513868:2271560481:\
5f6b34d74c0c6c03c2c39f40d3dab18a027f4458f9ff7de47dd45e6cc5ef13e4',
}

const SIGNED = {
  token: 'secret_token_123',
  statement: '1735689600:1311768467294899695-18364758544106544929:305419896',
  signature: 'b9a3e23f25b92b0861f98be53e14cc28796cbbd5016898bea1ac26d70720bc68',
}

/** access_data as it stands in a registration with a public key, and in a command. */
const FULL = [
  {
    token: fromHex('0102030405060708090a0b0c0d0e0f10'),
    statement:
      '1735689600:1229801703532086340-6148933456521300104:2271560481:2:\
806239bebc2e14eb7de0a1cd96607874ea130d55421176f1112c2569edef6074',
    bytes:
      '10808bd2bb0618c488cd99a3c4c88811208891debbe7ccd9aa554a20\
2f0eb0c0b0d217a86b823902320e3afa135356d26234a88bf3a0d1c7ff3684ad',
  },
  {
    token: token('my_secret'),
    statement:
      '1735689600:16045690984503098046-81985529216486895:287454020:\
43b8e6d334e86568974ca6ff9a2fd4abef9ff2cba2311d6f81d3803757a50c9a',
    bytes:
      '10808bd2bb0618bef5fad7fcddefd6de0120ef9bafcdf8acd191014a20\
d7f62584f9534f55a30088681bef094a0037218b04311adb06517327e2629233',
  },
]

const registration = (stamp: AccessStamp, id: bigint, key?: [number, Uint8Array]) =>
  registrationStatement(
    nodePrimitives,
    stamp,
    id,
    key && { curveNumber: key[0], publicKey: key[1] },
  )
const command = (stamp: AccessStamp, id: bigint, args: readonly string[]) =>
  commandStatement(nodePrimitives, stamp, id, args.map(token))
const signatures = (tokens: readonly Uint8Array[], statement: string) =>
  sign(nodePrimitives, tokens, statement).map(toHex)
const sha256 = (text: string) => toHex(nodePrimitives.sha256(token(text)))

test('parity atbus_message_handler.make_access_data_plaintext_crypto_without_public_key: time, nonces and id', (t) => {
  t.is(registration(PLAIN.stamp, PLAIN.id), PLAIN.statement)
  t.is(registration(PLAIN.stamp, PLAIN.id, [P256, new Uint8Array(0)]), PLAIN.statement)
})

test('parity atbus_message_handler.make_access_data_plaintext_crypto_with_public_key: its curve and hash behind', (t) => {
  t.is(registration(KEYED.stamp, KEYED.id, [P256, KEYED.publicKey]), KEYED.statement)
})

test('parity atbus_message_handler.make_access_data_plaintext_crypto_different_key_exchange_types: each curve by number', (t) => {
  for (const curve of [1, 2, 3, 4]) {
    const statement = registration(KEYED.stamp, KEYED.id, [curve, KEYED.publicKey])
    t.is(statement, KEYED.statement.replace(':2:', `:${curve}:`))
  }
})

test('parity atbus_message_handler.make_access_data_plaintext_custom_command_empty: the hash of nothing', (t) => {
  const end = COMMAND.statement.lastIndexOf(':') + 1
  const start = COMMAND.statement.slice(0, end)
  t.is(command(COMMAND.stamp, COMMAND.id, []), `${start}${sha256('')}`)
  t.is(command(COMMAND.stamp, COMMAND.id, ['']), `${start}${sha256('')}`)
})

test('parity atbus_message_handler.make_access_data_plaintext_custom_command_single: the hash of the argument', (t) => {
  const statement = command(COMMAND.stamp, COMMAND.id, ['list'])
  t.true(statement.endsWith(`:2271560481:${sha256('list')}`))
})

test('parity atbus_message_handler.make_access_data_plaintext_custom_command_multiple: the hash of all in one piece', (t) => {
  t.is(command(COMMAND.stamp, COMMAND.id, COMMAND.args), COMMAND.statement)
  t.is(command(COMMAND.stamp, COMMAND.id, [COMMAND.args.join('')]), COMMAND.statement)
})

test('parity atbus_message_handler.calculate_access_data_signature_basic: 32 bytes, the same every time', (t) => {
  const [signature = ''] = signatures([token(SIGNED.token)], SIGNED.statement)
  t.is(signature, SIGNED.signature)
  t.is(signature.length, 64)
  t.deepEqual(signatures([token(SIGNED.token)], SIGNED.statement), [signature])
})

test('parity atbus_message_handler.calculate_access_data_signature_different_tokens: none is like another', (t) => {
  const tokens = ['a', 'b', 'aa', 'A', 'a '].map(token)
  t.is(new Set(signatures(tokens, SIGNED.statement)).size, tokens.length)
})

test('parity atbus_message_handler.calculate_access_data_signature_different_plaintexts: none is like another', (t) => {
  const statements = [SIGNED.statement, PLAIN.statement, KEYED.statement, COMMAND.statement, '']
  const all = statements.flatMap((statement) => signatures([token('t')], statement))
  t.is(new Set(all).size, statements.length)
})

test('parity atbus_message_handler.calculate_access_data_signature_empty_plaintext: HMAC of nothing', (t) => {
  t.deepEqual(signatures([token('t')], ''), [
    toHex(nodePrimitives.hmacSha256(token('t'), new Uint8Array(0))),
  ])
})

test('parity atbus_message_handler.calculate_access_data_signature_large_token: what is past 32,868 bytes does not count', (t) => {
  const long = new Uint8Array(40_000).fill(5)
  const [whole, cut, shorter] = signatures(
    [long, long.subarray(0, 32_868), long.subarray(0, 32_867)],
    SIGNED.statement,
  )
  t.is(whole, cut)
  t.not(whole, shorter)
})

/** How a node with the tokens `theirs` answers a registration that is signed with `tokens`. */
function resultFor(tokens: Uint8Array[], theirs: Uint8Array[]): number {
  const host = new World().host({ id: 0x100n, tokens: theirs })
  return Stranger.to(host).register(registrationOf({ id: 0x200n, tokens })).resultCode
}

/** How many signatures stand in the registration that ours sends. */
function signaturesSent(tokens: Uint8Array[]): number | undefined {
  const address = 'ipv4://10.0.0.1:1'
  const host = new World().host({ id: 0x200n, parents: [address], tokens })
  const dialled = Stranger.listening(host, address)
  host.give({ kind: 'start' })
  const control = dialled[0]?.last().control
  return control?.kind === 'register_req' ? control.register.access?.signatures.length : undefined
}

test('parity atbus_message_handler.generate_access_data_crypto_single_token: one signature, which lets in', (t) => {
  t.is(resultFor([token('a')], [token('a')]), 0)
  t.is(signaturesSent([token('a')]), 1)
})

test('parity atbus_message_handler.generate_access_data_crypto_multiple_tokens: one each, any of which lets in', (t) => {
  const tokens = ['a', 'b', 'c'].map(token)
  for (const own of tokens) t.is(resultFor(tokens, [own]), 0)
  t.is(signaturesSent(tokens), 3)
  t.is(resultFor(tokens, [token('d')]), -11)
})

test('parity atbus_message_handler.generate_access_data_crypto_empty_tokens: none, which lets in where none is wanted', (t) => {
  t.is(resultFor([], []), 0)
  t.is(signaturesSent([]), 0)
  t.is(resultFor([], [token('a')]), -11)
  t.is(resultFor([token('a')], []), -11)
})

/** The result of a command of a plain child with these tokens at a node with `theirs`. */
function commandWith(tokens: Uint8Array[], theirs: Uint8Array[], args: string[]): number {
  const host = new World().host({ id: 0x100n, tokens: theirs })
  const member = registrationOf({ id: 0x200n, tokens: theirs })
  const child = Stranger.to(host).join(member)
  child.say({
    kind: 'command_req',
    command: commandOf({ from: 0x200n, args, ...(tokens.length > 0 && { tokens }) }),
  })
  const ran = host.events.some(({ kind }) => kind === 'command')
  return ran ? 0 : child.last().resultCode
}

test('parity atbus_message_handler.generate_access_data_custom_command_single_token: a signed command runs', (t) => {
  t.is(commandWith([token('a')], [token('a')], ['run']), 0)
  t.is(commandWith([token('b')], [token('a')], ['run']), -11)
})

test('parity atbus_message_handler.generate_access_data_custom_command_multiple_tokens: any shared token runs it', (t) => {
  const tokens = ['a', 'b'].map(token)
  for (const own of tokens) t.is(commandWith(tokens, [own], ['run', 'it']), 0)
})

test('parity atbus_message_handler.generate_access_data_custom_command_empty_commands: one without arguments is signed too', (t) => {
  t.is(commandWith([token('a')], [token('a')], []), 0)
  t.is(commandWith([], [token('a')], []), -11)
})

test('parity atbus_message_handler.integration_plaintext_and_signature_consistency: what is signed is what verifies', (t) => {
  const tokens = [token('t')]
  for (const [statement, other] of [
    [registration(PLAIN.stamp, PLAIN.id), registration(PLAIN.stamp, PLAIN.id + 1n)],
    [
      registration(KEYED.stamp, KEYED.id, [P256, KEYED.publicKey]),
      registration(KEYED.stamp, KEYED.id, [1, KEYED.publicKey]),
    ],
    [
      command(COMMAND.stamp, COMMAND.id, COMMAND.args),
      command(COMMAND.stamp, COMMAND.id, ['command1', 'arg2', 'data4']),
    ],
  ] as const) {
    const access = { algorithm: 0, signatures: sign(nodePrimitives, tokens, statement) }
    t.true(verify(nodePrimitives, tokens, access, statement))
    t.false(verify(nodePrimitives, tokens, access, other))
  }
})

test('parity atbus_message_handler.integration_deterministic_output: the same input signs the same', (t) => {
  const make = () =>
    signatures(['a', 'b'].map(token), command(COMMAND.stamp, COMMAND.id, COMMAND.args))
  t.deepEqual(make(), make())
  t.true(make().length <= SIGNATURES_MAX)
})

test('parity atbus_access_data_crosslang.generate_plaintext_test_files: statements of all three kinds, byte for byte', (t) => {
  t.is(registration(PLAIN.stamp, PLAIN.id), PLAIN.statement)
  t.is(registration(KEYED.stamp, KEYED.id, [P256, KEYED.publicKey]), KEYED.statement)
  t.is(command(COMMAND.stamp, COMMAND.id, COMMAND.args), COMMAND.statement)
})

test('parity atbus_access_data_crosslang.verify_plaintext_generation: another time, nonce or id is another statement', (t) => {
  const { stamp, id } = PLAIN
  const changed = [
    registration({ ...stamp, timestamp: stamp.timestamp + 1n }, id),
    registration({ ...stamp, nonce1: stamp.nonce1 + 1n }, id),
    registration({ ...stamp, nonce2: stamp.nonce2 + 1n }, id),
    registration(stamp, id + 1n),
  ]
  t.false(changed.includes(PLAIN.statement))
  t.is(new Set(changed).size, 4)
})

test('parity atbus_access_data_crosslang.generate_signature_test_files: the signature of the reference, byte for byte', (t) => {
  t.deepEqual(signatures([token(SIGNED.token)], SIGNED.statement), [SIGNED.signature])
})

test('parity atbus_access_data_crosslang.verify_signature_generation: a signature of the reference lets in', (t) => {
  const access = { algorithm: 0, signatures: [fromHex(SIGNED.signature)] }
  t.true(verify(nodePrimitives, [token(SIGNED.token)], access, SIGNED.statement))
})

test('parity atbus_access_data_crosslang.verify_signature_from_generated_files: with one bit changed it does not', (t) => {
  const signature = fromHex(SIGNED.signature)
  signature[31] = signature[31]! ^ 1
  const access = { algorithm: 0, signatures: [signature] }
  t.false(verify(nodePrimitives, [token(SIGNED.token)], access, SIGNED.statement))
})

test('parity atbus_access_data_crosslang.generate_full_access_data_test_files: whole access data, byte for byte', (t) => {
  for (const { token: key, statement, bytes } of FULL) {
    const stamp = treebus.wire.AccessData.decode(fromHex(bytes))
    const signature = sign(nodePrimitives, [key], statement)
    const again = treebus.wire.AccessData.encode({ ...stamp, signature }).finish()
    t.is(toHex(again), bytes)
  }
})

test('parity atbus_access_data_crosslang.verify_access_data_from_generated_files: whole access data of the reference lets in', (t) => {
  for (const { token: key, statement, bytes } of FULL) {
    const { algorithm, signature } = treebus.wire.AccessData.decode(fromHex(bytes))
    const access = { algorithm: algorithm ?? 0, signatures: signature ?? [] }
    t.true(verify(nodePrimitives, [key], access, statement))
    t.false(verify(nodePrimitives, [token('other')], access, statement))
  }
})
