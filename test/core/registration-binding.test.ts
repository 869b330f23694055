import test from 'ava'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import type { Announcement, RegisterData } from '../../src/wire/control.js'
import { type Host, World } from './_harness.js'
import { registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const OTHER = 'ipv4://10.0.0.2:7000'
const TOKENS = [token('t')]
const ENCRYPTED = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const

function announcedWith(register: RegisterData, change: Partial<Announcement>): RegisterData {
  const { announcement } = register
  return { ...register, ...(announcement && { announcement: { ...announcement, ...change } }) }
}

const TAMPERINGS: Record<string, (register: RegisterData) => RegisterData> = {
  'no bindings': (register) => announcedWith(register, { bindings: [] }),
  'a binding of zeros': (register) => announcedWith(register, { bindings: [new Uint8Array(32)] }),
  'another role': (register) => announcedWith(register, { role: 2 }),
  'another incarnation': (register) =>
    announcedWith(register, { incarnation: new Uint8Array(16).fill(9) }),
  'another expected id': (register) => announcedWith(register, { expectedId: 0x999n }),
  'another revision': (register) => announcedWith(register, { revision: 2 }),
  'other capabilities': (register) => announcedWith(register, { capabilities: 1n }),
  'other ranges': (register) => announcedWith(register, { ranges: [{ prefix: 0n, maskBits: 1 }] }),
  'other addresses': (register) => ({ ...register, addresses: ['ipv4://6.6.6.6:6'] }),
  'other schemes': (register) => ({ ...register, schemes: [] }),
  'other compressions': (register) => ({ ...register, compressions: [100] }),
  'another pid': (register) => ({ ...register, pid: 1 }),
  'another host name': (register) => ({ ...register, hostname: 'elsewhere' }),
}

for (const [title, tamper] of Object.entries(TAMPERINGS)) {
  test(`a request on its way with ${title} is refused`, (t) => {
    const host = new World().host({ id: 0x100n, tokens: TOKENS })
    const stranger = Stranger.to(host)
    const register = registrationOf({ id: 0x200n, tokens: TOKENS, life: 1 })
    t.is(stranger.register(tamper(register)).resultCode, -11)
    t.is(host.core.links().length, 0)
  })

  test(`an answer on its way with ${title} is refused`, (t) => {
    const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
    const [parent, requestBindings] = startDialling(host)
    const answer = { id: 0x100n, tokens: TOKENS, life: 1, requestBindings }
    const register = registrationOf({ ...answer, announcement: { role: 0 } })
    parent.say({ kind: 'register_rsp', register: tamper(register) })
    t.false(parent.isOpen)
    t.is(host.core.links().length, 0)
  })
}

/** The parent's end, and the bindings of the registration that reached it. */
function startDialling(host: Host): [Stranger, readonly Uint8Array[]] {
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const [parent] = dialled
  const request = parent?.last().control
  if (parent === undefined || request?.kind !== 'register_req') throw new Error('not dialled')
  return [parent, request.register.announcement?.bindings ?? []]
}

test('an answer that nobody changed is taken', (t) => {
  const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
  const [parent, requestBindings] = startDialling(host)
  const register = registrationOf({ id: 0x100n, tokens: TOKENS, life: 1, requestBindings })
  parent.say({ kind: 'register_rsp', register })
  t.is(host.core.link(0x100n)?.plain, false)
})

test('an answer to another request is refused', (t) => {
  const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
  const [parent] = startDialling(host)
  const requestBindings = [new Uint8Array(32).fill(1)]
  const register = registrationOf({ id: 0x100n, tokens: TOKENS, life: 1, requestBindings })
  parent.say({ kind: 'register_rsp', register })
  t.is(host.core.links().length, 0)
  t.false(parent.isOpen)
})

test('a request played back as its own answer is refused', (t) => {
  const host = new World().host({ id: 0x200n, tokens: TOKENS, parents: [PARENT] })
  const [parent] = startDialling(host)
  const register = registrationOf({ id: 0x100n, tokens: TOKENS, life: 1 })
  parent.say({ kind: 'register_rsp', register })
  t.is(host.core.links().length, 0)
})

/** `alter` sees each registration on the way between two nodes of ours. */
function meet(
  alter: (register: RegisterData, kind: 'register_req' | 'register_rsp') => RegisterData,
  plainPeers: 'accept' | 'refuse' = 'accept',
): { parent: Host; child: Host; near: Stranger; far: Stranger } {
  const world = new World()
  const security = { ...ENCRYPTED, plainPeers }
  const parent = world.host({ id: 0x100n, tokens: TOKENS, security })
  const child = world.host({ id: 0x200n, tokens: TOKENS, security, parents: [PARENT] })
  const dialled = Stranger.listening(child, PARENT)
  child.give({ kind: 'start' })
  const near = dialled[0]
  const far = Stranger.to(parent)
  const request = near?.last().control
  if (near === undefined || request?.kind !== 'register_req') throw new Error('no request')
  const register = alter(request.register, 'register_req')
  far.say({ kind: 'register_req', register })
  const answer = far.last()
  if (answer.control?.kind !== 'register_rsp') throw new Error('no answer')
  const { resultCode } = answer
  if (near.isOpen && resultCode === 0) {
    const answered = alter(answer.control.register, 'register_rsp')
    near.say({ kind: 'register_rsp', register: answered }, { resultCode })
  }
  const confirm = near.heardMessages.find(({ kind }) => kind === 'handshake_confirm')?.control
  if (confirm?.kind === 'handshake_confirm') far.say(confirm)
  return { parent, child, near, far }
}

test('two of ours register through one who only carries', (t) => {
  const { parent, child } = meet((register) => register)
  t.true(child.core.link(0x100n)?.encrypted)
  t.is(parent.core.link(0x200n)?.plain, false)
})

function withCiphers(register: RegisterData, algorithms: number[]): RegisterData {
  const { handshake } = register
  return { ...register, ...(handshake && { handshake: { ...handshake, algorithms } }) }
}

test('robustness 11: a cipher list cut down in the request is refused', (t) => {
  const { parent, far } = meet((register, kind) =>
    kind === 'register_req' ? withCiphers(register, [14]) : register,
  )
  t.is(far.last().resultCode, -11)
  t.is(parent.core.links().length, 0)
})

test('robustness 11: a cipher changed in the answer is refused', (t) => {
  const { child, near } = meet((register, kind) =>
    kind === 'register_rsp' ? withCiphers(register, [14]) : register,
  )
  t.is(child.core.links().length, 0)
  t.false(near.isOpen)
})

test('robustness 11: a handshake cut out of the request is refused', (t) => {
  const { far } = meet((register, kind) => {
    const { handshake: _cut, ...rest } = register
    return kind === 'register_req' ? rest : register
  })
  t.is(far.last().resultCode, -11)
})

test('robustness 11: a handshake cut out of the answer is refused', (t) => {
  const { child } = meet((register, kind) => {
    const { handshake: _cut, ...rest } = register
    return kind === 'register_rsp' ? rest : register
  })
  t.is(child.core.links().length, 0)
})

function stripped(register: RegisterData): RegisterData {
  const { announcement: _cut, ...rest } = register
  return rest
}

test('robustness 11: an announcement cut out of the request is refused', (t) => {
  const { parent, far } = meet((register, kind) =>
    kind === 'register_req' ? stripped(register) : register,
  )
  t.is(far.last().resultCode, -11)
  t.false(far.isOpen)
  t.is(parent.core.links().length, 0)
})

test('robustness 11: an announcement cut out of the answer is refused', (t) => {
  const { child, near } = meet((register, kind) =>
    kind === 'register_rsp' ? stripped(register) : register,
  )
  t.false(near.isOpen)
  t.is(child.core.links().length, 0)
})

for (const direction of ['register_req', 'register_rsp'] as const) {
  test(`robustness 11: plainPeers refuse ends a ${direction} without announcement`, (t) => {
    const { parent, child } = meet(
      (register, kind) => (kind === direction ? stripped(register) : register),
      'refuse',
    )
    t.is(child.core.links().length, 0)
    if (direction === 'register_req') t.is(parent.core.links().length, 0)
  })
}

test('a registration for one node is refused by every other', (t) => {
  const world = new World()
  const meant = world.host({ id: 0x100n, tokens: TOKENS })
  const other = world.host({ id: 0x101n, tokens: TOKENS })
  const make = () =>
    registrationOf({
      id: 0x200n,
      tokens: TOKENS,
      life: 1,
      announcement: { role: 2, expectedId: 0x100n },
    })
  t.is(Stranger.to(other).register(make()).resultCode, -70)
  t.is(Stranger.to(meant).register(make()).resultCode, 0)
})

test('a dialler that expects another id ends the connection', (t) => {
  const world = new World()
  const found = world.host({ id: 0x101n, announce: false }).listen(OTHER)
  const dialler = world.host({ id: 0x200n })
  dialler.give({ kind: 'connect', address: OTHER, expectedId: 0x100n })
  t.is(dialler.core.links().length, 0)
  const refused = dialler.events.find(({ kind }) => kind === 'refused')
  t.is(refused?.kind === 'refused' && refused.code, 'ID_MISMATCH')
  t.is(found.ends.size, 0)
})

test('an incarnation that is not 16 bytes is no announcement', (t) => {
  const host = new World().host({ id: 0x100n })
  for (const bytes of [0, 15]) {
    const announcement = { incarnation: new Uint8Array(bytes) }
    const register = registrationOf({ id: 0x200n, life: 1, announcement })
    t.is(Stranger.to(host).register(register).resultCode, -12)
  }
  t.is(host.core.links().length, 0)
})
