import test from 'ava'
import type { Counters } from '../../src/core/counters.js'
import { type ControlBody, encodeControl } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { type Host, World } from './_harness.js'
import { commandOf, registrationOf, token } from './_registrations.js'
import { dataFrame, innerOf, Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'

/** Another one joins beside the connection under test, so that ids can clash. */
const PHASES = ['registering', 'awaiting', 'probing', 'confirming', 'temporary', 'bound'] as const
type Phase = (typeof PHASES)[number]

interface Scene {
  readonly host: Host
  readonly stranger: Stranger
}

const SCENES: Record<Phase, () => Scene> = {
  registering: () => {
    const host = new World().host({ id: 0x100n, parents: [PARENT] })
    const dialled = Stranger.listening(host, PARENT)
    host.give({ kind: 'start' })
    return { host, stranger: at(dialled, 0) }
  },
  awaiting: () => {
    const host = rootHost()
    return { host, stranger: Stranger.to(host) }
  },
  probing: () => {
    const host = rootHost()
    Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
    host.world.advance(2_000)
    const stranger = Stranger.to(host)
    stranger.say({ kind: 'register_req', register: registrationOf({ id: 0x200n, life: 2 }) })
    return { host, stranger }
  },
  confirming: () => {
    const tokens = [token('t')]
    const host = rootHost(tokens)
    const stranger = Stranger.to(host)
    stranger.register(registrationOf({ id: 0x200n, life: 1, tokens }))
    return { host, stranger }
  },
  temporary: () => {
    const host = rootHost()
    return { host, stranger: Stranger.to(host).join(registrationOf({ id: 0n })) }
  },
  bound: () => {
    const host = rootHost()
    return { host, stranger: Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 })) }
  },
}

function rootHost(tokens: readonly Uint8Array[] = []): Host {
  const host = new World().host({ id: 0x100n, tokens })
  host.give({ kind: 'start' })
  return host
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`nothing at ${index}`)
  return item
}

function control(body: ControlBody): Uint8Array {
  return frameOf(encodeControl({ resultCode: 0, sequence: 5n, sourceId: 0n }, body))
}

function damaged(frame: Uint8Array): Uint8Array {
  const bytes = frame.slice()
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes
}

const pingData = { timePointUs: 1n, refreshBindings: [] }
const PING = control({ kind: 'ping', ping: pingData })
const JUNK = Uint8Array.from({ length: 40 }, (_, index) => index)

/** Every member of the union, and whatever else can stand in a frame. */
const MESSAGES: Record<string, (phase: Phase) => Uint8Array> = {
  command_req: (phase) => {
    const from = phase === 'bound' ? 0x200n : 0n
    return control({ kind: 'command_req', command: commandOf({ from, args: ['a'] }) })
  },
  command_rsp: () =>
    control({ kind: 'command_rsp', command: commandOf({ from: 0x200n, args: [] }) }),
  data_req: () => dataFrame({ from: 0x200n, to: 0x100n, text: 'x' }),
  data_rsp: () => dataFrame({ from: 0x200n, to: 0x100n, kind: 'data_rsp' }),
  register_req: (phase) => {
    const id = phase === 'temporary' ? 0n : 0x200n
    return control({ kind: 'register_req', register: registrationOf({ id, life: 1 }) })
  },
  register_rsp: () =>
    control({ kind: 'register_rsp', register: registrationOf({ id: 0x50n, life: 3 }) }),
  ping: () => PING,
  pong: () => control({ kind: 'pong', ping: pingData }),
  handshake_confirm: () => control({ kind: 'handshake_confirm', sequence: 0n }),
  leave: () => control({ kind: 'leave', code: 0, drains: false }),
  'unknown member': () => frameOf(innerOf(Uint8Array.of(0x8a, 0x01, 0x00))),
  'empty body': () => frameOf(innerOf(new Uint8Array(0))),
  'two members': () => frameOf(innerOf(Uint8Array.of(0x3a, 0, 0x42, 0))),
  'body that is no protobuf': () => frameOf(innerOf(Uint8Array.of(0x3a, 0x7f, 1))),
  'member that is no protobuf': () => frameOf(innerOf(Uint8Array.of(0x3a, 2, 0x0a, 0x7f))),
  'body shorter than declared': () => frameOf(innerOf(JUNK, { bodyBytes: 41 })),
  'head that is no protobuf': () => frameOf(Uint8Array.of(2, 0x08, 0xff)),
  'head longer than the frame': () => frameOf(Uint8Array.of(9, 0x08)),
  // With its tag it is longer than the body; of equal length it would be a stale head (spec A.5).
  'encrypted body': () => frameOf(innerOf(JUNK, { cryptoAlgorithm: 16, bodyBytes: 24 })),
  'compressed body': () => frameOf(innerOf(JUNK, { compressionType: 400, bodyBytes: 900 })),
  'unknown compression': () => frameOf(innerOf(JUNK, { compressionType: 7, bodyBytes: 900 })),
  'bad hash': () => damaged(PING),
  'empty frame': () => Uint8Array.of(0, 0, 0, 0, 0),
  'frame of 2^63 bytes': () => Uint8Array.of(1, 2, 3, 4, ...Array(8).fill(0xff), 0x7f),
  'vint without end': () => Uint8Array.of(1, 2, 3, 4, ...Array(12).fill(0xff)),
}

