import test from 'ava'
import { type CoreConfig, DEFAULT_SECURITY, type SecurityRules } from '../../src/core/config.js'
import { CIPHER_NAMES, CIPHERS, type CipherName } from '../../src/wire/ciphers.js'
import type { Handshake } from '../../src/wire/control.js'
import { InnerCursor } from '../../src/wire/head.js'
import { CURVE_NAMES, CURVES } from '../../src/wire/key-exchange.js'
import { type Host, seededRandom, World } from '../core/_harness.js'
import { registrationOf } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { KeyedPeer } from './_keyed-peer.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const THREE = ['aes-256-gcm', 'chacha20-poly1305-ietf', 'aes-128-gcm'] as const
const numbers = (names: readonly CipherName[]) => names.map((name) => CIPHERS[name].wire)

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  )
}

function rules(wish: Partial<SecurityRules>): Partial<CoreConfig> {
  return { security: { ...DEFAULT_SECURITY, keyExchange: 'x25519', ...wish } }
}

interface Scene {
  readonly host: Host
  readonly stranger: Stranger
  readonly peer: KeyedPeer
}

/** Ours is a child of the peer, which answers with this list and has picked that cipher. */
function asServer(
  wish: Partial<SecurityRules>,
  answer: { algorithms: readonly number[]; picked: CipherName; form?: 'cxx' | 'go' },
): Scene {
  const host = new World().host({ id: 0x200n, parents: [PARENT], ...rules(wish) })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const peer = new KeyedPeer(wish.keyExchange === 'none' ? 'x25519' : wish.keyExchange)
  const stranger = dialled[0]
  if (stranger === undefined) throw new Error('nobody was dialled')
  const offer = handshakeIn(stranger)
  if (offer === undefined) throw new Error('no offer')
  const handshake = peer.handshake(offer.sequence, answer.algorithms, answer.form)
  stranger.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n, handshake }) })
  peer.agree(offer, answer.picked)
  return { host, stranger, peer }
}

/** Ours is the parent; the peer offers this list. Nothing is confirmed yet. */
function asClient(
  wish: Partial<SecurityRules>,
  offer: { algorithms: readonly number[]; form?: 'cxx' | 'go' },
): Scene & { answer: Handshake | undefined } {
  const host = new World().host({ id: 0x100n, ...rules(wish) })
  host.give({ kind: 'start' })
  const peer = new KeyedPeer(wish.keyExchange === 'none' ? 'x25519' : wish.keyExchange)
  const stranger = Stranger.to(host)
  const handshake = peer.handshake(77n, offer.algorithms, offer.form)
  stranger.register(registrationOf({ id: 0x200n, handshake }))
  return { host, stranger, peer, answer: handshakeIn(stranger) }
}

function handshakeIn(stranger: Stranger): Handshake | undefined {
  for (const { control } of stranger.heardMessages) {
    if (control?.kind === 'register_req' || control?.kind === 'register_rsp') {
      return control.register.handshake
    }
  }
  return undefined
}

function confirmed(scene: ReturnType<typeof asClient>, picked: CipherName): Scene {
  scene.peer.agree(scene.answer, picked)
  scene.stranger.say({ kind: 'handshake_confirm', sequence: 77n })
  return scene
}

/** One message each way, sealed under the peer's own idea of the keys. */
function talks({ host, stranger, peer }: Scene): boolean {
  const [self, other] = host.core.id === 0x100n ? [0x100n, 0x200n] : [0x200n, 0x100n]
  const before = host.messages.length
  stranger.sayMessage(peer.sealed({ from: other, to: self, text: 'theirs' }))
  host.send(other, 'ours')
  const heard = stranger.last()
  return (
    host.messages.length === before + 1 &&
    host.messages.at(-1)?.text === 'theirs' &&
    heard.kind === 'sealed' &&
    peer.opened(heard.inner) === 'ours'
  )
}

function fault(host: Host): string | undefined {
  const down = host.events.find(({ kind }) => kind === 'link_down')
  return down?.kind === 'link_down' ? `${down.reason} ${down.code}` : undefined
}

test('quirk G.4-2: a server that answers with its whole list, in any order, picked by ours', (t) => {
  for (const ours of permutations(THREE)) {
    for (const theirs of permutations(THREE)) {
      const [picked = 'xxtea'] = ours
      const scene = asServer({ ciphers: ours }, { algorithms: numbers(theirs), picked })
      t.true(talks(scene), `${ours} against ${theirs}`)
    }
  }
})

test('quirk G.4-28: lists in an order that nobody chose agree, and ours answers with one', (t) => {
  const random = seededRandom(5)
  for (let round = 0; round < 30; round++) {
    const theirs = [...CIPHER_NAMES].sort(() => (random(1)[0] ?? 0) - 128)
    const picked = theirs.find((name) => (THREE as readonly string[]).includes(name))
    if (picked === undefined) return t.fail('none in common')
    const scene = asClient({ ciphers: THREE }, { algorithms: numbers(theirs) })
    t.deepEqual(scene.answer?.algorithms, numbers([picked]), `${theirs}`)
    t.true(talks(confirmed(scene, picked)), `${theirs}`)
  }
})

