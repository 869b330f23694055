import test, { type ExecutionContext } from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import type { BusNode, BusNodeOptions } from '../../src/index.js'
import { CARRIERS, CHILD, eventOf, Nodes, PARENT, Received } from './_nodes.js'

const addon = loadAddon()
const withAddon = typeof addon === 'string' ? test.skip : test
const SOCKETS = CARRIERS.filter((carrier) => carrier !== 'inproc')
const MIB = 1024 * 1024

/** Resolves once what the node sends goes by that channel. */
async function sendsBy(node: BusNode, channel: string): Promise<void> {
  while (node.peers()[0]?.channel !== channel) await eventOf(node, 'link_path')
}

async function bothBy(nodes: readonly BusNode[], channel: string): Promise<void> {
  await Promise.all(nodes.map((node) => sendsBy(node, channel)))
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Numbered messages of all sizes from one node to another, as fast as they are taken. */
class Flood {
  readonly #received: Received
  #next = 0
  #stopped = false

  constructor(
    readonly from: BusNode,
    readonly to: BusNode,
  ) {
    this.#received = new Received(to)
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      for (let left = 20; left > 0 && this.#send(); left--);
      await later()
    }
    await this.#received.count(this.#next)
  }

  #send(): boolean {
    const bytes = this.#next % 500 === 499 ? MIB : (this.#next * 7919) % 3_000
    const payload = new Uint8Array(4 + bytes).fill(this.#next & 0xff)
    new DataView(payload.buffer).setUint32(0, this.#next)
    if (this.from.send(this.to.id, payload) !== 'sent') return false
    this.#next++
    return true
  }

  stop(): void {
    this.#stopped = true
  }

  /** Messages that did not come in their turn, or not as they were. */
  wrong(): number[] {
    return this.#received.messages.flatMap(({ payload }, index) => {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
      const isGood = view.getUint32(0) === index && payload.at(-1) === lastByte(payload, index)
      return isGood ? [] : [index]
    })
  }
}

function lastByte(payload: Uint8Array, index: number): number {
  return payload.length > 4 ? index & 0xff : payload[3]!
}

for (const carrier of SOCKETS) {
  withAddon(`two nodes that met over ${carrier} move to shared memory by themselves`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    await bothBy([parent, child], 'ring')
    t.true(parent.peers()[0]?.address.startsWith(`${carrier}://`))
    parent.on('message', (message) => message.isRequest && message.reply(message.payload))
    for (const size of [0, 1, 1_000, 600_000, 2 * MIB]) {
      const answer = await child.request(PARENT, new Uint8Array(size).fill(7))
      t.is(answer.payload.length, size)
    }
  })

  withAddon(`over ${carrier} nothing is lost or overtaken on the way there and back`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair(carrier)
    const floods = [new Flood(parent, child), new Flood(child, parent)]
    const runs = floods.map((flood) => flood.run())
    for (let round = 0; round < 10; round++) {
      await bothBy([parent, child], 'ring')
      for (let turns = 0; turns < 20; turns++) await later()
      const who = round % 2 === 0 ? parent : child
      who.setSharedMemory('off')
      await bothBy([parent, child], carrier)
      who.setSharedMemory('auto')
      child.setSharedMemory('auto')
    }
    for (const flood of floods) flood.stop()
    await Promise.all(runs)
    t.deepEqual(
      floods.map((flood) => flood.wrong()),
      [[], []],
    )
    t.is(parent.counters['linksDown'], 0)
  })
}

withAddon('an encrypted link moves as well, and stays encrypted', async (t) => {
  const nodes = new Nodes(t)
  const options = { keyExchange: 'x25519', encryption: 'required' } as const
  const { parent, child } = await nodes.pair('unix', { parent: options, child: options })
  await bothBy([parent, child], 'ring')
  t.true(child.peers()[0]?.encrypted)
  const received = new Received(parent)
  child.send(PARENT, 'sealed')
  await received.count(1)
  t.deepEqual(received.texts, ['sealed'])
})

withAddon(
  'what was sent before a node closes arrives out of the ring, and it says `left`',
  async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('tcp')
    await bothBy([parent, child], 'ring')
    const received = new Received(parent)
    const down = eventOf(parent, 'link_down')
    for (let number = 0; number < 1_000; number++) child.send(PARENT, new Uint8Array(1_000))
    await child.close({ timeoutMs: 60_000 })
    t.is((await down).reason, 'left')
    t.is(received.messages.length, 1_000)
  },
)

const SPINS = { sharedMemorySpinMicros: 200 }

withAddon('requests are answered over a ring whose threads spin before they sleep', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('unix', { parent: SPINS, child: SPINS })
  await bothBy([parent, child], 'ring')
  parent.on('message', (message) => message.reply(message.payload))
  for (let number = 0; number < 200; number++) {
    t.is((await child.request(PARENT, `${number}`)).text, `${number}`)
  }
})

withAddon('a full ring says full, and the rest goes on when it is read', async (t) => {
  const nodes = new Nodes(t)
  const options = { sharedMemoryBytes: 4_096, sendBufferBytesMax: 3 * MIB }
  const { parent, child } = await nodes.pair('unix', { parent: options, child: options })
  await bothBy([parent, child], 'ring')
  const received = new Received(parent)
  let sent = 0
  while (child.send(PARENT, new Uint8Array(10_000)) === 'sent') sent++
  await eventOf(child, 'writable')
  t.is(child.send(PARENT, 'the last'), 'sent')
  await received.count(sent + 1)
  t.is(received.texts.at(-1), 'the last')
})

interface Stays {
  readonly parent?: Partial<BusNodeOptions>
  readonly child?: Partial<BusNodeOptions>
}

const STAYS: [string, Stays][] = [
  ['the parent has shared memory off', { parent: { sharedMemory: 'off' } }],
  ['the child has shared memory off', { child: { sharedMemory: 'off' } }],
  ['the child speaks plainly', { child: { announce: false } }],
]

/** Long enough for a link that is going to move: each of these takes as long as one step. */
async function talkedOver(t: ExecutionContext, parent: BusNode, child: BusNode): Promise<void> {
  const received = new Received(parent)
  for (let number = 1; number <= 20; number++) {
    t.is(child.send(PARENT, 'x'), 'sent')
    await received.count(number)
  }
}

for (const [why, options] of STAYS) {
  test(`a link stays on its socket where ${why}`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child } = await nodes.pair('unix', options)
    await talkedOver(t, parent, child)
    t.is(parent.peer(CHILD)?.channel, 'unix')
    t.is(child.peer(PARENT)?.channel, 'unix')
  })
}