const REASONS = [
  'badFrames',
  'badMessages',
  'badStates',
  'badCiphers',
  'badSenders',
  'unknownMessages',
] as const satisfies (keyof Counters)[]

function outcomeOf(phase: Phase, frame: Uint8Array): string {
  const { host, stranger } = SCENES[phase]()
  const before = { ...host.core.counters }
  stranger.sayBytes(frame)
  const counted = REASONS.filter((name) => host.core.counters[name] > before[name])
  const open = stranger.isOpen ? 'open' : 'closed'
  return [open, ...counted].join(' ')
}

/** What happens before registration; what a phase takes is listed beside it. */
const UNREGISTERED: Record<string, string> = {
  command_req: 'closed badStates',
  command_rsp: 'closed badStates',
  data_req: 'closed badStates',
  data_rsp: 'closed badStates',
  register_req: 'closed badStates',
  register_rsp: 'closed badStates',
  ping: 'closed badStates',
  pong: 'closed badStates',
  handshake_confirm: 'closed badStates',
  leave: 'closed badStates',
  'unknown member': 'open unknownMessages',
  'empty body': 'open unknownMessages',
  'two members': 'closed badMessages',
  'body that is no protobuf': 'closed badMessages',
  'member that is no protobuf': 'closed badStates',
  'body shorter than declared': 'closed badMessages',
  'head that is no protobuf': 'closed badMessages',
  'head longer than the frame': 'closed badMessages',
  'encrypted body': 'closed badStates',
  'compressed body': 'closed badStates',
  'unknown compression': 'closed badStates',
  'bad hash': 'closed badFrames',
  'empty frame': 'closed badFrames',
  'frame of 2^63 bytes': 'closed badFrames',
  'vint without end': 'closed badFrames',
}

const EXPECTED: Record<Phase, Record<string, string>> = {
  registering: { ...UNREGISTERED, register_rsp: 'open' },
  awaiting: { ...UNREGISTERED, register_req: 'open' },
  probing: UNREGISTERED,
  // What does not show its author ends it: the counters know no fault of form there.
  confirming: { ...UNREGISTERED, handshake_confirm: 'closed' },
  temporary: {
    ...UNREGISTERED,
    command_req: 'open',
    command_rsp: 'open',
    handshake_confirm: 'open',
    leave: 'open',
    'encrypted body': 'closed badCiphers',
    'compressed body': 'closed badMessages',
    'unknown compression': 'closed badMessages',
  },
  bound: {
    command_req: 'open',
    command_rsp: 'open',
    data_req: 'open',
    data_rsp: 'open',
    register_req: 'open',
    register_rsp: 'open badStates',
    ping: 'open',
    pong: 'open',
    handshake_confirm: 'open',
    leave: 'open',
    'unknown member': 'open unknownMessages',
    'empty body': 'open unknownMessages',
    'two members': 'open badMessages',
    'body that is no protobuf': 'open badMessages',
    'member that is no protobuf': 'open badMessages',
    'body shorter than declared': 'open badMessages',
    'head that is no protobuf': 'open badMessages',
    'head longer than the frame': 'open badMessages',
    'encrypted body': 'open badCiphers',
    'compressed body': 'open badMessages',
    'unknown compression': 'open badMessages',
    'bad hash': 'open badFrames',
    'empty frame': 'closed badFrames',
    'frame of 2^63 bytes': 'closed badFrames',
    'vint without end': 'closed badFrames',
  },
}