test('quirk K-2: a C++ client reads one cipher out of our answer, whatever its own order', (t) => {
  for (const theirs of permutations(THREE)) {
    const scene = asClient({ ciphers: THREE }, { algorithms: numbers(theirs) })
    // It takes the first of the answer that it allows: the answer must leave no choice.
    const [only = 'xxtea'] = CIPHER_NAMES.filter((name) =>
      scene.answer?.algorithms.includes(CIPHERS[name].wire),
    )
    t.is(scene.answer?.algorithms.length, 1)
    t.true(talks(confirmed(scene, only)))
    t.is(scene.host.core.counters.badCiphers, 0)
  }
})

test('quirk G.4-3: a public key is read with its length byte and without, in both roles', (t) => {
  for (const keyExchange of CURVE_NAMES) {
    for (const form of ['cxx', 'go'] as const) {
      const wish = { keyExchange, ciphers: ['aes-256-gcm'] } as const
      const algorithms = numbers(wish.ciphers)
      const served = asServer(wish, { algorithms, picked: 'aes-256-gcm', form })
      t.true(talks(served), `${keyExchange} ${form} server`)
      const client = asClient(wish, { algorithms, form })
      t.true(talks(confirmed(client, 'aes-256-gcm')), `${keyExchange} ${form} client`)
      t.is(client.answer?.publicKey.length, CURVES[keyExchange].publicKeyBytes + 1)
    }
  }
})

test('quirk G.4-4: a peer that counts its IVs from the derived one is read to the end', (t) => {
  const scene = asServer({ ciphers: ['aes-256-gcm'] }, { algorithms: [16], picked: 'aes-256-gcm' })
  const { host, stranger, peer } = scene
  const iv = peer.derivedIv.slice()
  for (let count = 1; count <= 300; count++) {
    stranger.sayMessage(peer.sealed({ from: 0x100n, to: 0x200n, text: `${count}` }, { iv }))
    for (let at = iv.length - 1; at >= 0; at--) {
      iv[at] = ((iv[at] ?? 0) + 1) & 0xff
      if (iv[at] !== 0) break
    }
  }
  t.is(host.messages.length, 300)
  t.is(host.messages.at(-1)?.text, '300')
})

