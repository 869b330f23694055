import test from 'ava'
import { type Host, World } from './_harness.js'
import { commandOf, registrationOf, token } from './_registrations.js'
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
