import test, { type ExecutionContext } from 'ava'
import { type CoreConfig, DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { encodeControl } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { type Host, WALL_MS, World } from '../core/_harness.js'
import { commandOf, registrationOf, token } from '../core/_registrations.js'
import { innerOf, Stranger } from '../core/_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const TOKENS = [token('t')]
const PING = { kind: 'ping', ping: { timePointUs: 1n, refreshBindings: [] } } as const

function child(overrides: Partial<CoreConfig> = {}): { host: Host; dialled: Stranger[] } {
  const host = new World().host({ id: 0x200n, parents: [PARENT], ...overrides })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  return { host, dialled }
}

function root(overrides: Partial<CoreConfig> = {}): Host {
  const host = new World().host({ id: 0x100n, ...overrides })
  host.give({ kind: 'start' })
  return host
}

/** Answers every registration that waits for an answer, as a plain parent does. */
function welcome(dialled: readonly Stranger[]): void {
  for (let index = 0; index < dialled.length; index++) {
    const stranger = dialled[index]
    if (stranger?.isOpen !== true || stranger.last().kind !== 'register_req') continue
    stranger.say({ kind: 'register_rsp', register: registrationOf({ id: 0x100n }) })
  }
}

function downs(host: Host): string[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'link_down' ? [event.code ? `${event.reason} ${event.code}` : event.reason] : [],
  )
}

function refusals(host: Host): [string, string, number][] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'refused' ? [[event.by, event.code, event.wireCode] as const] : [],
  ) as [string, string, number][]
}

test('quirk G.4-6: a peer with a wrong clock is refused as such, or taken where that is allowed', (t) => {
  const timestamp = BigInt(Math.floor(WALL_MS / 1000) - 86_400)
  for (const [clockSkewMaxSeconds, resultCode] of [
    [300, -11],
    [0, 0],
  ] as const) {
    const security = { ...DEFAULT_SECURITY, clockSkewMaxSeconds }
    const host = root({ tokens: TOKENS, security })
    const stranger = Stranger.to(host)
    const register = registrationOf({ id: 0x200n, tokens: TOKENS, timestamp })
    t.is(stranger.register(register).resultCode, resultCode)
    t.is(host.core.counters.replays, resultCode === 0 ? 0 : 1)
  }
})

test('quirk G.4-9: any number of peers behind one address wait side by side', (t) => {
  const host = root()
  const strangers = Array.from({ length: 6 }, () => Stranger.to(host, 'unix:///run/bus.sock'))
  for (const [index, stranger] of strangers.entries()) {
    const answer = stranger.register(registrationOf({ id: 0x200n + BigInt(index), pid: index + 1 }))
    t.is(answer.resultCode, 0)
  }
  t.is(host.core.links().length, 6)
  const silent = Array.from({ length: 3 }, () => Stranger.to(host, 'unix:///run/bus.sock'))
  host.world.advance(5_000)
  t.true(silent.every(({ isOpen }) => !isOpen))
  t.is(host.core.links().length, 6)
})

test('quirk G.4-10: the end of a link is told once, however often a connection ends', (t) => {
  const host = root()
  const control = Stranger.to(host).join(registrationOf({ id: 0x200n }))
  const data = Stranger.to(host).join(registrationOf({ id: 0x200n }))
  for (const stranger of [control, data, control]) stranger.hangUp()
  t.deepEqual(downs(host), ['left'])
})

test('quirk G.4-11: every frame that ours sends is whole, so no counter of a peer rises', (t) => {
  const { host, dialled } = child()
  welcome(dialled)
  const sizes = [0, 1, 123, 7_000, 7_168, 65_280, 200_000]
  for (const size of sizes) host.send(0x100n, 'f'.repeat(size))
  host.world.advance(16_000)
  // The stranger's reader stops at the first frame whose hash or length is wrong.
  const heard = dialled.flatMap(({ heardMessages }) => heardMessages)
  t.deepEqual(
    heard.flatMap(({ data }) => (data ? [data.text.length] : [])),
    sizes,
  )
  t.is(heard.filter(({ kind }) => kind === 'ping').length, 2)
})