test('quirk K-3: ours never starts from the IV that the peer uses, and repeats none', (t) => {
  const { host, stranger, peer } = asServer(
    { ciphers: ['aes-256-gcm'] },
    { algorithms: [16], picked: 'aes-256-gcm' },
  )
  const seen = new Set([hex(peer.derivedIv)])
  for (let count = 0; count < 100; count++) {
    host.send(0x100n, 'x')
    seen.add(hex(ivOf(stranger.last().inner)))
  }
  t.is(seen.size, 101)
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function ivOf(inner: Uint8Array): Uint8Array {
  const head = new InnerCursor()
  head.read(inner, 0, inner.length)
  return inner.subarray(head.ivStart, head.ivEnd)
}

test('quirk G.4-5: aligned bodies without padding are read, and ours always pads in full', (t) => {
  for (const name of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'xxtea'] as const) {
    const scene = asServer({ ciphers: [name] }, { algorithms: numbers([name]), picked: name })
    const { host, stranger, peer } = scene
    for (let size = 8; size < 72; size++) {
      const words = { from: 0x100n, to: 0x200n, text: 'p'.repeat(size) }
      for (const padding of ['cxx', 'full'] as const) {
        stranger.sayMessage(peer.sealed(words, { padding }))
        t.is(host.messages.at(-1)?.text.length, size, `${name} ${padding} ${size}`)
      }
      host.send(0x100n, words.text)
      t.is(peer.opened(stranger.last().inner).length, size)
      t.true(isPadded(stranger.last().inner), `${name} ${size}`)
    }
    t.is(host.messages.length, 128)
  }
})

/** A strict receiver wants at least one byte of padding. */
function isPadded(inner: Uint8Array): boolean {
  const head = new InnerCursor()
  head.read(inner, 0, inner.length)
  return head.blockEnd - head.blockStart > head.bodyBytes
}

test('quirk G.4-20: a Go server that refuses any offer is told as such, and tried again later', (t) => {
  const world = new World()
  const host = world.host({ id: 0x200n, parents: [PARENT], ...rules({}) })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const register = registrationOf({ id: 0x100n })
  dialled[0]?.say({ kind: 'register_rsp', register }, { resultCode: -236 })
  const refused = host.events.find(({ kind }) => kind === 'refused')
  t.deepEqual(refused?.kind === 'refused' && [refused.by, refused.code, refused.wireCode], [
    'peer',
    'CRYPTO_REFUSED',
    -236,
  ])
  world.advance(15_000)
  t.is(dialled.length, 2)
  // It is never asked in clear instead: that would be for whoever cuts an offer out to decide.
  const again = dialled[1]
  t.not(again && handshakeIn(again), undefined)
})

test('quirk G.4-26: what comes in clear on a keyed link is not delivered, the third ends it', (t) => {
  const scene = confirmed(
    asClient({ ciphers: ['aes-256-gcm'] }, { algorithms: [16] }),
    'aes-256-gcm',
  )
  t.true(talks(scene))
  for (let count = 1; count <= 3; count++) {
    t.true(scene.stranger.isOpen, `before ${count}`)
    scene.stranger.sayData({ from: 0x200n, to: 0x100n, text: 'clear' })
  }
  t.is(scene.host.messages.length, 1)
  t.is(fault(scene.host), 'fault CIPHER_MISMATCH')
})

test('quirk A.6.4-1: a peer without keys need not confirm', (t) => {
  const host = new World().host({ id: 0x100n })
  const stranger = Stranger.to(host)
  t.is(stranger.register(registrationOf({ id: 0x200n })).resultCode, 0)
  stranger.sayData({ from: 0x200n, to: 0x100n, text: 'at once' })
  host.send(0x200n, 'back')
  t.is(host.messages[0]?.text, 'at once')
  t.is(stranger.last().data?.text, 'back')
})

test('quirk A.6.4-2: sealed words before the confirm are faults, the third ends the link', (t) => {
  const scene = asClient({ ciphers: ['aes-256-gcm'] }, { algorithms: [16] })
  const { host, stranger, peer } = scene
  peer.agree(scene.answer, 'aes-256-gcm')
  host.send(0x200n, 'sealed at once')
  t.is(peer.opened(stranger.last().inner), 'sealed at once')
  const words = { from: 0x200n, to: 0x100n, text: 'too early' }
  for (let count = 1; count <= 3; count++) {
    t.true(stranger.isOpen, `before ${count}`)
    stranger.sayMessage(peer.sealed(words))
  }
  t.is(host.messages.length, 0)
  t.is(fault(host), 'fault CIPHER_MISMATCH')
})

test('quirk A.6.4-3: a confirm with a wrong sequence is ignored, the right one still counts', (t) => {
  const scene = asClient({ ciphers: ['aes-256-gcm'] }, { algorithms: [16] })
  for (const sequence of [0n, 76n, 78n, 2n ** 64n - 1n]) {
    scene.stranger.say({ kind: 'handshake_confirm', sequence })
  }
  t.true(scene.stranger.isOpen)
  const early = scene.peer.agree(scene.answer, 'aes-256-gcm')
  scene.stranger.sayMessage(early.sealed({ from: 0x200n, to: 0x100n, text: 'not yet' }))
  t.is(scene.host.messages.length, 0)
  t.true(talks(confirmed(scene, 'aes-256-gcm')))
  // One that nothing waits for any more.
  scene.stranger.say({ kind: 'handshake_confirm', sequence: 78n })
  t.true(talks(scene))
})

test('quirk C.4-1: a handshake with sequence 0 and no key is none at all', (t) => {
  const handshake: Handshake = {
    sequence: 0n,
    type: 1,
    kdfs: [],
    algorithms: [],
    publicKey: new Uint8Array(0),
    ivBytes: 0,
    tagBytes: 0,
  }
  const parent = new World().host({ id: 0x200n, parents: [PARENT], ...rules({}) })
  const dialled = Stranger.listening(parent, PARENT)
  parent.give({ kind: 'start' })
  const register = registrationOf({ id: 0x100n, handshake })
  dialled[0]?.say({ kind: 'register_rsp', register })
  t.is(parent.core.state, 'running')
  t.false(parent.core.link(0x100n)?.encrypted)
  const host = new World().host({ id: 0x100n, ...rules({}) })
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n, handshake }))
  host.send(0x200n, 'in clear')
  t.is(child.last().data?.text, 'in clear')
})

test('quirk A.6.3-1: an unknown list of key derivations, or none, means the only one there is', (t) => {
  for (const kdfs of [[], [7], [7, 0]]) {
    const host = new World().host({ id: 0x100n, ...rules({ ciphers: ['aes-256-gcm'] }) })
    const peer = new KeyedPeer()
    const stranger = Stranger.to(host)
    const handshake = { ...peer.handshake(77n, [16]), kdfs }
    stranger.register(registrationOf({ id: 0x200n, handshake }))
    const answer = handshakeIn(stranger)
    t.true(talks(confirmed({ host, stranger, peer, answer }, 'aes-256-gcm')), `${kdfs}`)
  }
})
