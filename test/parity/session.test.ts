import test, { type ExecutionContext } from 'ava'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { CIPHER_NAMES, CIPHERS, type CipherName } from '../../src/wire/ciphers.js'
import { compressionByNumber } from '../../src/wire/compression.js'
import {
  agreedIvBytes,
  CURVE_NAMES,
  CURVES,
  type CurveName,
  deriveKey,
} from '../../src/wire/key-exchange.js'
import { takeApart } from '../_peer-messages.js'
import { World } from '../core/_harness.js'
import { registrationOf } from '../core/_registrations.js'
import { innerOf, Stranger } from '../core/_stranger.js'
import { patternBytes } from '../wire/_crypto-vectors.js'
import {
  agreed,
  answerTo,
  carried,
  handshakeOf,
  innerOfFrame,
  SEQUENCE,
  sealedInner,
  session,
} from './_sessions.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const WORDS = new TextEncoder().encode('some words')
const SIZES = [0, 1, 3, 4, 8, 15, 16, 17, 31, 32, 33, 512, 1_024, 70_000]

/** Bodies of every awkward size, both ways, under one curve and one cipher. */
function talks(t: ExecutionContext, curve: CurveName, cipher: CipherName): void {
  const { dialler, acceptor } = agreed({ curve, ciphers: [cipher] })
  for (const size of SIZES) {
    const body = patternBytes(size, size + 1)
    t.is(carried(dialler, acceptor, body), 'same', `${curve} ${cipher} up ${size}`)
    t.is(carried(acceptor, dialler, body), 'same', `${curve} ${cipher} down ${size}`)
  }
}

test('parity atbus_connection_context.create_no_encryption: without a curve everything stays in clear', (t) => {
  const plain = session({ curve: 'none' })
  t.false(plain.keyed)
  t.true(plain.isDirect)
  t.is(sealedInner(plain, WORDS).head.cryptoAlgorithm, 0)
})

test('parity atbus_connection_context.create_with_x25519: a new one has a curve and no keys yet', (t) => {
  const fresh = session({ curve: 'x25519' })
  t.false(fresh.keyed)
  t.is(fresh.offer(SEQUENCE)?.type, 1)
})

test('parity atbus_connection_context.create_with_secp256r1: a new one has a curve and no keys yet', (t) => {
  const fresh = session({ curve: 'p256' })
  t.false(fresh.keyed)
  t.is(fresh.offer(SEQUENCE)?.type, 2)
})

test('parity atbus_connection_context.create_with_null_dh_context: a curve without any cipher is as none', (t) => {
  const bare = session({ curve: 'x25519', ciphers: [] })
  t.is(bare.offer(SEQUENCE), undefined)
  t.false(bare.hasOpenOffer)
})

test('parity atbus_connection_context.get_handshake_start_time_initial: only a link with keys renews them', (t) => {
  for (const keyExchange of ['none', 'x25519'] as const) {
    const world = new World()
    const security = { ...DEFAULT_SECURITY, keyExchange, keyRefreshMs: 3_600_000 }
    const parent = world.host({ id: 0x100n, security }).listen(PARENT)
    const child = world.host({ id: 0x200n, security, parents: [PARENT] })
    for (const host of [parent, child]) host.give({ kind: 'start' })
    const before = child.effects.length
    world.advance(3_600_000)
    const offers = child.effects.slice(before).filter((effect) => {
      if (effect.kind !== 'send') return false
      const { control } = takeApart(innerOfFrame(effect.frame))
      return control?.kind === 'ping' && control.ping.handshake !== undefined
    })
    t.is(offers.length, keyExchange === 'none' ? 0 : 1, keyExchange)
  }
})

test('parity atbus_connection_context.get_crypto_select_kdf_type_default: HKDF-SHA256, without salt and info', (t) => {
  t.deepEqual(session().offer(SEQUENCE)?.kdfs, [0])
  const secret = patternBytes(32, 1)
  const { key, iv } = deriveKey(nodePrimitives, secret, 'aes-256-gcm', 12)
  const material = nodePrimitives.hkdfSha256(secret, 44)
  t.deepEqual([...key, ...iv], [...material])
})

