import test, { type ExecutionContext } from 'ava'
import type { BusNode } from '../../src/index.js'
import { encodeControl } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { CHILD, codeOf, EAGER, Nodes, PARENT, until } from '../node/_nodes.js'
import { controlFrame, dataFrame, RawPeer, registrationOf } from '../node/_raw-peer.js'
import { Random, seedOfRun } from '../wire/_random.js'
import { readCorpus } from './_core-corpus.js'
import { HostileParent } from './_hostile-parent.js'

// Shared by the three tests, which run one after the other.
const SECONDS = Number(process.env.TREEBUS_FUZZ_SECONDS ?? 5) / 3
/** On a slow machine the time may be over in the first round, before every fault has come up. */
const ROUNDS_MIN = 2
const ROUNDS_MAX = 200

/** Lives that did something to a core: here their words meet a node in another state. */
const CORPUS = readCorpus()

/** Peers that are at it at the same time, below the limit for connections that did not register. */
const CROWD = 8

const HOSTILE = 0x900n

/** Lawful messages of every kind, to be broken. */
function lawfulFrames(random: Random, id: bigint): Uint8Array[] {
  const text = 'x'.repeat(random.below(300))
  const register = registrationOf(random.once(3) ? PARENT : id, random.once(2) ? 1 : undefined)
  const access = {
    algorithm: random.below(2),
    timestamp: BigInt(random.bits32()),
    nonce1: BigInt(random.next()),
    nonce2: 2n,
    signatures: [random.bytes(32)],
  }
  const ping = { timePointUs: BigInt(random.bits32()), refreshBindings: [] }
  const command = { from: id, args: [random.bytes(20), random.bytes(0)] }
  return [
    controlFrame({ kind: 'register_req', register }),
    controlFrame({ kind: 'register_req', register: { ...register, access } }),
    controlFrame({ kind: 'register_rsp', register }),
    controlFrame({ kind: 'handshake_confirm', sequence: BigInt(random.bits32()) }),
    controlFrame({ kind: 'ping', ping }),
    controlFrame({ kind: 'pong', ping }),
    controlFrame({ kind: 'command_req', command }),
    controlFrame({ kind: 'command_rsp', command }),
    dataFrame({ from: id, to: PARENT, text, extensionKind: random.below(10), number: 5n }),
    dataFrame({ from: BigInt(random.bits32()), to: BigInt(random.bits32()), text }),
    dataFrame({ from: id, to: CHILD, text, kind: 'data_rsp', resultCode: random.int32() }),
  ]
}

/** Breaks what is inside a frame and seals it again, so that the damage gets past the hash. */
function brokenInside(random: Random, frame: Uint8Array): Uint8Array {
  const headerBytes = (frame[4]! & 0x80) === 0 ? 5 : 6
  return frameOf(broken(random, frame.subarray(headerBytes)))
}

function broken(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  for (let hits = 1 + random.below(4); hits > 0; hits--) {
    copy[random.below(copy.length)] = random.pick([0, 0xff, 0x80, 0x7f, random.next()])
  }
  if (random.once(6)) return copy.subarray(0, 1 + random.below(copy.length))
  return random.once(6) ? new Uint8Array([...copy, ...random.bytes(random.below(40))]) : copy
}

function hostileBytes(random: Random, id: bigint): Uint8Array {
  if (random.once(8)) return random.pick(random.pick(CORPUS).words)
  const frame = random.pick(lawfulFrames(random, id))
  switch (random.below(6)) {
    case 0:
      return random.bytes(1 + random.below(200))
    case 1:
      return broken(random, frame)
    case 2:
      return frame
    default:
      return brokenInside(random, frame)
  }
}

/** One hostile life; it ends when the node ends it, or after so many bites. */
async function attack(
  random: Random,
  peer: Pick<RawPeer, 'hangUp' | 'say' | 'socket'>,
  id: bigint,
): Promise<void> {
  for (let bites = 1 + random.below(30); bites > 0 && !peer.socket.destroyed; bites--) {
    const bytes = hostileBytes(random, id)
    const cut = random.below(bytes.length + 1)
    peer.say(bytes.subarray(0, cut))
    if (random.once(4)) await new Promise((resolve) => setImmediate(resolve))
    peer.say(bytes.subarray(cut))
  }
  if (random.once(2)) peer.socket.end()
  else peer.hangUp()
  // A registration may have been replaced; what the node still writes is read and thrown away.
  peer.socket.resume()
}

