import test from 'ava'
import { DEFAULT_LIMITS, DEFAULT_SECURITY } from '../../src/core/config.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import type { Handshake, PingData } from '../../src/wire/control.js'
import { encodePublicKey } from '../../src/wire/key-exchange.js'
import { type Host, seededRandom, World } from './_harness.js'
import { confirmOf, registrationOf, token } from './_registrations.js'
import { type Heard, Stranger, takeApart } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const HOUR_MS = 3_600_000

interface Scene {
  readonly world: World
  readonly parent: Host
  readonly child: Host
}

function scene(options: {
  tokens?: string[]
  announce?: boolean
  pingIntervalMs?: number
  keyRefreshMs?: number
  /** Deadlines of equal time come to the child first. */
  childFirst?: boolean
}): Scene {
  const world = new World()
  const { announce = true, pingIntervalMs = 7_000, keyRefreshMs = HOUR_MS } = options
  const both = {
    tokens: (options.tokens ?? []).map(token),
    announce,
    security: { ...DEFAULT_SECURITY, keyExchange: 'x25519', keyRefreshMs } as const,
    limits: { ...DEFAULT_LIMITS, pingIntervalMs },
  }
  const parent = world.host({ id: 0x100n, ...both }).listen(PARENT)
  const child = world.host({ id: 0x200n, parents: [PARENT], ...both })
  if (options.childFirst) world.hosts.reverse()
  for (const host of [parent, child]) host.give({ kind: 'start' })
  return { world, parent, child }
}

/** What a host put on its wires as effects, from the `since`th effect on. */
function said(host: Host, since = 0): Heard[] {
  return host.effects.slice(since).flatMap((effect) => {
    if (effect.kind !== 'send') return []
    // hash, then the length, which ends with the first byte below 128.
    let start = 4
    while ((effect.frame[start] ?? 0) >= 128) start++
    return [takeApart(effect.frame.subarray(start + 1))]
  })
}

function handshakes(host: Host, kind: 'ping' | 'pong'): Handshake[] {
  return said(host).flatMap(({ control }) =>
    control?.kind === kind && control.ping.handshake ? [control.ping.handshake] : [],
  )
}

function talks({ parent, child }: Scene, words: string): boolean {
  child.send(0x100n, `up ${words}`)
  parent.send(0x200n, `down ${words}`)
  return (
    parent.messages.at(-1)?.text === `up ${words}` &&
    child.messages.at(-1)?.text === `down ${words}`
  )
}

for (const tokens of [[], ['t']]) {
  const secured = tokens.length > 0 ? 'with tokens' : 'without tokens'
  test(`${secured} the dialler of a keyed link renews its keys when they are old`, (t) => {
    const nodes = scene({ tokens })
    const { world, parent, child } = nodes
    t.true(talks(nodes, 'before'))
    world.advance(HOUR_MS - 1)
    t.is(handshakes(child, 'ping').length, 0)
    world.advance(1)
    t.is(handshakes(child, 'ping').length, 1)
    t.is(handshakes(parent, 'pong').length, 1)
    t.true(talks(nodes, 'after'))
    t.is(said(child).filter(({ kind }) => kind === 'handshake_confirm').length, 2)
    world.advance(2 * HOUR_MS)
    t.is(handshakes(child, 'ping').length, 3)
    t.is(handshakes(parent, 'ping').length, 0)
    t.true(talks(nodes, 'much later'))
    t.is(parent.core.counters.badCiphers + child.core.counters.badCiphers, 0)
  })
}

test('the cipher stays, the keys and their sequence do not', (t) => {
  const { world, parent, child } = scene({})
  world.advance(2 * HOUR_MS)
  const offers = handshakes(child, 'ping')
  t.deepEqual(
    offers.map(({ algorithms }) => algorithms),
    [[16], [16]],
  )
  t.not(`${offers[0]?.publicKey}`, `${offers[1]?.publicKey}`)
  t.true((offers[0]?.sequence ?? 0n) < (offers[1]?.sequence ?? 0n))
  t.deepEqual(
    handshakes(parent, 'pong').map(({ sequence }) => sequence),
    offers.map(({ sequence }) => sequence),
  )
})

test('a ping that goes out beside a refresh does not spoil it', (t) => {
  // Both deadlines of an idle link fall together: three hours are a multiple of eight seconds.
  const nodes = scene({ pingIntervalMs: 8_000, keyRefreshMs: 3 * HOUR_MS, childFirst: true })
  nodes.world.advance(3 * HOUR_MS)
  t.is(handshakes(nodes.child, 'ping').length, 1)
  for (const words of ['one', 'two', 'three', 'four']) t.true(talks(nodes, words), words)
  t.is(nodes.child.core.counters.badCiphers, 0)
})

test('with 0 keys are never renewed', (t) => {
  const { world, child } = scene({ keyRefreshMs: 0 })
  world.advance(48 * HOUR_MS)
  t.is(handshakes(child, 'ping').length, 0)
})

test('plain nodes of one tree renew their keys without tokens and not with them', (t) => {
  for (const tokens of [[], ['t']]) {
    const nodes = scene({ tokens, announce: false })
    nodes.world.advance(HOUR_MS)
    t.is(handshakes(nodes.child, 'ping').length, tokens.length === 0 ? 1 : 0)
    t.true(talks(nodes, 'after'))
  }
})