test('parity atbus_connection_context.is_compression_algorithm_supported: what is offered can be done', (t) => {
  const all = ['zstd', 'lz4', 'snappy', 'zlib'] as const
  const offered = session({ compressions: all }).offeredCompressions
  t.true(offered.includes(400))
  t.deepEqual(
    offered.map((number) => compressionByNumber(number)),
    all.filter((name) => nodePrimitives.compressions.has(name)),
  )
  t.is(compressionByNumber(0), undefined)
  t.is(compressionByNumber(401), undefined)
})

test('parity atbus_connection_context.update_compression_algorithm_empty: an empty list is no compression', (t) => {
  const one = session({ compressions: ['zlib'] })
  one.acceptCompressions([])
  t.is(one.compressionName, undefined)
})

test('parity atbus_connection_context.update_compression_algorithm_unsupported: the lowest number that both have', (t) => {
  const one = session({ compressions: ['zlib', 'snappy'] })
  one.acceptCompressions([9_999, 400])
  t.is(one.compressionName, 'zlib')
  one.acceptCompressions([9_999])
  t.is(one.compressionName, undefined)
  one.acceptCompressions([400, 9_999, 300])
  t.is(one.compressionName, nodePrimitives.compressions.has('snappy') ? 'snappy' : 'zlib')
})

test('parity atbus_connection_context.handshake_generate_self_key_no_encryption: nothing is offered or answered', (t) => {
  const plain = session({ curve: 'none' })
  t.is(plain.offer(SEQUENCE), undefined)
  t.is(handshakeOf(plain.answer(session().offer(SEQUENCE))), undefined)
  t.false(plain.keyed)
})

test('parity atbus_connection_context.handshake_generate_self_key_with_encryption: each offer has a key of its own', (t) => {
  const dialler = session()
  const keys = [1n, 2n, 3n].map((sequence) => `${dialler.offer(sequence)?.publicKey}`)
  t.is(new Set(keys).size, 3)
  t.true(dialler.hasOpenOffer)
})

test('parity atbus_connection_context.handshake_generate_self_key_with_peer_sequence: the answer takes the sequence over', (t) => {
  const ends = { dialler: session(), acceptor: session() }
  t.is(handshakeOf(answerTo(ends, 12_345n))?.sequence, 12_345n)
  t.is(ends.acceptor.handshakeSequence, 12_345n)
})

test('parity atbus_connection_context.handshake_write_self_public_key: a length byte, then the point', (t) => {
  for (const curve of CURVE_NAMES) {
    const key = session({ curve }).offer(SEQUENCE)?.publicKey ?? new Uint8Array(0)
    const bytes = CURVES[curve].publicKeyBytes
    t.is(key.length, bytes + 1, curve)
    t.is(key[0], bytes, curve)
    if (curve !== 'x25519') t.is(key[1], 4, curve)
  }
})

test('parity atbus_connection_context.handshake_complete_flow: after offer, answer and confirm both read both', (t) => {
  const ends = { dialler: session(), acceptor: session() }
  const answer = handshakeOf(answerTo(ends, SEQUENCE))
  t.deepEqual([ends.dialler.keyed, ends.acceptor.keyed], [false, true])
  handshakeOf(ends.dialler.complete(answer))
  t.true(ends.dialler.keyed)
  t.is(carried(ends.acceptor, ends.dialler, WORDS), 'same')
  t.true(ends.acceptor.confirm(SEQUENCE))
  t.is(carried(ends.dialler, ends.acceptor, WORDS), 'same')
})

test('parity atbus_connection_context.handshake_read_peer_key_sequence_mismatch: -239, and the offer stays open', (t) => {
  const ends = { dialler: session(), acceptor: session() }
  const answer = handshakeOf(answerTo(ends, SEQUENCE))
  if (answer === undefined) return t.fail('no answer')
  const refused = ends.dialler.complete({ ...answer, sequence: SEQUENCE + 1n })
  t.is(refused.kind === 'failed' && refused.wireCode, -239)
  t.true(ends.dialler.hasOpenOffer)
  t.is(ends.dialler.complete(answer).kind, 'done')
})