test('quirk G.4-15: pongs with sequence 0 keep a link alive, and measure nothing', (t) => {
  const { host, dialled } = child()
  welcome(dialled)
  let answered = 0
  for (let second = 0; second < 120; second++) {
    host.world.advance(1_000)
    const pings = dialled[0]?.heardMessages.filter(({ kind }) => kind === 'ping') ?? []
    for (; answered < pings.length; answered++) {
      const ping = { timePointUs: 1n, refreshBindings: [] }
      dialled[0]?.say({ kind: 'pong', ping }, { sequence: 0n })
    }
  }
  t.is(answered, 15)
  t.deepEqual(downs(host), [])
  t.is(host.core.link(0x100n)?.roundTripMs, undefined)
})

test('quirk G.4-16: of two refusals the second is not read, and the dial is tried again once', (t) => {
  const { host, dialled } = child()
  const register = registrationOf({ id: 0x100n })
  const refusal = frameOf(
    encodeControl(
      { sequence: 7n, resultCode: -11, type: 0, sourceId: 0n },
      { kind: 'register_rsp', register },
    ),
  )
  dialled[0]?.sayBytes(Uint8Array.from([...refusal, ...refusal]))
  t.deepEqual(refusals(host), [['peer', 'ACCESS_DENIED', -11]])
  t.false(dialled[0]?.isOpen)
  host.world.advance(host.core.nextDeadlineMs())
  t.is(dialled.length, 2)
})

test('quirk G.4-18: a thousand pings at once are each answered, and nothing else waits', (t) => {
  const host = root()
  const control = Stranger.to(host).join(registrationOf({ id: 0x200n }))
  for (let count = 1; count <= 1_000; count++) control.say(PING, { sequence: BigInt(count) })
  const pongs = control.heardMessages.filter(({ kind }) => kind === 'pong')
  t.is(pongs.length, 1_000)
  t.is(pongs.at(-1)?.sequence, 1_000n)
  host.send(0x200n, 'still here')
  t.is(control.last().data?.text, 'still here')
  t.deepEqual(downs(host), [])
})

test('quirk G.4-19: a server that never answers, and one that vanishes without a close, are left', (t) => {
  const { host, dialled } = child()
  host.world.advance(5_000)
  t.is(dialled[0]?.closedHow, 'now')
  host.world.advance(1_000)
  welcome(dialled)
  t.is(host.core.state, 'running')
  // From here on it says nothing, and its socket stays open.
  const connections = dialled.length
  host.world.advance(24_000)
  t.deepEqual(downs(host), ['silent'])
  t.true(dialled.length > connections)
})

/** Sends every `everyMs` to a parent that closes after 257 reads; what was sent, and arrived. */
function throughClosingPeer(
  t: ExecutionContext,
  everyMs: number,
): { sent: number; pauses: number } {
  const { host, dialled } = child()
  welcome(dialled)
  const sent: string[] = []
  let reads = 0
  let pauses = 0
  for (let count = 0; count < 1_200; count++) {
    host.world.advance(everyMs)
    welcome(dialled)
    const outcome = host.send(0x100n, `${count}`)
    if (outcome === 'sent') sent.push(`${count}`)
    else t.is(outcome, 'no_route')
    if (outcome === 'sent') reads++
    else pauses++
    if (reads < 257) continue
    reads = 0
    dialled.findLast(({ isOpen }) => isOpen)?.hangUp()
  }
  const heard = dialled.flatMap(({ heardMessages }) =>
    heardMessages.flatMap(({ data }) => (data ? [data.text] : [])),
  )
  t.deepEqual(heard, sent)
  t.true(downs(host).every((reason) => reason === 'left'))
  return { sent: sent.length, pauses }
}

test('quirk K-1: a peer that closes after 257 reads costs nothing that was not handed over', (t) => {
  t.deepEqual(throughClosingPeer(t, 20), { sent: 1_200, pauses: 0 })
})

test('quirk K-1: where it closes sooner than in 3 s it is dialled after a pause, which send tells', (t) => {
  const { sent, pauses } = throughClosingPeer(t, 5)
  t.is(sent + pauses, 1_200)
  t.true(pauses > 0 && sent > 257, `${sent} sent, ${pauses} not`)
})

