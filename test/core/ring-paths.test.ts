import test from 'ava'
import type { CoreConfig } from '../../src/core/config.js'
import type { CarrierBody, RingOffer } from '../../src/wire/carrier-messages.js'
import { encodeControl } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { type FakeCarriage, HOST_MARK } from './_carriage.js'
import { type End, type Host, World } from './_harness.js'

const ADDRESS = 'ipv4://10.0.0.1:1'
const PARENT = 0x100n
const CHILD = 0x200n
const OTHER_MARK = new Uint8Array(16).fill(8)

interface Ends {
  readonly parent?: Partial<CoreConfig>
  readonly child?: Partial<CoreConfig>
  /** Before the two meet. */
  readonly prepare?: (world: World) => void
}

class Pair {
  readonly world = new World()
  readonly parent: Host
  readonly child: Host

  constructor({ parent, child, prepare }: Ends = {}) {
    const { world } = this
    const marked = { hostMark: HOST_MARK, pid: 7 }
    this.parent = world.host({ ...marked, id: PARENT, ...parent }).listen(ADDRESS)
    this.child = world.host({ ...marked, id: CHILD, parents: [ADDRESS], ...child })
    prepare?.(world)
    this.parent.give({ kind: 'start' })
    this.child.give({ kind: 'start' })
    world.advance(1_000)
  }

  get hosts(): readonly Host[] {
    return [this.parent, this.child]
  }

  /** What each end sends by. */
  channels(): (string | undefined)[] {
    return [this.parent.core.link(CHILD)?.channel, this.child.core.link(PARENT)?.channel]
  }

  /** Whether one message each way arrives. */
  talks(): boolean {
    this.parent.send(CHILD, 'down')
    this.child.send(PARENT, 'up')
    this.world.advance(1_000)
    return this.hosts.every(({ messages }) => messages.splice(0).length === 1)
  }
}

function endOf(host: Host): End {
  const [end] = host.ends.values()
  if (end === undefined) throw new Error('no connection')
  return end
}

function carriageOf(host: Host): FakeCarriage {
  const { carriage } = endOf(host)
  if (carriage === undefined) throw new Error('no carriage')
  return carriage
}

test('two nodes of one host move to a ring, each end says so once, and no ring is left over', (t) => {
  const pair = new Pair()
  t.deepEqual(pair.channels(), ['ring', 'ring'])
  for (const { events } of pair.hosts) {
    const kinds = events.map(({ kind }) => kind)
    t.is(kinds.filter((kind) => kind === 'link_path').length, 1)
    t.true(kinds.indexOf('link_up') < kinds.indexOf('link_path'))
  }
  t.true(pair.talks())
  for (const host of pair.hosts) t.like(carriageOf(host), { taken: 1, dropped: 0 })
})

test('on a keyed link the move is sealed like everything else', (t) => {
  const security = { ...new Pair().parent.config.security, keyExchange: 'x25519' } as const
  const pair = new Pair({ parent: { security }, child: { security } })
  t.deepEqual(pair.channels(), ['ring', 'ring'])
  t.true(pair.talks())
  t.is(pair.child.core.link(PARENT)?.encrypted, true)
  for (const { core } of pair.hosts) t.is(core.counters.badCiphers, 0)
})

// What each side counts as refused.
const STAYS: [string, Ends, parent: number, child: number][] = [
  ['the parent does not use shared memory', { parent: { hostMark: undefined } }, 0, 0],
  ['the child does not use shared memory', { child: { hostMark: undefined } }, 0, 0],
  ['the parent speaks plainly', { parent: { announce: false } }, 0, 0],
  ['the child speaks plainly', { child: { announce: false } }, 0, 0],
  ['the other end is another host by its mark', { parent: { hostMark: OTHER_MARK } }, 1, 1],
]

for (const [why, ends, parent, child] of STAYS) {
  test(`where ${why}, a link stays on its socket and works`, (t) => {
    const pair = new Pair(ends)
    t.deepEqual(pair.channels(), ['inproc', 'inproc'])
    t.is(pair.parent.core.counters.ringsRefused, parent)
    t.is(pair.child.core.counters.ringsRefused, child)
    const { taken, dropped } = endOf(pair.child).carriage ?? { taken: 0, dropped: 0 }
    t.is(taken, dropped)
    if (parent === 0) t.is(taken, 0)
  })
}

