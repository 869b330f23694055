import test from 'ava'
import type { CoreEvent } from '../../src/core/effects.js'
import { type Host, World } from './_harness.js'
import { commandOf, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const A = 'ipv4://10.0.0.2:7000'
const TOKENS = [token('t')]

function pair(tokens: readonly Uint8Array[] = TOKENS): [World, Host, Host] {
  const world = new World()
  const parent = world.host({ id: 0x100n, tokens }).listen(PARENT)
  const child = world.host({ id: 0x200n, tokens, parents: [PARENT] }).listen(A)
  for (const host of [parent, child]) host.give({ kind: 'start' })
  return [world, parent, child]
}

function commandsAt(host: Host) {
  return host.events.flatMap((event: CoreEvent) => (event.kind === 'command' ? [event] : []))
}

function texts(args: readonly Uint8Array[]): string[] {
  return args.map((arg) => new TextDecoder().decode(arg))
}

function repliesAt(host: Host): unknown[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'command_reply' ? [[event.from, event.sequence, texts(event.args)]] : [],
  )
}

const ARGUMENTS: string[][] = [[], [''], ['one'], ['', 'b', ''], ['a'.repeat(100_000), 'b']]

for (const args of ARGUMENTS) {
  const title = args.map((arg) => arg.length).join(', ') || 'none'
  test(`a command with arguments of ${title} bytes arrives and is answered`, (t) => {
    const [, parent, child] = pair()
    child.give({
      kind: 'command',
      to: 0x100n,
      sequence: 0xffff_ffff_ffff_fff0n,
      args: args.map(token),
    })
    const [event] = commandsAt(parent)
    if (event === undefined) return t.fail('no command')
    t.deepEqual(texts(event.args), args)
    t.is(event.call.from, 0x200n)
    parent.give({ kind: 'command_reply', call: event.call, args: [token('re'), ...event.args] })
    t.deepEqual(repliesAt(child), [[0x100n, 0xffff_ffff_ffff_fff0n, ['re', ...args]]])
  })
}

test('a command to another node ends at the next hop, which runs it', (t) => {
  const [world, parent, child] = pair()
  const leaf = world.host({ id: 0x300n, tokens: TOKENS, parents: [A] })
  leaf.give({ kind: 'start' })
  leaf.give({ kind: 'command', to: 0x100n, sequence: 1n, args: [] })
  t.is(commandsAt(child).length, 1)
  t.is(commandsAt(parent).length, 0)
})

test('a command to ourselves comes back as any other', (t) => {
  const [, parent] = pair()
  parent.give({ kind: 'command', to: 0x100n, sequence: 3n, args: [token('me')] })
  const [event] = commandsAt(parent)
  if (event === undefined) return t.fail('no command')
  t.is(event.call.from, 0x100n)
  parent.give({ kind: 'command_reply', call: event.call, args: [token('you')] })
  t.deepEqual(repliesAt(parent), [[0x100n, 3n, ['you']]])
})

test('a command with nowhere to go fails at once', (t) => {
  const [, parent] = pair()
  parent.give({ kind: 'command', to: 0x999n, sequence: 4n, args: [] })
  const failed = parent.events.find(({ kind }) => kind === 'command_failed')
  t.deepEqual(failed, { kind: 'command_failed', sequence: 4n, code: 'NO_ROUTE' })
})

function child(tokens: readonly Uint8Array[] = TOKENS): [Host, Stranger] {
  const host = new World().host({ id: 0x100n, tokens })
  return [host, Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1, tokens }))]
}

const REFUSED: [string, Parameters<typeof commandOf>[0], number, string][] = [
  ['without a signature', { from: 0x200n, args: ['a'] }, -11, 'Access Deny - Invalid Token'],
  [
    'with the signature of another token',
    { from: 0x200n, args: ['a'], tokens: [token('x')] },
    -11,
    'Access Deny - Invalid Token',
  ],
  [
    'in the name of another node',
    { from: 0x300n, args: ['a'], tokens: TOKENS },
    -66,
    'Access Deny - Invalid Token',
  ],
  [
    'in the name of nobody',
    { from: 0n, args: ['a'], tokens: TOKENS },
    -66,
    'Access Deny - Invalid Token',
  ],
  [
    'in our own name',
    { from: 0x100n, args: ['a'], tokens: TOKENS },
    -66,
    'Access Deny - Invalid Token',
  ],
]

for (const [title, wish, code, text] of REFUSED) {
  test(`a command ${title} is refused with ${code} and not run`, (t) => {
    const [host, stranger] = child()
    stranger.say({ kind: 'command_req', command: commandOf(wish) }, { sequence: 8n, type: 2 })
    const answer = stranger.last()
    t.deepEqual([answer.kind, answer.sequence, answer.resultCode], ['command_rsp', 8n, code])
    t.deepEqual(answer.control?.kind === 'command_rsp' && texts(answer.control.command.args), [
      text,
    ])
    t.deepEqual(commandsAt(host), [])
    t.true(stranger.isOpen)
  })
}

test('the third refused command in a row ends the link', (t) => {
  const [, stranger] = child()
  for (let count = 0; count < 3; count++) {
    t.true(stranger.isOpen)
    stranger.say({ kind: 'command_req', command: commandOf({ from: 0x200n, args: [] }) })
  }
  t.false(stranger.isOpen)
})

test('robustness 8: a captured command is not run again', (t) => {
  const [host, stranger] = child()
  const { answer } = stranger
  const command = commandOf({ from: 0x200n, args: ['pay'], tokens: TOKENS, answer })
  stranger.say({ kind: 'command_req', command })
  stranger.say({ kind: 'command_req', command })
  t.is(commandsAt(host).length, 1)
  t.is(host.core.counters.replays, 1)
  t.is(stranger.last().resultCode, -11)
})

test('a signature does not hold for other arguments', (t) => {
  const [host, stranger] = child()
  const { answer } = stranger
  const command = commandOf({ from: 0x200n, args: ['a', 'b'], tokens: TOKENS, answer })
  stranger.say({ kind: 'command_req', command: { ...command, args: ['a', 'c'].map(token) } })
  t.is(stranger.last().resultCode, -11)
  t.deepEqual(commandsAt(host), [])
})

test('without tokens commands need no signature, and one that has any is refused', (t) => {
  const [host, stranger] = child([])
  stranger.say({ kind: 'command_req', command: commandOf({ from: 0x200n, args: [] }) })
  t.is(commandsAt(host).length, 1)
  const signed = commandOf({ from: 0x200n, args: [], tokens: TOKENS })
  stranger.say({ kind: 'command_req', command: signed })
  t.is(stranger.last().resultCode, -11)
})

test('a reply needs no signature and counts as from its link', (t) => {
  const [host, stranger] = child()
  const command = commandOf({ from: 0x999n, args: ['re'] })
  stranger.say({ kind: 'command_rsp', command }, { sequence: 21n })
  t.deepEqual(repliesAt(host), [[0x200n, 21n, ['re']]])
})
