import test from 'ava'
import type { CoreConfig } from '../../src/core/config.js'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import { type Host, WALL_MS, World } from './_harness.js'
import { type RegistrationWish, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const NOW = BigInt(Math.floor(WALL_MS / 1000))
const TOKENS = [token('t')]

function root(overrides: Partial<CoreConfig> = {}): Host {
  const host = new World().host({ id: 0x100n, tokens: TOKENS, ...overrides })
  host.give({ kind: 'start' })
  return host
}

/** The result code of the answer, and whether a link or a temporary connection came of it. */
function attempt(host: Host, wish: RegistrationWish): { code: number; open: boolean } {
  const stranger = Stranger.to(host)
  const answer = stranger.register(registrationOf(wish))
  return { code: answer.resultCode, open: stranger.isOpen }
}

const OK = { code: 0, open: true }
const DENIED = { code: -11, open: false }

const TOKEN_LISTS: [string, string[], string[], boolean][] = [
  ['the same token', ['a'], ['a'], true],
  ['no token on either side', [], [], true],
  ['another token', ['a'], ['b'], false],
  ['a token at the acceptor only', ['a'], [], false],
  ['a token at the dialler only', [], ['a'], false],
  ['lists that share their last', ['a', 'b', 'x'], ['c', 'd', 'x'], true],
  ['lists that share the first of one and the last of the other', ['x', 'a'], ['b', 'x'], true],
  [
    'five tokens each and one in common',
    ['1', '2', '3', '4', 'x'],
    ['x', '6', '7', '8', '9'],
    true,
  ],
  [
    'five tokens each and none in common',
    ['1', '2', '3', '4', '5'],
    ['6', '7', '8', '9', 'x'],
    false,
  ],
  ['a token that begins like ours', ['abc'], ['ab'], false],
  ['an empty token on one side', [''], ['a'], false],
]

for (const announce of [true, false]) {
  for (const [title, acceptor, dialler, welcome] of TOKEN_LISTS) {
    const kind = announce ? 'our own kind' : 'a plain peer'
    test(`with ${title} ${kind} is ${welcome ? 'let in' : 'refused on both ends'}`, (t) => {
      const world = new World()
      const parent = world.host({ id: 0x100n, tokens: acceptor.map(token) }).listen(PARENT)
      const options = { id: 0x200n, tokens: dialler.map(token), parents: [PARENT], announce }
      const child = world.host(options)
      for (const host of [parent, child]) host.give({ kind: 'start' })
      t.is(parent.core.links().length, welcome ? 1 : 0)
      t.is(child.core.links().length, welcome ? 1 : 0)
      const refusals = [parent, child].map((host) =>
        host.events.flatMap((event) =>
          event.kind === 'refused' ? [[event.by, event.code, event.wireCode]] : [],
        ),
      )
      if (welcome) t.deepEqual(refusals, [[], []])
      else t.deepEqual(refusals, [[['us', 'ACCESS_DENIED', -11]], [['peer', 'ACCESS_DENIED', -11]]])
    })
  }
}

test('an acceptor that does not hold the token is refused by the dialler', (t) => {
  const world = new World()
  const host = world.host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const register = registrationOf({ id: 0x100n, tokens: [token('other')] })
  dialled[0]?.say({ kind: 'register_rsp', register })
  t.is(host.core.links().length, 0)
  t.false(dialled[0]?.isOpen)
  const refused = host.events.find(({ kind }) => kind === 'refused')
  t.is(refused?.kind === 'refused' && refused.by, 'us')
})

for (const [signatures, code] of [
  [8, 0],
  [9, undefined],
] as const) {
  test(`${signatures} signatures are ${code === 0 ? 'looked through' : 'not read at all'}`, (t) => {
    const host = root()
    const stranger = Stranger.to(host)
    const tokens = Array.from({ length: signatures - 1 }, (_, index) => token(`other-${index}`))
    const register = registrationOf({ id: 0x200n, tokens: [...tokens, ...TOKENS] })
    stranger.say({ kind: 'register_req', register })
    t.is(stranger.heardMessages[0]?.resultCode, code)
    t.is(stranger.isOpen, code === 0)
    t.is(host.core.counters.badMessages, code === 0 ? 0 : 1)
  })
}

test('a signature of an algorithm that is not ours is refused', (t) => {
  const host = root()
  const register = registrationOf({ id: 0x200n, tokens: TOKENS })
  const { access } = register
  const answer = Stranger.to(host).register({
    ...register,
    ...(access && { access: { ...access, algorithm: 1 } }),
  })
  t.is(answer.resultCode, -11)
})

const CHANGES: Record<string, (register: ReturnType<typeof registrationOf>) => object> = {
  'another id': () => ({ id: 0x201n }),
  'another timestamp': ({ access }) => ({ access: { ...access, timestamp: NOW + 1n } }),
  'another first nonce': ({ access }) => ({ access: { ...access, nonce1: 1n } }),
  'another second nonce': ({ access }) => ({ access: { ...access, nonce2: 1n } }),
  'a public key': () => ({
    handshake: {
      sequence: 5n,
      type: 1,
      kdfs: [0],
      algorithms: [16],
      publicKey: new Uint8Array(33),
      ivBytes: 0,
      tagBytes: 0,
    },
  }),
}

for (const [title, change] of Object.entries(CHANGES)) {
  test(`a signature does not hold for ${title}`, (t) => {
    const register = registrationOf({ id: 0x200n, tokens: TOKENS })
    const answer = Stranger.to(root()).register({ ...register, ...change(register) })
    t.is(answer.resultCode, -11)
  })
}

for (const announced of [true, false]) {
  const kind = announced ? 'one of ours' : 'a plain peer'
  const laterMs = [0, 1_000, 299_000, 301_000, 599_000, 601_000, 3_600_000]

  test(`robustness 8: a replayed registration of ${kind} is always refused`, (t) => {
    for (const waitMs of laterMs) {
      const host = root()
      const register = registrationOf({
        id: 0x200n,
        tokens: TOKENS,
        timestamp: NOW,
        ...(announced && { life: 1 }),
      })
      const lawful = Stranger.to(host).join(register)
      lawful.hangUp()
      host.world.advance(waitMs)
      const thief = Stranger.to(host)
      t.is(thief.register(register).resultCode, -11, `after ${waitMs} ms`)
      t.false(thief.isOpen)
      t.is(host.core.links().length, 0)
      t.is(host.core.counters.replays, 1)
    }
  })
}

test('robustness 8: a captured answer is refused by a dialler that took it before', (t) => {
  const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const register = registrationOf({ id: 0x100n, tokens: TOKENS })
  dialled[0]?.say({ kind: 'register_rsp', register })
  t.is(host.core.links().length, 1)
  // The plain parent's second connection: the same answer once more.
  dialled[1]?.say({ kind: 'register_rsp', register })
  t.is(host.core.counters.replays, 1)
  t.false(dialled[1]?.isOpen)
})

test('robustness 8: two processes with the same nonces and other ids are both let in', (t) => {
  const host = root()
  const same = { tokens: TOKENS, timestamp: NOW, nonce1: 77n }
  t.deepEqual(attempt(host, { id: 0x200n, pid: 1, ...same }), OK)
  t.deepEqual(attempt(host, { id: 0x300n, pid: 2, ...same }), OK)
  t.deepEqual(attempt(host, { id: 0x200n, pid: 1, ...same }), DENIED)
})

test('robustness 8: two temporary nodes of one second differ by their process', (t) => {
  const host = root()
  const same = { id: 0n, tokens: TOKENS, timestamp: NOW, nonce1: 78n }
  t.deepEqual(attempt(host, { ...same, pid: 1 }), OK)
  t.deepEqual(attempt(host, { ...same, pid: 2 }), OK)
  t.deepEqual(attempt(host, { ...same, pid: 1 }), DENIED)
})

test('robustness 8: without tokens there is nothing to play again', (t) => {
  const host = root({ tokens: [] })
  const register = registrationOf({ id: 0x200n, timestamp: NOW })
  Stranger.to(host).join(register).hangUp()
  t.is(Stranger.to(host).register(register).resultCode, 0)
  t.is(host.core.counters.replays, 0)
})

const SKEWS: [bigint, number, boolean][] = [
  [-299n, 300, true],
  [299n, 300, true],
  [-301n, 300, false],
  [301n, 300, false],
  [-301n, 0, true],
  [1_000_000_000n, 0, true],
  [-11n, 10, false],
  [9n, 10, true],
  [-9_223_372_036_854_775_807n - NOW, 300, false],
]

for (const [skew, clockSkewMaxSeconds, welcome] of SKEWS) {
  const rule = clockSkewMaxSeconds === 0 ? 'without a limit' : `within ${clockSkewMaxSeconds} s`
  test(`robustness 9: a clock ${skew} s off is ${welcome ? 'let in' : 'refused'} ${rule}`, (t) => {
    const security = { ...DEFAULT_SECURITY, clockSkewMaxSeconds }
    const wish = { id: 0x200n, tokens: TOKENS, timestamp: NOW + skew }
    t.deepEqual(attempt(root({ security }), wish), welcome ? OK : DENIED)
  })
}

test('robustness 9: without tokens the timestamp says nothing', (t) => {
  t.deepEqual(attempt(root({ tokens: [] }), { id: 0x200n, timestamp: 0n }), OK)
})

test('robustness 9: the dialler measures the answer by the same rule', (t) => {
  for (const [skew, links] of [
    [299n, 1],
    [301n, 0],
  ] as const) {
    const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
    const dialled = Stranger.listening(host, PARENT)
    host.give({ kind: 'start' })
    const register = registrationOf({ id: 0x100n, tokens: TOKENS, timestamp: NOW - skew })
    dialled[0]?.say({ kind: 'register_rsp', register })
    t.is(host.core.links().length, links)
  }
})

test('new tokens hold from the next registration on and touch no standing link', (t) => {
  const host = root()
  Stranger.to(host).join(registrationOf({ id: 0x200n, tokens: TOKENS }))
  host.give({ kind: 'tokens', tokens: [token('new')] })
  t.is(host.core.links().length, 1)
  t.deepEqual(attempt(host, { id: 0x300n, tokens: TOKENS }), DENIED)
  t.deepEqual(attempt(host, { id: 0x300n, tokens: [token('new')] }), OK)
})

test('a stranger without a token learns nothing but the code', (t) => {
  const host = root()
  const answer = Stranger.to(host).register(registrationOf({ id: 0x200n }))
  const register = answer.control?.kind === 'register_rsp' ? answer.control.register : undefined
  t.deepEqual(
    [register?.hostname, register?.addresses, register?.pid, register?.access, register?.hashCode],
    ['', [], 0, undefined, ''],
  )
})