/** A pair whose carriages are prepared before the first of them is asked. */
function pairWith(prepare: (parent: FakeCarriage, child: FakeCarriage) => void): Pair {
  const pair = new Pair({
    prepare: (world) => {
      const end = world.end.bind(world)
      const made: FakeCarriage[] = []
      world.end = (host, connection) => {
        const one = end(host, connection)
        if (one.carriage) made.push(one.carriage)
        const [dialling, accepting] = made
        if (dialling && accepting) prepare(accepting, dialling)
        return one
      }
    },
  })
  return pair
}

// What each side has to have taken, and to have given back.
const FAILS: [string, (parent: FakeCarriage, child: FakeCarriage) => void, number, number][] = [
  ['no memory', (_, child) => (child.reasons.offer = 'ENOMEM'), 0, 0],
  ['memory that cannot be opened', (parent) => (parent.reasons.accept = 'nonce'), 0, 1],
  ['a bell that cannot be rung', (_, child) => (child.reasons.conclude = 'EACCES'), 1, 1],
]

for (const [what, prepare, parent, child] of FAILS) {
  test(`with ${what} a link stays on its socket, and neither end keeps anything`, (t) => {
    const pair = pairWith(prepare)
    t.deepEqual(pair.channels(), ['inproc', 'inproc'])
    t.true(pair.talks())
    t.like(carriageOf(pair.parent), { taken: parent, dropped: parent })
    t.like(carriageOf(pair.child), { taken: child, dropped: child })
    t.is(pair.parent.core.counters.ringsRefused + pair.child.core.counters.ringsRefused > 0, true)
  })
}

const PASSES: [string, (parent: FakeCarriage, child: FakeCarriage) => FakeCarriage][] = [
  ['the dialler has no descriptors', (_, child) => withReason(child, 'offer', 'EMFILE')],
  ['the other end has no memory', (parent) => withReason(parent, 'accept', 'ENOMEM')],
  ['the other end has no bell', (parent) => withReason(parent, 'accept', 'no_bell')],
  ['the dialler has none left at the end', (_, child) => withReason(child, 'conclude', 'ENFILE')],
]

function withReason(
  carriage: FakeCarriage,
  step: keyof FakeCarriage['reasons'],
  reason: string,
): FakeCarriage {
  carriage.reasons[step] = reason
  return carriage
}

for (const [what, prepare] of PASSES) {
  test(`where ${what} a link moves once that has passed, and is asked for now and then`, (t) => {
    const pair = pairWith(prepare)
    const refusals = () => {
      const counts = pair.hosts.map(({ core }) => core.counters.ringsRefused)
      return counts.reduce((sum, count) => sum + count, 0)
    }
    t.deepEqual(pair.channels(), ['inproc', 'inproc'])
    const first = refusals()
    pair.world.advance(60_000)
    // Every ten seconds, and no more: what a peer says must not make work for us.
    t.true(refusals() > first && refusals() <= first * 7)
    t.true(pair.talks())
    for (const host of pair.hosts) {
      const carriage = carriageOf(host)
      for (const step of ['offer', 'accept', 'conclude'] as const) delete carriage.reasons[step]
    }
    pair.world.advance(11_000)
    t.deepEqual(pair.channels(), ['ring', 'ring'])
    t.true(pair.talks())
  })
}

test('for a good reason to refuse nobody is asked again', (t) => {
  const pair = pairWith((parent) => withReason(parent, 'accept', 'wrong_owner'))
  const { taken } = carriageOf(pair.child)
  pair.world.advance(120_000)
  t.is(carriageOf(pair.child).taken, taken)
})

test('a peer that may be elsewhere is not offered anything', (t) => {
  const pair = new Pair({
    child: { hostname: 'elsewhere' },
    prepare: (world) => {
      const end = world.end.bind(world)
      world.end = (host, connection) => {
        const one = end(host, connection)
        if (one.carriage) one.carriage.sameHost = false
        return one
      }
    },
  })
  t.deepEqual(pair.channels(), ['inproc', 'inproc'])
  t.is(carriageOf(pair.child).taken, 0)
})