test('quirk K-5: a listener that cuts off who dials beside others is dialled again', (t) => {
  const { host, dialled } = child()
  for (let round = 0; round < 3; round++) {
    dialled.at(-1)?.hangUp(false)
    host.world.advance(3_600)
  }
  welcome(dialled)
  t.is(host.core.state, 'running')
  t.is(host.core.counters.dialsFailed, 3)
})

test('quirk K-6: ours waits for a parent that is not up, where a C++ child ends for good', (t) => {
  const world = new World()
  const host = world.host({ id: 0x200n, parents: [PARENT] })
  host.give({ kind: 'start' })
  world.advance(600_000)
  t.is(host.core.state, 'connecting')
  const dialled = Stranger.listening(host, PARENT)
  world.advance(3_600)
  welcome(dialled)
  t.is(host.core.state, 'running')
})

test('quirk K-8: a peer with our own id is refused, in both roles', (t) => {
  const host = root()
  const twin = Stranger.to(host)
  t.is(twin.register(registrationOf({ id: 0x100n })).resultCode, -73)
  t.false(twin.isOpen)
  const below = child()
  below.dialled[0]?.say({ kind: 'register_rsp', register: registrationOf({ id: 0x200n }) })
  t.deepEqual(refusals(below.host), [['us', 'ID_CONFLICT', -73]])
  t.is(below.host.core.state, 'connecting')
})

test('quirk K-8: a parent that closes without a word, for an id in use, is tried again', (t) => {
  const { host, dialled } = child()
  dialled[0]?.hangUp()
  t.deepEqual(refusals(host), [])
  t.is(host.events.filter(({ kind }) => kind === 'dial_failed').length, 1)
  host.world.advance(3_600)
  t.true(dialled.length > 1)
})

test('quirk K-7: a command for a sibling is run by the parent, and ours knows whose answer it is', (t) => {
  const { host, dialled } = child()
  welcome(dialled)
  host.give({ kind: 'command', to: 0x300n, sequence: 4n, args: [token('who')] })
  const asked = dialled.find(({ heardMessages }) => heardMessages.at(-1)?.kind === 'command_req')
  // Whatever it says of itself: the answer came over the parent's link.
  const command = commandOf({ from: 0x300n, args: ['the parent'] })
  asked?.say({ kind: 'command_rsp', command }, { sequence: 4n })
  const reply = host.events.find(({ kind }) => kind === 'command_reply')
  t.is(reply?.kind === 'command_reply' && reply.from, 0x100n)
})

test('quirk A.4.1-1: a peer of the old numbering is not understood, and is closed in time', (t) => {
  const host = root()
  const old = Stranger.to(host)
  // node_register_req was member 17 until 2026-03.
  old.sayMessage(innerOf(Uint8Array.of(0x8a, 0x01, 0x02, 0x08, 0x05)))
  t.true(old.isOpen)
  t.is(host.core.counters.unknownMessages, 1)
  host.world.advance(5_000)
  t.false(old.isOpen)
  t.deepEqual(refusals(host), [['us', 'TIMEOUT', -211]])
})

test('quirk C.4-2: a server that refuses and leaves the socket open is not waited for', (t) => {
  const { host, dialled } = child()
  const register = registrationOf({ id: 0x100n })
  dialled[0]?.say({ kind: 'register_rsp', register }, { resultCode: -14 })
  t.deepEqual(refusals(host), [['peer', 'BAD_VERSION', -14]])
  t.is(dialled[0]?.closedHow, 'now')
})

test('quirk C.4-3: a registered peer that registers again stays what it is', (t) => {
  const host = root()
  const control = Stranger.to(host).join(registrationOf({ id: 0x200n }))
  for (let count = 0; count < 5; count++) {
    t.is(control.register(registrationOf({ id: 0x200n })).resultCode, 0)
  }
  t.is(host.events.filter(({ kind }) => kind === 'link_up').length, 1)
  t.deepEqual(downs(host), [])
})