async function besiege(
  t: ExecutionContext,
  options: { readonly seed: number; readonly arrive: Arrive; readonly faults: readonly string[] },
): Promise<void> {
  t.timeout(SECONDS * 1_000 + 300_000)
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  parent.on('message', (message) => message.isRequest && message.reply(message.payload))
  parent.on('command', (command) => command.reply(['ok']))
  const downs: unknown[] = []
  child.on('link_down', (down) => downs.push(down))
  const untilMs = performance.now() + SECONDS * 1_000
  let lives = 0
  const isMissing = () => options.faults.some((name) => parent.counters[name] === 0)
  const isOver = (round: number) =>
    round >= ROUNDS_MIN && performance.now() >= untilMs && (round >= ROUNDS_MAX || !isMissing())
  for (let round = 0; !isOver(round); round++) {
    const random = new Random(options.seed + round)
    try {
      const peers = await Promise.all(
        Array.from({ length: CROWD }, (_, i) => options.arrive(parent, HOSTILE + BigInt(i))),
      )
      const lawful = child.request(PARENT, `round ${round}`, { timeoutMs: 30_000 })
      await Promise.all(peers.map((peer, i) => attack(random, peer, HOSTILE + BigInt(i))))
      t.is((await lawful).text, `round ${round}`)
      for (const peer of peers) peer.hangUp()
      await Promise.all(peers.map((peer) => peer.closed))
      lives += CROWD
      await until(() => parent.peers().length === 1)
    } catch (cause) {
      throw new Error(`TREEBUS_SEED=${options.seed + round}`, { cause })
    }
  }
  t.true(lives > CROWD)
  t.deepEqual(downs, [], 'nobody else loses a link')
  t.like(parent.peers()[0], { id: CHILD })
  for (const name of options.faults) t.true(parent.counters[name]! > 0, `${name} never counted`)
  t.is(parent.counters['linksUp']! - parent.counters['linksDown']!, 1)
  // Nothing is left that waits for a registration: a new one gets in, and closing is complete.
  const late = await nodes.child(parent, 0x777n)
  t.is(await codeOf(late.confirm(PARENT, 'x')), 'no error')
  await Promise.all([late.close(), child.close()])
  await until(() => parent.peers().length === 0)
}

type Arrive = (node: BusNode, id: bigint) => Promise<RawPeer>

test.serial(
  'robustness 3: hostile bytes before registration end their own connection and nothing else',
  async (t) => {
    await besiege(t, {
      seed: seedOfRun(),
      arrive: (node) => RawPeer.connect(node.addresses[0]!),
      faults: ['badFrames', 'badMessages', 'badStates', 'refusedByUs'],
    })
  },
)

test.serial(
  'robustness 3: hostile bytes of a registered child end its own link and nothing else',
  async (t) => {
    await besiege(t, {
      seed: seedOfRun() + 1_000_000,
      arrive: (node, id) => RawPeer.join(node.addresses[0]!, id, Number(id & 0xffn)),
      faults: ['badFrames', 'badMessages', 'badSenders', 'badStates'],
    })
  },
)

test.serial(
  'robustness 3: hostile bytes of a parent that was dialled end that link and nothing else',
  async (t) => {
    t.timeout(SECONDS * 1_000 + 300_000)
    const nodes = new Nodes(t)
    const above = await HostileParent.listen(t)
    // That parent may never answer: the node is not to wait for it longer than it must.
    const options = { parent: above.address, retry: EAGER, limits: { registerMs: 5_000 } }
    const node = await nodes.root('tcp', options)
    const child = await nodes.child(node, CHILD)
    node.on('message', (message) => message.isRequest && message.reply(message.payload))
    const downs: unknown[] = []
    child.on('link_down', (down) => downs.push(down))
    const untilMs = performance.now() + SECONDS * 1_000
    const faults = ['badFrames', 'badMessages', 'badStates', 'refusedByUs', 'linksUp']
    const isMissing = () => faults.some((name) => node.counters[name] === 0)
    let round = 0
    for (; performance.now() < untilMs || (isMissing() && round < ROUNDS_MAX); round++) {
      const seed = seedOfRun() + 2_000_000 + round
      const random = new Random(seed)
      const peer = await above.dialled()
      if (!random.once(3)) peer.answer()
      await attack(random, peer, above.id)
      peer.hangUp()
      await peer.closed
      t.is((await child.request(PARENT, `${round}`)).text, `${round}`, `TREEBUS_SEED=${seed}`)
    }
    for (const name of faults) t.true(node.counters[name]! > 0, `${name} never counted`)
    t.deepEqual(downs, [], 'nobody else loses a link')
    t.deepEqual(node.peers().filter(({ id }) => id === CHILD).length, 1)
  },
)

test.serial('a bite that ends a link says why', async (t) => {
  const nodes = new Nodes(t)
  const { parent } = await nodes.pair('tcp')
  const peer = await RawPeer.join(parent.addresses[0]!, HOSTILE, 1)
  const down = new Promise((resolve) => parent.once('link_down', resolve))
  const length = Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
  peer.say(length)
  t.like(await down, { reason: 'fault', code: 'BAD_SIZE', link: { id: HOSTILE } })
  await peer.closed
  const stranger = await RawPeer.connect(parent.addresses[0]!)
  const refused = new Promise((resolve) => parent.once('refused', resolve))
  const ping = { timePointUs: 1n, refreshBindings: [] }
  stranger.say(
    frameOf(
      encodeControl({ sequence: 1n, resultCode: 0, type: 0, sourceId: 0n }, { kind: 'ping', ping }),
    ),
  )
  t.like(await refused, { by: 'us', code: 'BAD_STATE' })
  await stranger.closed
})
