import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Connection } from '../../src/channel/channel.js'
import { type Addon, loadAddon } from '../../src/channel/native.js'
import { RingChannel, type RingOptions } from '../../src/channel/ring-channel.js'
import { offerRing, type RingOffer } from '../../src/channel/ring-setup.js'
import { contract } from './_contract.js'
import {
  bytesOf,
  connectPair,
  dialled,
  OPTIONS,
  RecordingSink,
  seeded,
  send,
  temporaryDirectory,
  turns,
  turnsUntil,
} from './_harness.js'

const addon = loadAddon()
const directory = temporaryDirectory()
let names = 0
const freshPath = () => join(directory.path, `ring-${names++}`)
const freshAddress = () => `ring://${freshPath()}`

test.after.always(() => directory.remove())

const KINDS: Readonly<Record<string, Partial<RingOptions>>> = {
  ring: {},
  'ring, small': { ringBytes: 32 * 1024 },
  'ring, spinning': { spinMicros: 200 },
  'ring, named, no pipe': { memory: ['named'], doorbell: 'control' },
}

if (typeof addon === 'string') {
  test.skip(`ring: skipped, no addon: ${addon}`, () => {})
} else {
  for (const [name, options] of Object.entries(KINDS)) {
    contract({ name, channel: new RingChannel(options), freshAddress })
  }
  hostile(addon)
}

interface Stranger {
  readonly socket: Socket
  /** What the other end said or, last, `closed`. */
  next(): Promise<string>
}

/** A peer that speaks the control line by hand. */
function stranger(path: string): Stranger {
  const socket = connect(path)
  const heard: string[] = []
  const takers: ((text: string) => void)[] = []
  const hear = (text: string) => {
    const taker = takers.shift()
    if (taker) taker(text)
    else heard.push(text)
  }
  socket.on('data', (bytes) => hear(bytes.toString()))
  socket.on('error', () => {})
  socket.on('close', () => hear('closed'))
  const next = () => {
    const first = heard.shift()
    return first === undefined
      ? new Promise<string>((resolve) => takers.push(resolve))
      : Promise.resolve(first)
  }
  return { socket, next }
}

async function listening(t: ExecutionContext) {
  const path = freshPath()
  const sinks: RecordingSink[] = []
  const connections: Connection[] = []
  const accept = (connection: Connection) => {
    connections.push(connection)
    sinks.push(new RecordingSink())
    return sinks.at(-1)!
  }
  const channel = new RingChannel()
  const listener = await channel.listen(`ring://${path}`, accept, OPTIONS)
  t.teardown(() => listener.close())
  return { path, sinks, connections, channel, listener }
}

