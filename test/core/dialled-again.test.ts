import test from 'ava'
import { type Host, World } from './_harness.js'
import { confirmOf, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const FIRST = 'ipv4://10.0.0.3:1'
const SECOND = 'ipv4://10.0.0.4:1'
const ID = 0x200n
const TOKENS = [token('t')]

const texts = ({ messages }: Host) => messages.map(({ text }) => text)

for (const tokens of [[], TOKENS]) {
  for (const delayMs of [0, 5, 20]) {
    const title = `${delayMs} ms away, ${tokens.length} tokens`
    test(`000-11a: who dials a living link anew keeps it, and all that is said: ${title}`, (t) => {
      const world = new World()
      world.delayMs = () => delayMs
      const low = world.host({ id: ID, tokens })
      const high = world.host({ id: 0x300n, tokens }).listen(FIRST).listen(SECOND)
      low.give({ kind: 'connect', address: FIRST })
      world.advance(1_000)
      const sent = Array.from({ length: 1_000 }, (_, number) => String(number))
      for (const text of sent) {
        if (text === '500') low.give({ kind: 'connect', address: SECOND })
        t.is(low.send(0x300n, text), 'sent')
        t.is(high.send(ID, text), 'sent')
        world.advance(1)
      }
      world.advance(1_000)
      t.deepEqual([texts(low), texts(high)], [sent, sent])
      t.deepEqual([low.ends.size, high.ends.size], [1, 1])
    })
  }
}

test('two addresses of one parent are one link that stays', (t) => {
  const world = new World()
  const parent = world.host({ id: 0x300n }).listen(FIRST).listen(SECOND)
  const child = world.host({ id: ID, parents: [FIRST, SECOND], parentMode: 'all' })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  world.advance(10_000)
  const before = child.core.counters.linksUp
  world.advance(60_000)
  t.is(child.core.counters.linksUp, before)
  t.is(child.core.links().length, 1)
})

/** A child in the hands of the test, and a second registration of the same life. */
function twice(tokens: readonly Uint8Array[] = []): { host: Host; old: Stranger; again: Stranger } {
  const host = new World().host({ id: 0x100n, tokens })
  const old = Stranger.to(host).join(registrationOf({ id: ID, life: 1, tokens }))
  const again = Stranger.to(host)
  const register = registrationOf({ id: ID, life: 1, tokens })
  again.say({ kind: 'register_req', register })
  return { host, old, again }
}

test('who comes back while its old link is only silent has its place after a second', (t) => {
  const { host, old, again } = twice()
  t.is(old.last().kind, 'ping')
  host.world.advance(999)
  t.deepEqual(again.kinds(), [])
  host.world.advance(1)
  t.is(again.last().resultCode, 0)
  t.false(old.isOpen)
  t.is(host.core.link(ID)?.role, 'child')
})

test('who comes back and says that it lost its parent has its place at once', (t) => {
  const { host, old } = twice()
  const register = registrationOf({ id: ID, life: 1, announcement: { attach: 1n } })
  t.is(Stranger.to(host).register(register).resultCode, 0)
  t.false(old.isOpen)
  t.is(host.core.links().length, 1)
})

test('what was still to be read from the old link is no sign that it lives', (t) => {
  const { host, old, again } = twice()
  old.sayData({ from: ID, to: 0x100n, text: 'said before' })
  t.deepEqual(again.kinds(), [])
  old.hangUp()
  t.is(again.last().resultCode, 0)
  t.deepEqual(texts(host), ['said before'])
})

test('a pong over the old link refuses the new one at once', (t) => {
  const { host, old, again } = twice()
  const { sequence } = old.last()
  old.say({ kind: 'pong', ping: { timePointUs: 0n, refreshBindings: [] } }, { sequence })
  t.is(again.last().resultCode, -73)
  t.true(old.isOpen)
  t.is(host.core.counters.linksDown, 0)
})

test('who was answered on two connections keeps the one that it confirms last', (t) => {
  const host = new World().host({ id: 0x100n, tokens: TOKENS })
  const register = () => registrationOf({ id: ID, life: 1, tokens: TOKENS })
  const both = [register(), register()].map((words) => {
    const stranger = Stranger.to(host)
    const { control } = stranger.register(words)
    const answer = control?.kind === 'register_rsp' ? control.register : undefined
    return { stranger, confirm: confirmOf(words, answer) }
  })
  for (const { stranger, confirm } of both) stranger.say({ kind: 'handshake_confirm', ...confirm })
  t.deepEqual(
    both.map(({ stranger }) => stranger.isOpen),
    [false, true],
  )
  t.is(host.core.links().length, 1)
})