test('parity atbus_connection_context.handshake_read_peer_key_no_common_algorithm: -240, and no keys', (t) => {
  const ends = {
    dialler: session({ ciphers: ['aes-128-gcm'] }),
    acceptor: session({ ciphers: ['aes-256-gcm'] }),
  }
  const refused = answerTo(ends, SEQUENCE)
  t.is(refused.kind === 'failed' && refused.wireCode, -240)
  t.false(ends.acceptor.keyed)
})

test('parity atbus_connection_context.handshake_with_x25519: both ends derive the same key', (t) =>
  talks(t, 'x25519', 'aes-256-gcm'))

test('parity atbus_connection_context.pack_unpack_message_no_encryption: a clear body is the block itself', (t) => {
  const [from, to] = [session({ curve: 'none' }), session({ curve: 'none' })]
  for (const size of SIZES) t.is(carried(from, to, patternBytes(size, size)), 'same')
  const { head, inner } = sealedInner(from, WORDS)
  t.deepEqual([...inner.subarray(head.blockStart)], [...WORDS])
})

test('parity atbus_connection_context.pack_unpack_message_with_compression: long bodies shrink, short ones stay', (t) => {
  for (const name of nodePrimitives.compressions) {
    const rules = { curve: 'none', compressions: [name] } as const
    const [from, to] = [session(rules), session(rules)]
    from.acceptCompressions(to.offeredCompressions)
    for (const [size, packs] of [
      [512, false],
      [1_023, false],
      [1_024, true],
      [100_000, true],
    ] as const) {
      const body = new Uint8Array(size).fill(65)
      const { head } = sealedInner(from, body)
      t.is(head.compressionType !== 0, packs, `${name} ${size}`)
      t.is(carried(from, to, body), 'same', `${name} ${size}`)
    }
  }
})

test('parity atbus_connection_context.pack_unpack_message_with_encryption: a sealed body shows nothing of itself', (t) => {
  const { dialler, acceptor } = agreed()
  const { head, inner } = sealedInner(dialler, WORDS)
  t.is(head.cryptoAlgorithm, CIPHERS['aes-256-gcm'].wire)
  t.false(Buffer.from(inner).includes(Buffer.from(WORDS)))
  t.is(carried(dialler, acceptor, WORDS), 'same')
})

test('parity atbus_connection_context.pack_message_size_limit: a body over the limit is refused by its head alone', (t) => {
  const [from, to] = [session({ curve: 'none' }), session({ curve: 'none', bodyBytesMax: 1_000 })]
  t.is(carried(from, to, new Uint8Array(1_000)), 'same')
  t.is(carried(from, to, new Uint8Array(1_001)), 'BAD_SIZE')
})

test('parity atbus_connection_context.unpack_message_invalid_data: nothing and garbage are refused, not thrown', (t) => {
  const host = new World().host({ id: 0x100n })
  for (const [title, inner] of [
    ['garbage', patternBytes(40, 3)],
    ['a head that is longer than all', Uint8Array.of(0x7f, 8, 3)],
    ['a body that is longer than all', innerOf(WORDS, { bodyBytes: 1_000 })],
  ] as const) {
    const child = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
    const before = host.core.counters.badMessages
    child.sayMessage(inner)
    t.is(host.core.counters.badMessages, before + 1, title)
    t.true(child.isOpen, title)
    child.hangUp()
  }
})

test('parity atbus_connection_context.bidirectional_encrypted_communication: a hundred messages each way, in turn', (t) => {
  const { dialler, acceptor } = agreed()
  for (let count = 0; count < 100; count++) {
    const body = patternBytes(count * 7, count)
    t.is(carried(dialler, acceptor, body), 'same')
    t.is(carried(acceptor, dialler, body), 'same')
  }
})

test('parity atbus_connection_context.all_key_exchange_algorithms_with_aes256gcm: every curve carries both ways', (t) => {
  for (const curve of CURVE_NAMES) talks(t, curve, 'aes-256-gcm')
})