/** A keyed child in the hands of the test. */
function keyedChild(wish: { tokens?: Uint8Array[]; life?: number }): [Host, Stranger, bigint] {
  const { tokens = [], life } = wish
  const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
  const host = new World().host({ id: 0x100n, tokens, security })
  const stranger = Stranger.to(host)
  const sequence = 1_000n
  const handshake = offer(sequence)
  const register = registrationOf({
    id: 0x200n,
    tokens,
    handshake,
    ...(life !== undefined && { life }),
  })
  const answer = stranger.register(register).control
  const said = answer?.kind === 'register_rsp' ? answer.register : undefined
  stranger.say({ kind: 'handshake_confirm', ...confirmOf(register, said), sequence })
  return [host, stranger, sequence]
}

function offer(sequence: bigint): Handshake {
  const pair = nodePrimitives.keyPair('x25519', seededRandom(Number(sequence)))
  return {
    sequence,
    type: 1,
    kdfs: [0],
    algorithms: [16],
    publicKey: encodePublicKey(pair.publicKey),
    ivBytes: 0,
    tagBytes: 0,
  }
}

function pingWith(handshake: Handshake, refreshBindings: Uint8Array[] = []): PingData {
  return { timePointUs: 1n, handshake, refreshBindings }
}

const OFFERS: [string, { tokens?: Uint8Array[]; life?: number }, bigint, Uint8Array[], number][] = [
  ['of a plain peer without tokens', {}, 2_000n, [], 0],
  ['of one of ours without tokens', { life: 1 }, 2_000n, [], 0],
  ['of a plain peer with tokens', { tokens: [token('t')] }, 2_000n, [], -11],
  ['without binding, with tokens', { tokens: [token('t')], life: 1 }, 2_000n, [], -11],
  [
    'with a forged binding',
    { tokens: [token('t')], life: 1 },
    2_000n,
    [new Uint8Array(32).fill(1)],
    -11,
  ],
  ['with the sequence in force', {}, 1_000n, [], -11],
  ['with an older sequence', {}, 999n, [], -11],
]

for (const [title, wish, sequence, bindings, code] of OFFERS) {
  test(`new keys in a ping ${title} are answered with ${code}, and the link lives`, (t) => {
    const [host, stranger] = keyedChild(wish)
    stranger.say({ kind: 'ping', ping: pingWith(offer(sequence), bindings) }, { sequence: 55n })
    const pong = stranger.last()
    t.deepEqual([pong.kind, pong.sequence, pong.resultCode], ['pong', 55n, code])
    t.is(pong.control?.kind === 'pong' && pong.control.ping.handshake !== undefined, code === 0)
    t.true(stranger.isOpen)
    t.is(host.core.links().length, 1)
  })
}

test('new keys under another cipher are refused', (t) => {
  const [, stranger] = keyedChild({})
  const ping = pingWith({ ...offer(2_000n), algorithms: [14] })
  stranger.say({ kind: 'ping', ping })
  t.is(stranger.last().resultCode, -240)
})

test('a confirm of another sequence changes nothing', (t) => {
  const [host, stranger] = keyedChild({})
  stranger.say({ kind: 'ping', ping: pingWith(offer(2_000n)) })
  for (const sequence of [0n, 1_000n, 1_999n]) stranger.say({ kind: 'handshake_confirm', sequence })
  t.true(stranger.isOpen)
  t.is(host.core.counters.badStates, 0)
})

test('a key offered on a link in clear is left alone', (t) => {
  const host = new World().host({ id: 0x100n })
  const stranger = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  stranger.say({ kind: 'ping', ping: pingWith(offer(2_000n)) })
  const pong = stranger.last()
  t.is(pong.resultCode, 0)
  t.true(pong.control?.kind === 'pong' && pong.control.ping.handshake === undefined)
  t.is(host.core.link(0x200n)?.encrypted, false)
})

test('a refresh played from one link into another is refused', (t) => {
  const tokens = ['t']
  const first = scene({ tokens })
  first.world.advance(HOUR_MS)
  const captured = said(first.child).flatMap(({ control }) =>
    control?.kind === 'ping' && control.ping.handshake ? [control.ping] : [],
  )
  const [ping] = captured
  if (ping === undefined) return t.fail('no refresh')
  const [, stranger] = keyedChild({ tokens: [token('t')], life: 1 })
  stranger.say({ kind: 'ping', ping })
  t.is(stranger.last().resultCode, -11)
})

test('a refresh played again into its own link is refused', (t) => {
  const nodes = scene({ tokens: ['t'] })
  const { world, parent, child } = nodes
  world.advance(HOUR_MS)
  const frame = child.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.frame] : []))
  const refresh = frame.find((bytes) => {
    const control = takeApart(bytes.subarray((bytes[4] ?? 0) >= 128 ? 6 : 5)).control
    return control?.kind === 'ping' && control.ping.handshake !== undefined
  })
  const [end] = parent.ends.values()
  if (refresh === undefined || end === undefined) return t.fail('no refresh')
  const since = parent.effects.length
  world.carry(end, refresh)
  t.is(said(parent, since)[0]?.resultCode, -11)
  t.true(talks(nodes, 'after'))
})
