import test from 'ava'
import type { CommandData } from '../../src/wire/control.js'
import { type Host, World } from './_harness.js'
import { commandOf, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const TOKENS = [token('t')]

const root = () => new World().host({ id: 0x100n, tokens: TOKENS })

function joined(host: Host, id: bigint, life: number | undefined): Stranger {
  const wish = { id, tokens: TOKENS, ...(life !== undefined && { life }) }
  return Stranger.to(host).join(registrationOf(wish))
}

const runAt = ({ events }: Host) => events.filter(({ kind }) => kind === 'command').length

/** The last is the id: of a node with one, and of one without. */
for (const id of [0x200n, 0n]) {
  const who = id === 0n ? 'a node without id' : 'a child'
  const command = (stranger: Stranger, wish: { sequence?: bigint } = {}) =>
    commandOf({ from: id, args: ['pay', 'now'], tokens: TOKENS, answer: stranger.answer, ...wish })

  test(`a command of ${who} is run where it is bound to the link`, (t) => {
    const host = root()
    const stranger = joined(host, id, 1)
    stranger.say({ kind: 'command_req', command: command(stranger) })
    t.is(runAt(host), 1)
  })

  const wrong: Record<string, (host: Host, stranger: Stranger) => CommandData> = {
    'without a binding': () => commandOf({ from: id, args: ['pay', 'now'], tokens: TOKENS }),
    'bound to another link': () => command(joined(root(), id, 1)),
    'bound to an earlier link': (host, stranger) => {
      const earlier = joined(host, id === 0n ? 0n : 0x201n, 2)
      if (earlier.answer === stranger.answer) throw new Error('two links with one answer')
      return command(earlier)
    },
    'bound to another sequence': (_, stranger) => command(stranger, { sequence: 8n }),
    'with its arguments divided anew': (_, stranger) => ({
      ...command(stranger),
      args: ['payn', 'ow'].map(token),
    }),
    'with more bindings than anybody has tokens': (_, stranger) => {
      const right = command(stranger)
      return { ...right, bindings: Array.from({ length: 9 }, () => right.bindings![0]!) }
    },
  }
  for (const [what, make] of Object.entries(wrong)) {
    test(`a command of ${who} ${what} is not run`, (t) => {
      const host = root()
      const stranger = joined(host, id, 1)
      stranger.say({ kind: 'command_req', command: make(host, stranger) })
      t.is(runAt(host), 0)
      t.is(stranger.isOpen, id !== 0n)
    })
  }

  test(`a command of ${who} of the family needs no binding, and one it has is not looked at`, (t) => {
    const host = root()
    const stranger = joined(host, id, undefined)
    const plain = () => commandOf({ from: id, args: ['pay'], tokens: TOKENS })
    stranger.say({ kind: 'command_req', command: plain() })
    stranger.say({ kind: 'command_req', command: { ...plain(), bindings: [new Uint8Array(32)] } })
    t.is(runAt(host), 2)
  })
}

test('a command is bound with the tokens of its moment, whatever the link came up with', (t) => {
  const world = new World()
  const address = 'ipv4://10.0.0.1:7000'
  const parent = world.host({ id: 0x100n, tokens: TOKENS }).listen(address)
  const child = world.host({ id: 0x200n, tokens: TOKENS, parents: [address] })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  const send = (sequence: bigint) =>
    child.give({ kind: 'command', to: 0x100n, sequence, args: [token('pay')] })
  const both = [token('new'), ...TOKENS]
  for (const [at, tokens] of [
    [parent, both],
    [child, both],
    [child, [token('new')]],
    [parent, [token('new')]],
    [child, []],
    [parent, []],
  ] as const) {
    at.give({ kind: 'tokens', tokens: [...tokens] })
    const before = runAt(parent)
    send(BigInt(before + 1))
    // Tokens on one side only are refused, as ever.
    t.is(runAt(parent) - before, at === child && tokens.length === 0 ? 0 : 1)
  }
})
