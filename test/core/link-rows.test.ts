import test from 'ava'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'
const PARENT = 'ipv4://10.0.0.1:7000'

interface Trio {
  readonly world: World
  readonly parent: Host
  readonly low: Host
  readonly high: Host
}

/** Two children of one parent, each of which listens. */
function trio(delayMs = 0): Trio {
  const world = new World()
  world.delayMs = () => delayMs
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const low = world.host({ id: 0x200n, parents: [PARENT] }).listen(A)
  const high = world.host({ id: 0x300n, parents: [PARENT] }).listen(B)
  for (const host of [parent, low, high]) host.give({ kind: 'start' })
  world.advance(1_000)
  return { world, parent, low, high }
}

function texts(host: Host): string[] {
  return host.messages.map(({ text }) => text)
}

function linksTo(host: Host, id: bigint): number {
  return host.core.links().filter((link) => link.id === id).length
}

test('000-10: a dialler registers first, and sends nothing else before it is answered', (t) => {
  const { world, low, high } = trio()
  const [dialled] = [Stranger.listening(low, 'ipv4://10.9.9.9:2')]
  low.give({ kind: 'connect', address: 'ipv4://10.9.9.9:2', expectedId: 0x300n })
  low.send(0x300n, 'through the tree')
  world.advance(1_000)
  t.deepEqual(
    dialled[0]?.heardMessages.map(({ kind }) => kind),
    ['register_req'],
  )
  t.deepEqual(texts(high), ['through the tree'])
})

test('000-11a: what is under way on a link arrives once and in order, though the peer dials', (t) => {
  const { world, low, high } = trio(20)
  low.give({ kind: 'connect', address: B, expectedId: 0x300n })
  world.advance(1_000)
  const sent = Array.from({ length: 1_000 }, (_, number) => String(number))
  for (const text of sent.slice(0, 500)) t.is(low.send(0x300n, text), 'sent')
  // It does not know who is there, so only the other end can keep the link that stands.
  high.give({ kind: 'connect', address: A })
  for (const text of sent.slice(500)) {
    low.send(0x300n, text)
    world.advance(1)
  }
  world.advance(2_000)
  t.deepEqual(texts(high), sent)
  t.deepEqual([linksTo(low, 0x300n), linksTo(high, 0x200n)], [1, 1])
  t.deepEqual([low.ends.size, high.ends.size], [2, 2])
  t.false([low, high].some((host) => host.eventKinds().includes('link_down')))
})

for (const first of ['low', 'high'] as const) {
  test(`000-20: both may dial, ${first} first: one link, messages in order and once`, (t) => {
    for (let gapMs = 0; gapMs < 100; gapMs++) {
      const { world, low, high } = trio(7)
      const dials = [
        () => low.give({ kind: 'connect', address: B, expectedId: 0x300n }),
        () => high.give({ kind: 'connect', address: A, expectedId: 0x200n }),
      ]
      if (first === 'high') dials.reverse()
      const sent: string[] = []
      dials[0]?.()
      for (let step = 0; step < 150; step++) {
        if (step === gapMs) dials[1]?.()
        sent.push(String(step))
        low.send(0x300n, String(step))
        high.send(0x200n, String(step))
        world.advance(1)
      }
      world.advance(2_000)
      t.deepEqual([linksTo(low, 0x300n), linksTo(high, 0x200n)], [1, 1], `${gapMs} ms`)
      t.deepEqual([texts(low), texts(high)], [sent, sent], `${gapMs} ms`)
    }
  })
}

test('000-04a: one node dialled at two addresses has one link in the end', (t) => {
  const { world, low, high } = trio(5)
  const second = 'ipv4://10.0.0.4:1'
  high.listen(second)
  for (const address of [B, second]) low.give({ kind: 'connect', address })
  world.advance(2_000)
  t.deepEqual([linksTo(low, 0x300n), linksTo(high, 0x200n)], [1, 1])
  t.deepEqual([low.ends.size, high.ends.size], [2, 2])
})

test('001-05: an idle link has one ping for each interval, a pong for each, and tells how long', (t) => {
  const world = new World()
  world.delayMs = () => 10
  const parent = world.host({ id: 0x100n }).listen(PARENT)
  const child = world.host({ id: 0x200n, parents: [PARENT] })
  for (const host of [parent, child]) host.give({ kind: 'start' })
  world.advance(100)
  world.advance(80_000)
  const pongs = [parent, child].flatMap(({ events }) => {
    return events.filter(({ kind }) => kind === 'pong')
  })
  // Each answer is a word too, so one of the two asks and both are content.
  t.true(pongs.length >= 9 && pongs.length <= 20, `${pongs.length}`)
  for (const pong of pongs) t.is(pong.kind === 'pong' && pong.roundTripMs, 20)
})

test('001-05: a peer that stops is lost when the third ping falls due; one word puts that off', (t) => {
  const host = new World().host({ id: 0x100n }).listen(PARENT)
  const peer = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  const before = peer.heardMessages.length
  host.world.advance(20_000)
  peer.sayData({ from: 0x200n, to: 0x100n, text: 'here' })
  host.world.advance(23_999)
  t.is(host.core.links().length, 1)
  const pings = peer.heardMessages.slice(before).filter(({ kind }) => kind === 'ping')
  t.is(pings.length, 4)
  host.world.advance(1)
  t.is(host.core.links().length, 0)
})

test('X-50: a link on which everything is lost is noticed within 24 s on both ends', (t) => {
  const { world, low, high } = trio(5)
  low.give({ kind: 'connect', address: B, expectedId: 0x300n })
  world.advance(1_000)
  const dialled = [...low.ends.keys()].at(-1)
  t.is(low.ends.size, 2)
  if (dialled !== undefined) world.blackhole(low, dialled)
  world.advance(24_000)
  t.deepEqual([linksTo(low, 0x300n), linksTo(high, 0x200n)], [0, 0])
  const downs = [low, high].flatMap(({ events }) => {
    return events.flatMap((event) => (event.kind === 'link_down' ? [event.reason] : []))
  })
  t.deepEqual(downs, ['silent', 'silent'])
})