test('where the socket has no room for its last frame, the move waits for some', (t) => {
  const pair = pairWith((_, child) => {
    child.fullFor = 3
  })
  t.deepEqual(pair.channels(), ['ring', 'ring'])
  t.true(pair.talks())
})

for (const who of ['parent', 'child'] as const) {
  test(`when the ${who} turns it off, both ends go back and give the ring back`, (t) => {
    const pair = new Pair()
    pair[who].give({ kind: 'shared_memory', isOn: false })
    pair.world.advance(1_000)
    t.deepEqual(pair.channels(), ['inproc', 'inproc'])
    t.true(pair.talks())
    for (const host of pair.hosts) t.like(carriageOf(host), { taken: 1, dropped: 1 })
    pair[who].give({ kind: 'shared_memory', isOn: true })
    pair.child.give({ kind: 'shared_memory', isOn: true })
    pair.world.advance(1_000)
    t.deepEqual(pair.channels(), ['ring', 'ring'])
    t.true(pair.talks())
  })
}

test('both ends may turn it off at once', (t) => {
  const pair = new Pair()
  pair.world.delayMs = pair.world.ringDelayMs = () => 5
  for (const host of pair.hosts) host.give({ kind: 'shared_memory', isOn: false })
  pair.world.advance(1_000)
  t.deepEqual(pair.channels(), ['inproc', 'inproc'])
  t.true(pair.talks())
  for (const host of pair.hosts) t.like(carriageOf(host), { taken: 1, dropped: 1 })
})

const OFFER: RingOffer = {
  hostMark: HOST_MARK,
  ringBytes: 4_096,
  nonce: new Uint8Array(16),
  pid: 1,
  memoryFd: 2,
  bellFd: 3,
}

function say(pair: Pair, to: Host, body: CarrierBody): void {
  const sourceId = to === pair.parent ? CHILD : PARENT
  const frame = frameOf(encodeControl({ resultCode: 0, sequence: 9n, sourceId }, body))
  pair.world.carry(endOf(to), frame)
  pair.world.advance(1)
}

const OFF: Ends = { parent: { hostMark: undefined } }

const FATAL: [string, Ends, CarrierBody][] = [
  ['moves to a ring that nobody offered', OFF, { kind: 'carrier', to: 'ring' }],
  ['moves to the ring twice', {}, { kind: 'carrier', to: 'ring' }],
  ['moves back without having moved', OFF, { kind: 'carrier', to: 'socket' }],
]

for (const [what, ends, body] of FATAL) {
  for (const who of ['parent', 'child'] as const) {
    test(`whoever ${what} loses the link to a ${who}`, (t) => {
      const pair = new Pair(ends)
      say(pair, pair[who], body)
      const down = pair[who].events.find(({ kind }) => kind === 'link_down')
      t.like(down, { reason: 'fault', code: 'BAD_STATE' })
    })
  }
}

const BREACHES: [string, 'parent' | 'child', Ends, CarrierBody][] = [
  ['offers to the one that dialled', 'child', OFF, { kind: 'ring_offer', offer: OFFER }],
  ['offers a second ring', 'parent', {}, { kind: 'ring_offer', offer: OFFER }],
  ['answers no offer', 'child', OFF, { kind: 'ring_answer', answer: { pid: 1, bellFd: 2 } }],
  ['refuses a ring in use', 'child', {}, { kind: 'ring_answer', answer: { refused: 'why' } }],
  ['answers a second time', 'child', {}, { kind: 'ring_answer', answer: { pid: 1, bellFd: 2 } }],
]

for (const [what, who, ends, body] of BREACHES) {
  test(`whoever ${what} is not heard, and the third time loses its link`, (t) => {
    const pair = new Pair(ends)
    const channels = pair.channels()
    for (let count = 1; count <= 2; count++) say(pair, pair[who], body)
    t.deepEqual(pair.channels(), channels)
    t.is(pair[who].core.counters.badStates, 2)
    say(pair, pair[who], body)
    const down = pair[who].events.find(({ kind }) => kind === 'link_down')
    t.like(down, { reason: 'fault', code: 'TOO_MANY_FAULTS' })
  })
}
