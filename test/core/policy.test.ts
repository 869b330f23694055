import test from 'ava'
import { DEFAULT_SECURITY, type SecurityRules } from '../../src/core/config.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { encodeControlBody, type Handshake } from '../../src/wire/control.js'
import { encodePublicKey } from '../../src/wire/key-exchange.js'
import { type Host, seededRandom, World } from './_harness.js'
import { type RegistrationWish, registrationOf } from './_registrations.js'
import { innerOf, Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'

const pair = nodePrimitives.keyPair('x25519', seededRandom(5))

function offer(change: Partial<Handshake> = {}): Handshake {
  return {
    sequence: 1_000n,
    type: 1,
    kdfs: [0],
    algorithms: [16],
    publicKey: encodePublicKey(pair.publicKey),
    ivBytes: 0,
    tagBytes: 0,
    ...change,
  }
}

function answerTo(security: Partial<SecurityRules>, wish: RegistrationWish): [Host, Stranger] {
  const rules = { ...DEFAULT_SECURITY, ...security }
  const host = new World().host({ id: 0x100n, security: rules })
  const stranger = Stranger.to(host)
  stranger.say({ kind: 'register_req', register: registrationOf(wish) })
  return [host, stranger]
}

const REQUIRED = { keyExchange: 'x25519', encryption: 'required' } as const

const STAYS_IN_CLEAR: Record<string, Handshake | undefined> = {
  'no handshake': undefined,
  'a handshake of sequence 0, as C++ servers send it': offer({ sequence: 0n }),
  'a handshake without a curve': offer({ type: 0 }),
}

for (const [title, handshake] of Object.entries(STAYS_IN_CLEAR)) {
  for (const id of [0x200n, 0n]) {
    const who = id === 0n ? 'a temporary node' : 'a node'
    test(`where encryption is required ${who} with ${title} is refused`, (t) => {
      const [host, stranger] = answerTo(REQUIRED, { id, ...(handshake && { handshake }) })
      t.is(stranger.heardMessages[0]?.resultCode, -240)
      t.false(stranger.isOpen)
      t.is(host.core.links().length, 0)
    })
  }

  test(`where encryption is optional a node with ${title} stays in clear`, (t) => {
    const wish = { id: 0x200n, ...(handshake && { handshake }) }
    const [host] = answerTo({ keyExchange: 'x25519' }, wish)
    t.is(host.core.link(0x200n)?.encrypted, false)
  })

  test(`where encryption is required an answer with ${title} is refused`, (t) => {
    const security = { ...DEFAULT_SECURITY, ...REQUIRED }
    const host = new World().host({ id: 0x200n, security, parents: [PARENT] })
    const dialled = Stranger.listening(host, PARENT)
    host.give({ kind: 'start' })
    const register = registrationOf({ id: 0x100n, ...(handshake && { handshake }) })
    dialled[0]?.say({ kind: 'register_rsp', register })
    t.is(host.core.links().length, 0)
    t.false(dialled[0]?.isOpen)
  })
}

test('where encryption is required and we have none of our own everybody is refused', (t) => {
  const rules = { keyExchange: 'none', encryption: 'required' } as const
  const [host, stranger] = answerTo(rules, { id: 0x200n, handshake: offer() })
  t.is(host.core.links().length, 0)
  t.false(stranger.isOpen)
})

const BAD_OFFERS: [string, Partial<Handshake>, number][] = [
  ['another curve', { type: 2 }, -234],
  ['an unknown curve', { type: 99 }, -234],
  ['only ciphers that we do not allow', { algorithms: [1, 11] }, -240],
  ['only unknown ciphers', { algorithms: [77] }, -240],
  ['no cipher', { algorithms: [] }, -240],
  ['an IV size that the cipher has not', { ivBytes: 16 }, -235],
  ['a key that is too short', { publicKey: new Uint8Array(31) }, -238],
  ['a key with a wrong length byte', { publicKey: new Uint8Array(33).fill(9) }, -238],
  ['no key', { publicKey: new Uint8Array(0) }, -238],
]

for (const [title, change, code] of BAD_OFFERS) {
  test(`a handshake with ${title} is refused with ${code}`, (t) => {
    const wish = { id: 0x200n, handshake: offer(change) }
    const [host, stranger] = answerTo({ keyExchange: 'x25519' }, wish)
    t.is(stranger.heardMessages[0]?.resultCode, code)
    t.false(stranger.isOpen)
    t.is(host.core.links().length, 0)
    const answer = stranger.heardMessages[0]?.control
    t.true(answer?.kind === 'register_rsp' && answer.register.handshake === undefined)
  })
}

test('a key without its length byte, as Go sends it, is understood', (t) => {
  const handshake = offer({ publicKey: pair.publicKey })
  const [host] = answerTo({ keyExchange: 'x25519' }, { id: 0x200n, handshake })
  t.true(host.core.link(0x200n)?.encrypted)
})

test('the first cipher of the client that we allow is chosen, and named alone', (t) => {
  const handshake = offer({ algorithms: [1, 77, 14, 16, 32] })
  const [, stranger] = answerTo({ keyExchange: 'x25519' }, { id: 0x200n, handshake })
  const answer = stranger.heardMessages[0]?.control
  const said = answer?.kind === 'register_rsp' ? answer.register.handshake : undefined
  t.deepEqual(
    [said?.algorithms, said?.ivBytes, said?.tagBytes, said?.sequence],
    [[14], 12, 16, 1000n],
  )
})

test('with plainPeers refuse a plain peer is refused in either role', (t) => {
  const [host, stranger] = answerTo({ plainPeers: 'refuse' }, { id: 0x200n })
  t.is(stranger.heardMessages[0]?.resultCode, -11)
  t.is(host.core.links().length, 0)
  const [, ours] = answerTo({ plainPeers: 'refuse' }, { id: 0x200n, life: 1 })
  t.is(ours.heardMessages[0]?.resultCode, 0)

  const security = { ...DEFAULT_SECURITY, plainPeers: 'refuse' } as const
  const dialler = new World().host({ id: 0x200n, security, parents: [PARENT] })
  const dialled = Stranger.listening(dialler, PARENT)
  dialler.give({ kind: 'start' })
  dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n }) })
  t.is(dialler.core.links().length, 0)
})

test('with plainPeers refuse a temporary plain node is refused as well', (t) => {
  const [, stranger] = answerTo({ plainPeers: 'refuse' }, { id: 0n })
  t.is(stranger.heardMessages[0]?.resultCode, -11)
  t.false(stranger.isOpen)
})

for (const [version, code] of [
  [2, -14],
  [0, -14],
  [3, 0],
  [4, 0],
] as const) {
  test(`a registration of protocol version ${version} is answered with ${code}`, (t) => {
    const stranger = Stranger.to(new World().host({ id: 0x100n }))
    stranger.sayMessage(registrationInner(version))
    t.is(stranger.last().resultCode, code)
    t.is(stranger.isOpen, code === 0)
  })
}

/** The version stands behind its tag, in the third byte. */
function registrationInner(version: number): Uint8Array {
  const register = registrationOf({ id: 0x300n })
  const inner = innerOf(encodeControlBody({ kind: 'register_req', register }))
  inner[2] = version
  return inner
}
