import test from 'ava'
import { type Host, World } from './_harness.js'
import { commandOf, confirmOf, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const TOKENS = [token('t')]

function temporary(tokens: readonly Uint8Array[] = []): [Host, Stranger] {
  const host = new World().host({ id: 0x100n, tokens })
  const stranger = Stranger.to(host).join(registrationOf({ id: 0n, tokens }))
  return [host, stranger]
}

test('a node with id 0 gets an answer and no link', (t) => {
  const [host, stranger] = temporary()
  t.true(stranger.isOpen)
  t.deepEqual(host.core.links(), [])
  t.deepEqual(host.eventKinds(), [])
})

test('a temporary node runs a command and hears its reply', (t) => {
  const [host, stranger] = temporary(TOKENS)
  const command = commandOf({ from: 0n, args: ['list', 'all'], tokens: TOKENS })
  stranger.say({ kind: 'command_req', command }, { sequence: 77n, type: 3 })
  const event = host.events.find(({ kind }) => kind === 'command')
  if (event?.kind !== 'command') return t.fail('no command')
  t.deepEqual(
    event.args.map((arg) => new TextDecoder().decode(arg)),
    ['list', 'all'],
  )
  t.is(event.call.from, 0n)
  host.give({ kind: 'command_reply', call: event.call, args: [token('done')] })
  const answer = stranger.last()
  t.deepEqual([answer.kind, answer.sequence, answer.resultCode], ['command_rsp', 77n, 0])
})

test('a temporary node ends after 30 seconds, not before', (t) => {
  const [host, stranger] = temporary()
  host.world.advance(29_999)
  t.true(stranger.isOpen)
  host.world.advance(1)
  t.is(stranger.closedHow, 'flush')
  t.is(host.ends.size, 0)
})

/** One of ours without an id, which has its answer; `proves`: and has confirmed it. */
function visitor(host: Host, proves: boolean): Stranger {
  const stranger = Stranger.to(host)
  const register = registrationOf({ id: 0n, life: 1, tokens: TOKENS })
  const { control } = stranger.register(register)
  const answer = control?.kind === 'register_rsp' ? control.register : undefined
  if (proves) stranger.say({ kind: 'handshake_confirm', ...confirmOf(register, answer) })
  return stranger
}

for (const [title, proves, lifeMs] of [
  ['confirms', true, 30_000],
  ['does not confirm', false, 5_000],
] as const) {
  test(`a temporary node of ours that ${title} ends after ${lifeMs} ms`, (t) => {
    const host = new World().host({ id: 0x100n, tokens: TOKENS })
    const stranger = visitor(host, proves)
    t.is(stranger.last().resultCode, 0)
    host.world.advance(lifeMs - 1)
    t.true(stranger.isOpen)
    host.world.advance(1)
    t.false(stranger.isOpen)
    t.is(host.ends.size, 0)
  })
}

test('a temporary node of ours whose confirm is wrong ends at once, and runs no command', (t) => {
  const host = new World().host({ id: 0x100n, tokens: TOKENS })
  const stranger = visitor(host, false)
  const bindings = [new Uint8Array(32)]
  stranger.say({ kind: 'handshake_confirm', sequence: 0n, bindings })
  t.false(stranger.isOpen)
  t.is(host.core.counters.refusedByUs, 1)
})

for (const [title, join, stays] of [
  ['has confirmed', (host: Host) => visitor(host, true), true],
  ['has not confirmed', (host: Host) => visitor(host, false), false],
  [
    'is plain',
    (host: Host) => Stranger.to(host).join(registrationOf({ id: 0n, tokens: TOKENS })),
    false,
  ],
] as const) {
  test(`a temporary node that ${title} ${stays ? 'stays' : 'makes room'} among strangers`, (t) => {
    const host = new World().host({ id: 0x100n, tokens: TOKENS })
    const stranger = join(host)
    for (let others = 0; others < 256; others++) Stranger.to(host)
    t.is(stranger.isOpen, stays)
    t.is(host.core.counters.evicted, stays ? 0 : 1)
  })
}

test('a temporary node that keeps talking ends all the same', (t) => {
  const [host, stranger] = temporary()
  for (let second = 0; second < 29; second++) {
    host.world.advance(1_000)
    stranger.say({ kind: 'command_req', command: commandOf({ from: 0n, args: [] }) })
  }
  t.true(stranger.isOpen)
  host.world.advance(1_000)
  t.false(stranger.isOpen)
})

test('a reply for a temporary node that has gone is counted', (t) => {
  const [host, stranger] = temporary()
  stranger.say({ kind: 'command_req', command: commandOf({ from: 0n, args: [] }) })
  stranger.hangUp()
  const event = host.events.find(({ kind }) => kind === 'command')
  if (event?.kind !== 'command') return t.fail('no command')
  host.give({ kind: 'command_reply', call: event.call, args: [] })
  t.is(host.core.counters.answersLost, 1)
})

test('a temporary node cannot speak for another', (t) => {
  const [host, stranger] = temporary()
  stranger.say({ kind: 'command_req', command: commandOf({ from: 0x200n, args: [] }) })
  t.is(host.core.counters.badSenders, 1)
  t.false(stranger.isOpen)
  t.is(stranger.last().resultCode, -66)
  t.deepEqual(
    host.events.filter(({ kind }) => kind === 'command'),
    [],
  )
})

test('our own node with id 0 holds its link until the other end drops it', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen('ipv4://10.0.0.1:1')
  const visitor = world.host({ id: 0n })
  parent.give({ kind: 'start' })
  visitor.give({ kind: 'connect', address: 'ipv4://10.0.0.1:1' })
  t.is(visitor.core.links().length, 1)
  world.advance(29_999)
  t.is(visitor.core.links().length, 1)
  t.is(parent.core.counters.badStates, 0)
  world.advance(1)
  t.is(visitor.core.links().length, 0)
})

test('our own node with id 0 sends commands but no data', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x100n }).listen('ipv4://10.0.0.1:1')
  const visitor = world.host({ id: 0n })
  visitor.give({ kind: 'connect', address: 'ipv4://10.0.0.1:1' })
  t.is(visitor.send(0x100n, 'x'), 'no_route')
  visitor.give({ kind: 'command', to: 0x100n, sequence: 5n, args: [token('a')] })
  t.deepEqual(
    parent.events.map(({ kind }) => kind),
    ['command'],
  )
})