for (const phase of PHASES) {
  test(`robustness 7: every message in phase ${phase} has its outcome and its reason`, (t) => {
    const found = Object.fromEntries(
      Object.entries(MESSAGES).map(([name, frame]) => [name, outcomeOf(phase, frame(phase))]),
    )
    t.deepEqual(found, EXPECTED[phase])
  })
}

test('robustness 7: whoever is closed before registration is reported as refused', (t) => {
  const { host, stranger } = SCENES.awaiting()
  stranger.sayBytes(PING)
  const [event] = host.events.filter(({ kind }) => kind === 'refused')
  t.is(event?.kind === 'refused' && event.code, 'BAD_STATE')
  t.is(host.core.links().length, 0)
  t.is(stranger.heardMessages.length, 0)
})

test('robustness 7: what follows the word that closed a connection is not read', (t) => {
  const { host, stranger } = SCENES.awaiting()
  const register = registrationOf({ id: 0x200n, life: 1 })
  const both = [...PING, ...control({ kind: 'register_req', register })]
  stranger.sayBytes(Uint8Array.from(both))
  t.is(host.core.links().length, 0)
})

test('robustness 7: the third fault in a row ends a link, a good message between forgives', (t) => {
  const { host, stranger } = SCENES.bound()
  const bad = damaged(PING)
  for (const frame of [bad, bad, PING, bad, bad]) stranger.sayBytes(frame)
  t.true(stranger.isOpen)
  stranger.sayBytes(bad)
  t.false(stranger.isOpen)
  const down = host.events.find(({ kind }) => kind === 'link_down')
  t.is(down?.kind === 'link_down' && down.reason, 'fault')
  t.is(down?.kind === 'link_down' && down.code, 'BAD_FRAME')
})

test('malformed data messages do not forgive one another', (t) => {
  const { stranger } = SCENES.bound()
  const malformed = frameOf(innerOf(Uint8Array.of(0x1a, 2, 0x1a, 0x7f)))
  stranger.sayBytes(malformed)
  stranger.sayBytes(malformed)
  t.true(stranger.isOpen)
  stranger.sayBytes(malformed)
  t.false(stranger.isOpen)
})

test('before registration a frame over 16 KiB ends the connection at its length', (t) => {
  const { host, stranger } = SCENES.awaiting()
  // hash, then vint(16,385); no payload follows.
  stranger.sayBytes(Uint8Array.of(0, 0, 0, 0, 0x81, 0x80, 0x01))
  t.false(stranger.isOpen)
  t.is(host.core.counters.badFrames, 1)
})

test('after registration a frame of the message limit and 4,096 bytes is lawful', (t) => {
  const { host, stranger } = SCENES.bound()
  const text = 'x'.repeat(2 * 1024 * 1024)
  stranger.sayBytes(dataFrame({ from: 0x200n, to: 0x100n, text }))
  t.is(host.messages[0]?.text.length, text.length)
})

test('words for a connection that has ended are counted and do nothing', (t) => {
  const { host, stranger } = SCENES.bound()
  stranger.hangUp()
  const before = host.core.counters.lateInputs
  host.give({ kind: 'closed', connection: stranger.connection, clean: true })
  host.give({ kind: 'dial_failed', connection: stranger.connection, detail: '' })
  t.deepEqual(host.core.receive(host.world.nowMs, stranger.connection), [])
  t.is(host.core.counters.lateInputs, before + 3)
  t.is(host.events.filter(({ kind }) => kind === 'link_down').length, 1)
})
