import test from 'ava'
import type { ConfirmData, RegisterData } from '../../src/wire/control.js'
import { type Host, World } from './_harness.js'
import { confirmOf, registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const TOKENS = [token('t')]
const PARENT = 'ipv4://10.0.0.1:7000'
const OTHER = 'ipv4://10.0.0.2:7000'
const ID = 0x200n

function root(tokens: readonly Uint8Array[] = TOKENS): Host {
  const host = new World().host({ id: 0x100n, tokens })
  host.give({ kind: 'start' })
  return host
}

/** Registers as one of ours; what it returns is its confirm. */
function answered(host: Host, life = 1): { stranger: Stranger; confirm: ConfirmData } {
  const stranger = Stranger.to(host)
  const register = registrationOf({ id: ID, life, tokens: TOKENS })
  return { stranger, confirm: confirmOf(register, answerOf(stranger, register)) }
}

/** The same where the holder of the id is asked for a sign first, which takes a second. */
function answeredLate(host: Host, life: number): { stranger: Stranger; confirm: ConfirmData } {
  const stranger = Stranger.to(host)
  const register = registrationOf({ id: ID, life, tokens: TOKENS })
  stranger.say({ kind: 'register_req', register })
  host.world.advance(1_000)
  const { control } = stranger.last()
  const answer = control?.kind === 'register_rsp' ? control.register : undefined
  return { stranger, confirm: confirmOf(register, answer) }
}

function answerOf(stranger: Stranger, register: RegisterData): RegisterData | undefined {
  const { control } = stranger.register(register)
  return control?.kind === 'register_rsp' ? control.register : undefined
}

function confirms({ stranger, confirm }: { stranger: Stranger; confirm: ConfirmData }): void {
  stranger.say({ kind: 'handshake_confirm', ...confirm })
}

const downs = ({ events }: Host) =>
  events.flatMap((event) => (event.kind === 'link_down' ? [event.reason] : []))

test('a link comes up where it was accepted with the confirm, and not before', (t) => {
  const host = root()
  const child = answered(host)
  host.world.advance(1_000)
  t.is(child.stranger.last().resultCode, 0)
  t.is(host.core.link(ID), undefined)
  t.is(host.send(ID, 'too early'), 'no_route')
  t.deepEqual(child.stranger.kinds(), ['register_rsp'])
  t.false(host.eventKinds().includes('link_up'))
  confirms(child)
  t.is(host.core.link(ID)?.role, 'child')
  t.is(host.send(ID, 'now'), 'sent')
})

const WRONG: Record<string, (host: Host, right: ConfirmData) => ConfirmData> = {
  'no binding': () => ({ sequence: 0n }),
  'zeros for a binding': () => ({ sequence: 0n, bindings: [new Uint8Array(32)] }),
  'the binding for another answer': (host) => answered(host, 2).confirm,
  'more bindings than anybody has tokens': (_, { bindings = [] }) => ({
    sequence: 0n,
    bindings: Array.from({ length: 9 }, () => bindings[0]!),
  }),
}

for (const [title, wrong] of Object.entries(WRONG)) {
  test(`a confirm with ${title} ends the connection, and no link comes up`, (t) => {
    const host = root()
    const child = answered(host)
    confirms({ ...child, confirm: wrong(host, child.confirm) })
    t.false(child.stranger.isOpen)
    t.is(host.core.counters.linksUp, 0)
    t.is(host.core.counters.refusedByUs, 1)
  })
}

test('a confirm made with a token that is no longer ours ends the connection', (t) => {
  const host = root()
  const child = answered(host)
  host.give({ kind: 'tokens', tokens: [token('another')] })
  confirms(child)
  t.false(child.stranger.isOpen)
  t.is(host.core.counters.linksUp, 0)
})

test('a confirm made with the token that stays completes while tokens change', (t) => {
  const host = root()
  const child = answered(host)
  host.give({ kind: 'tokens', tokens: [token('another'), ...TOKENS] })
  confirms(child)
  t.is(host.core.counters.linksUp, 1)
})

test('who does not confirm in 5 seconds is closed, and nothing is left of it', (t) => {
  const host = root()
  const { stranger } = answered(host)
  host.world.advance(4_999)
  t.true(stranger.isOpen)
  host.world.advance(1)
  t.false(stranger.isOpen)
  t.is(host.ends.size, 0)
  t.is(host.core.counters.linksUp, 0)
})

test('who was answered and does not confirm makes room for strangers like any other', (t) => {
  const host = root()
  const { stranger } = answered(host)
  for (let others = 0; others < 256; others++) Stranger.to(host)
  t.false(stranger.isOpen)
  t.is(host.core.counters.evicted, 1)
})

test('a plain peer’s registration is complete with its answer', (t) => {
  const host = root()
  const register = registrationOf({ id: ID, tokens: TOKENS })
  t.is(Stranger.to(host).register(register).resultCode, 0)
  t.true(host.core.link(ID)?.plain)
})

test('without tokens a registration is complete with its answer', (t) => {
  const host = root([])
  t.is(Stranger.to(host).register(registrationOf({ id: ID, life: 1 })).resultCode, 0)
  t.is(host.core.link(ID)?.role, 'child')
})

test('of two lives that were answered the first to confirm stays, the other is told', (t) => {
  const host = root()
  const first = answered(host, 1)
  const second = answered(host, 2)
  confirms(second)
  confirms(first)
  t.true(second.stranger.isOpen)
  t.false(first.stranger.isOpen)
  const { control } = first.stranger.last()
  t.is(control?.kind === 'leave' && control.code, -73)
  t.deepEqual(downs(host), [])
})

test('the link of the same life is replaced with the confirm, and not before', (t) => {
  const host = root()
  confirms(answered(host))
  const number = host.core.link(ID)?.number
  const again = answeredLate(host, 1)
  host.world.advance(1_000)
  t.is(host.core.link(ID)?.number, number)
  confirms(again)
  t.not(host.core.link(ID)?.number, number)
  t.deepEqual(downs(host), ['replaced'])
})

for (const [does, says, outcome] of [
  ['stays silent', false, 'replaced'],
  ['speaks before the confirm', true, 'kept'],
] as const) {
  test(`a holder that was asked and ${does} is ${outcome}`, (t) => {
    const host = root()
    const old = answered(host)
    confirms(old)
    host.world.advance(5_000)
    const late = answeredLate(host, 2)
    host.world.advance(10)
    if (says) old.stranger.say({ kind: 'ping', ping: { timePointUs: 1n, refreshBindings: [] } })
    confirms(late)
    t.deepEqual(downs(host), says ? [] : ['replaced'])
    t.is(late.stranger.isOpen, !says)
    t.is(old.stranger.isOpen, says)
  })
}

/** Two of ours on a cable that takes 20 ms. */
function pair(): { world: World; low: Host; high: Host } {
  const world = new World()
  world.delayMs = () => 20
  const low = world.host({ id: 0x100n, tokens: TOKENS }).listen(PARENT)
  const high = world.host({ id: 0x200n, tokens: TOKENS }).listen(OTHER)
  low.give({ kind: 'start' })
  high.give({ kind: 'start' })
  return { world, low, high }
}

test('what a dialler says behind its confirm arrives', (t) => {
  const { world, low, high } = pair()
  high.give({ kind: 'connect', address: PARENT })
  while (high.core.link(0x100n) === undefined) world.advance(1)
  t.is(low.core.link(0x200n), undefined)
  t.is(high.send(0x100n, 'first'), 'sent')
  world.advance(100)
  t.deepEqual(
    low.messages.map(({ text }) => text),
    ['first'],
  )
})

test('where both dial at once one link is left, the dial of the lower id', (t) => {
  const { world, low, high } = pair()
  low.give({ kind: 'connect', address: OTHER })
  high.give({ kind: 'connect', address: PARENT })
  world.advance(1_000)
  t.is(low.core.links().length, 1)
  t.is(high.core.links().length, 1)
  t.is(low.core.link(0x200n)?.address, OTHER)
  t.is(low.ends.size, 1)
  t.is(high.ends.size, 1)
  t.is(low.send(0x200n, 'down'), 'sent')
  t.is(high.send(0x100n, 'up'), 'sent')
  world.advance(100)
  t.is(high.messages.at(-1)?.text, 'down')
  t.is(low.messages.at(-1)?.text, 'up')
})