function hostile(native: Addon): void {
  const good: RingOffer = { memory: 'treebus-', ringBytes: 4096, nonce: '00'.repeat(16) }

  test.serial('ring: what is no offer ends the line, and the listener goes on', async (t) => {
    const { path, sinks, channel, listener } = await listening(t)
    const lines: readonly (string | object)[] = [
      '',
      'null',
      '[]',
      '{',
      'x'.repeat(1024),
      { ...good, ringBytes: -1 },
      { ...good, ringBytes: 1.5 },
      { ...good, ringBytes: 2 ** 40 },
      { ...good, nonce: 7 },
      { ...good, memory: 7 },
      { ...good, memory: { pid: 1 } },
      { ...good, memory: { pid: -1, fd: 1 } },
      { ...good, bell: {} },
    ]
    for (const line of lines) {
      const { socket, next } = stranger(path)
      socket.write(typeof line === 'string' ? `${line}\n` : `${JSON.stringify(line)}\n`)
      t.is(await next(), 'closed', JSON.stringify(line))
    }
    t.is(sinks.length, 0)
    const { connection, sink } = await dialled(channel, listener.address)
    connection.close('now')
    await sink.whenClosed
  })

  test.serial('ring: memory that is not as it was said is refused by reason', async (t) => {
    const { path, sinks } = await listening(t)
    const made = offerRing(native, { memory: 'anonymous', ringBytes: 4096, bell: undefined })
    if (typeof made === 'string') return t.fail(made)
    const { offer, link } = made
    t.teardown(() => link.close())
    const file = openSync('/dev/null', 'r+')
    t.teardown(() => closeSync(file))
    const cases: readonly (readonly [RingOffer, string])[] = [
      [good, 'bad_name'],
      [{ ...good, memory: '../../etc/passwd' }, 'bad_name'],
      [{ ...good, memory: `treebus-${'0'.repeat(32)}` }, 'ENOENT'],
      [{ ...offer, nonce: '' }, 'bad_request'],
      [{ ...offer, nonce: good.nonce }, 'wrong_header'],
      [{ ...offer, ringBytes: 8192 }, 'wrong_size'],
      [{ ...offer, ringBytes: 4097 }, 'bad_size'],
      [{ ...offer, memory: { pid: process.pid, fd: file } }, 'not_sealed'],
      [{ ...offer, memory: { pid: process.pid, fd: 99_999 } }, 'ENOENT'],
    ]
    for (const [said, refused] of cases) {
      const { socket, next } = stranger(path)
      socket.write(`${JSON.stringify(said)}\n`)
      t.is(await next(), `${JSON.stringify({ refused })}\n`)
      socket.destroy()
    }
    t.is(sinks.length, 0)
  })

  test.serial('ring: a line may offer as often as there are kinds of memory', async (t) => {
    const { path } = await listening(t)
    const { socket, next } = stranger(path)
    for (let i = 0; i < 2; i++) {
      socket.write(`${JSON.stringify(good)}\n`)
      t.is(await next(), '{"refused":"bad_name"}\n')
    }
    socket.write(`${JSON.stringify(good)}\n`)
    t.is(await next(), 'closed')
  })

  test.serial('ring: a peer that writes cursors that cannot be ends its own link', async (t) => {
    const { path, sinks, channel, listener } = await listening(t)
    const made = offerRing(native, { memory: 'named', ringBytes: 4096, bell: undefined })
    if (typeof made === 'string') return t.fail(made)
    const { offer, link } = made
    t.teardown(() => link.close())
    const other = await dialled(channel, listener.address)
    const { socket, next } = stranger(path)
    socket.write(`${JSON.stringify(offer)}\n`)
    t.regex(await next(), /bell/)
    const file = openSync(`/dev/shm/${offer.memory}`, 'r+')
    t.teardown(() => closeSync(file))
    // Everything that the two sides write: all but the first cache line of the header.
    writeSync(file, Buffer.alloc(512, 0xff), 0, 512, 64)
    socket.write('\x07')
    t.is(await next(), 'closed')
    t.is((sinks[1]!.closedWith as { code?: string }).code, 'BAD_SIZE')
    t.is(sinks[0]!.closedCalls, 0)
    other.connection.close('now')
    await sinks[0]!.whenClosed
  })

  test.serial(
    'ring: whatever a peer writes into the header ends no more than its link',
    async (t) => {
      const { path, sinks, channel, listener } = await listening(t)
      const steady = await dialled(channel, listener.address)
      const random = seeded(Number(process.env.RING_FUZZ_SEED ?? 9))
      const endMs = performance.now() + Number(process.env.RING_FUZZ_MS ?? 500)
      const codes = new Set<unknown>()
      while (performance.now() < endMs || !codes.has('BAD_SIZE')) {
        const sink = await scribbleOnce(path, random, sinks)
        codes.add((sink.closedWith as { code?: string } | undefined)?.code)
        t.deepEqual(sink.faults, [])
      }
      // Undefined: it wrote that it had finished.
      const lawful = new Set<unknown>(['BAD_SIZE', 'LINK_LOST', undefined])
      t.deepEqual(
        [...codes].filter((code) => !lawful.has(code)),
        [],
      )
      send(steady.connection, bytesOf(1_000, 3))
      await sinks[0]!.until(() => sinks[0]!.receivedBytes === 1_000)
      steady.connection.close('now')
      await sinks[0]!.whenClosed
    },
  )

  /** One link whose owner writes anything anywhere into what the two share of the header. */
  async function scribbleOnce(
    path: string,
    random: (below: number) => number,
    sinks: readonly RecordingSink[],
  ): Promise<RecordingSink> {
    const made = offerRing(native, { memory: 'named', ringBytes: 4096, bell: undefined })
    if (typeof made === 'string') throw new Error(made)
    const { socket, next } = stranger(path)
    socket.write(`${JSON.stringify(made.offer)}\n`)
    await next()
    const sink = sinks.at(-1)!
    const file = openSync(`/dev/shm/${made.offer.memory}`, 'r+')
    for (let i = 0; i < 10; i++) {
      const value = Buffer.alloc(8)
      value.writeUInt32LE(random(3) ? random(9_000) : random(2 ** 32))
      if (random(4) === 0) value.writeUInt32LE(random(2 ** 32), 4)
      writeSync(file, value, 0, 1 + random(8), 64 + random(512))
      socket.write('\x07')
      await turns(2)
    }
    closeSync(file)
    socket.destroy()
    made.link.close()
    await sink.whenClosed
    return sink
  }

  test.serial(
    'ring: who finished and is gone is not waited for with what is left to say',
    async (t) => {
      const { path, sinks, connections } = await listening(t)
      const made = offerRing(native, { memory: 'named', ringBytes: 4096, bell: undefined })
      if (typeof made === 'string') return t.fail(made)
      t.teardown(() => made.link.close())
      const { socket, next } = stranger(path)
      socket.write(`${JSON.stringify(made.offer)}\n`)
      await next()
      // More than the ring holds, and nobody reads.
      send(connections[0]!, bytesOf(100_000, 1))
      made.link.finish()
      socket.write('\x07')
      await turnsUntil(() => connections[0]!.claim(1) === 'closed')
      t.is(sinks[0]!.closedCalls, 0)
      socket.destroy()
      await turnsUntil(() => sinks[0]!.closedCalls > 0)
      t.is(sinks[0]!.closedCalls, 1)
    },
  )

  test.serial('ring: a neighbour that floods does not keep another from its turn', async (t) => {
    const { sinks, channel, listener } = await listening(t)
    const loud = await dialled(channel, listener.address)
    const quiet = await dialled(channel, listener.address)
    const flood = bytesOf(200_000, 1)
    let floods = true
    const pour = (): void => {
      while (send(loud.connection, flood) === 'ok');
      if (floods) setImmediate(pour)
    }
    pour()
    for (let round = 1; round <= 20; round++) {
      const before = sinks[0]!.receivedBytes
      send(quiet.connection, bytesOf(10, 2))
      await sinks[1]!.until(() => sinks[1]!.receivedBytes === 10 * round)
      // A turn of the loud one takes one ring's worth; more than a few and it would have starved.
      t.true(sinks[0]!.receivedBytes - before < 8 * 1024 * 1024)
    }
    floods = false
    for (const { connection, sink } of [loud, quiet]) {
      connection.close('now')
      await sink.whenClosed
    }
  })

  test.serial('ring: once there is a connection its memory has no name', async (t) => {
    const pair = await connectPair(new RingChannel({ memory: ['named'] }), freshAddress())
    const names = () => readdirSync('/dev/shm').filter((name) => name.startsWith('treebus-'))
    // What other processes of this machine name has a name for a moment only.
    await turnsUntil(() => names().length === 0)
    t.deepEqual(names(), [])
    await pair.close()
  })
}