test('parity atbus_connection_context.all_crypto_algorithms_with_secp256r1: every cipher carries both ways', (t) => {
  for (const cipher of CIPHER_NAMES) talks(t, 'p256', cipher)
})

test('parity atbus_connection_context.all_crypto_algorithms_with_x25519: every cipher carries both ways', (t) => {
  for (const cipher of CIPHER_NAMES) talks(t, 'x25519', cipher)
})

test('parity atbus_connection_context.comprehensive_crypto_matrix: every other pair of curve and cipher', (t) => {
  for (const curve of ['p384', 'p521'] as const) {
    for (const cipher of CIPHER_NAMES) talks(t, curve, cipher)
  }
})

test('parity atbus_connection_context.aead_ciphers_verification: any changed byte of a block is found', (t) => {
  const aead = CIPHER_NAMES.filter((name) => CIPHERS[name].kind === 'aead')
  t.is(aead.length, 5)
  for (const name of aead) {
    const { dialler, acceptor } = agreed({ ciphers: [name] })
    const { head, inner } = sealedInner(dialler, WORDS)
    for (let at = head.blockStart; at < head.blockEnd; at++) {
      const changed = inner.slice()
      changed[at] = changed[at]! ^ 0x80
      t.is(acceptor.open(head, changed), 'DECRYPT_FAILED', `${name} ${at}`)
    }
  }
})

test('parity atbus_connection_context.non_aead_ciphers_verification: they hide, and prove nothing', (t) => {
  const others = CIPHER_NAMES.filter((name) => CIPHERS[name].kind !== 'aead')
  t.is(others.length, 5)
  for (const name of others) {
    const { dialler, acceptor } = agreed({ ciphers: [name] })
    const { head, inner } = sealedInner(dialler, WORDS)
    t.false(Buffer.from(inner).includes(Buffer.from(WORDS)), name)
    const changed = inner.slice()
    changed[head.blockStart] = changed[head.blockStart]! ^ 0x80
    t.is(acceptor.open(head, changed), undefined, name)
    const found = acceptor.body.subarray(acceptor.bodyStart, acceptor.bodyEnd)
    t.notDeepEqual([...found], [...WORDS], name)
  }
})

test('parity atbus_connection_context.higher_security_key_exchange: P-384 and P-521 with the longest keys', (t) => {
  for (const curve of ['p384', 'p521'] as const) {
    talks(t, curve, 'chacha20-poly1305-ietf')
    const other = agreed({ curve, ciphers: ['xchacha20-poly1305-ietf'] })
    t.is(carried(other.dialler, agreed({ curve }).acceptor, WORDS), 'CIPHER_MISMATCH')
  }
})

test('parity atbus_connection_context.list_available_algorithms: this runtime has every cipher and curve', (t) => {
  t.deepEqual([...nodePrimitives.ciphers].sort(), [...CIPHER_NAMES].sort())
  for (const curve of CURVE_NAMES) {
    const pair = nodePrimitives.keyPair(curve, (bytes) => patternBytes(bytes, 3))
    t.is(pair.publicKey.length, CURVES[curve].publicKeyBytes, curve)
  }
})

test('parity go.atbus_connection_context: keys and IVs of a wrong size are refused, not used', (t) => {
  for (const cipher of CIPHER_NAMES) {
    const { ivBytes } = CIPHERS[cipher]
    t.is(agreedIvBytes(cipher, 0), ivBytes, cipher)
    t.is(agreedIvBytes(cipher, ivBytes), ivBytes, cipher)
    t.is(agreedIvBytes(cipher, ivBytes + 1), undefined, cipher)
  }
  for (const publicKey of [patternBytes(31, 1), patternBytes(34, 1), new Uint8Array(33)]) {
    const offer = session().offer(SEQUENCE)
    if (offer === undefined) return t.fail('no offer')
    const refused = session().answer({ ...offer, publicKey })
    t.is(refused.kind === 'failed' && refused.wireCode, -238)
  }
})
