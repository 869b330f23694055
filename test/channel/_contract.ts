// What every channel promises, whatever carries its bytes.
import { isDeepStrictEqual } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { Channel, Connection } from '../../src/channel/channel.js'
import { BusError } from '../../src/errors.js'
import {
  bytesOf,
  connectPair,
  dialled,
  OPTIONS,
  type Pair,
  type PairOptions,
  RecordingSink,
  seeded,
  send,
  sendAll,
  turns,
  turnsUntil,
} from './_harness.js'

export interface Subject {
  readonly name: string
  readonly channel: Channel
  /** An address to listen at that nobody else uses. */
  freshAddress(): string
}

const MIB = 1024 * 1024

type Rule = (t: ExecutionContext, subject: Subject) => Promise<void>

/** One rule, with its pair closed and the order of all calls to both sinks checked. */
function onPair(
  options: PairOptions,
  rule: (t: ExecutionContext, pair: Pair, subject: Subject) => Promise<void>,
): Rule {
  return async (t, subject) => {
    const pair = await connectPair(subject.channel, subject.freshAddress(), options)
    try {
      await rule(t, pair, subject)
    } finally {
      await pair.close()
    }
    await turns()
    t.deepEqual([...pair.near.sink.faults, ...pair.far.sink.faults], [])
    t.deepEqual([pair.near.sink.closedCalls, pair.far.sink.closedCalls], [1, 1])
  }
}

const spaces = seeded(7)

const RULES: Readonly<Record<string, Rule>> = {
  'bytes of any size arrive intact and in order both ways': onPair(
    {
      near: { spaceBytes: () => 1 + spaces(spaces(2) ? 300_000 : 700) },
      far: { spaceBytes: () => 1 + spaces(spaces(2) ? 300_000 : 700) },
    },
    async (t, { near, far }) => {
      const random = seeded(1)
      const sizes = [3 * MIB, 1, 65_535, 65_536, 65_537, 262_144, 262_145]
      const size = () => sizes.shift() ?? 1 + random(random(8) ? 5_000 : 500_000)
      const there = bytesOf(12 * MIB, 1)
      const back = bytesOf(12 * MIB, 2)
      await Promise.all([
        sendAll(near, there, size),
        sendAll(far, back, size),
        far.sink.until(() => far.sink.receivedBytes >= there.length),
        near.sink.until(() => near.sink.receivedBytes >= back.length),
      ])
      t.is(far.sink.received().compare(there), 0)
      t.is(near.sink.received().compare(back), 0)
    },
  ),

  'a claim given back sends nothing, and less than was claimed may be committed': onPair(
    {},
    async (t, { near, far }) => {
      t.is(near.connection.claim(1_000), 'ok')
      near.connection.commit(0)
      t.is(near.connection.claim(1_000), 'ok')
      near.connection.buffer.set(bytesOf(10, 3), near.connection.offset)
      near.connection.commit(10)
      t.is(near.connection.pendingBytes, 10)
      await far.sink.until(() => far.sink.receivedBytes > 0)
      await turns()
      t.is(far.sink.received().compare(bytesOf(10, 3)), 0)
    },
  ),

  'small claims of a turn arrive as few reads': onPair({}, async (t, { near, far }) => {
    let reads = 0
    const count = far.sink.filled.bind(far.sink)
    far.sink.filled = (bytes) => {
      reads++
      count(bytes)
    }
    for (let i = 0; i < 600; i++) send(near.connection, bytesOf(64, i))
    t.is(near.connection.pendingBytes, 600 * 64)
    await far.sink.until(() => far.sink.receivedBytes === 600 * 64)
    t.true(reads <= 3, `${reads} reads`)
  }),

  'robustness 28: a paused reader fills the sender up to its limit and not beyond': onPair(
    { limits: { sendBufferBytesMax: MIB } },
    async (t, { near, far }) => {
      far.connection.pause()
      const sent = await fillUp(near.connection)
      t.true(near.connection.pendingBytes <= MIB)
      t.true(near.connection.pendingBytes > MIB - 10_000)
      t.is(near.sink.writableCalls, 0)
      const before = far.sink.receivedBytes
      await turns(20)
      t.is(far.sink.receivedBytes, before)
      far.connection.resume()
      await near.sink.until(() => near.sink.writableCalls > 0)
      t.true(near.connection.pendingBytes <= MIB / 2)
      t.is(send(near.connection, bytesOf(10_000, 5)), 'ok')
      await far.sink.until(() => far.sink.receivedBytes === sent + 10_000)
      t.is(near.connection.pendingBytes, 0)
      t.is(near.sink.writableCalls, 1)
    },
  ),

  'a frame as large as the limit passes on an empty connection, a larger one never': onPair(
    { limits: { sendBufferBytesMax: MIB } },
    async (t, { near, far }) => {
      t.is(near.connection.claim(MIB + 1), 'full')
      const frame = bytesOf(MIB, 6)
      t.is(send(near.connection, frame), 'ok')
      await far.sink.until(() => far.sink.receivedBytes === MIB)
      t.is(far.sink.received().compare(frame), 0)
      t.is(near.sink.writableCalls, 0)
    },
  ),

  'close flush delivers all that was committed, then both ends are told once': onPair(
    { far: { spaceBytes: () => 5_000 } },
    async (t, { near, far }) => {
      const bytes = bytesOf(5 * MIB, 8)
      t.is(send(near.connection, bytes), 'ok')
      // Unread bytes at the closing end must not turn its end of stream into a reset.
      send(far.connection, bytesOf(MIB, 9))
      near.connection.close('flush')
      near.connection.close('flush')
      t.is(near.sink.closedCalls, 0)
      t.is(near.connection.claim(1), 'closed')
      await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
      t.is(far.sink.received().compare(bytes), 0)
      t.is(near.sink.closedWith, undefined)
      t.is(far.sink.closedWith, undefined)
      t.is(far.connection.claim(1), 'closed')
    },
  ),

  'close flush from within a read loses nothing': onPair({}, async (t, { near, far }) => {
    const answer = bytesOf(2 * MIB, 10)
    const read = far.sink.filled.bind(far.sink)
    far.sink.filled = (bytes) => {
      read(bytes)
      if (send(far.connection, answer) === 'ok') far.connection.close('flush')
    }
    send(near.connection, bytesOf(10, 11))
    await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
    t.is(near.sink.received().compare(answer), 0)
  }),

  'close flush ends within its time where the other end does not read': onPair(
    { limits: { flushMs: 50 } },
    async (t, { near, far }) => {
      far.connection.pause()
      await fillUp(near.connection)
      // A connection's timers do not hold the process, and inproc has nothing else that would.
      const hold = setInterval(() => {}, 1_000)
      near.connection.close('flush')
      await near.sink.whenClosed
      clearInterval(hold)
      t.true(far.sink.receivedBytes < 8 * MIB)
      t.is(near.connection.pendingBytes, 0)
      far.connection.resume()
      await far.sink.whenClosed
    },
  ),

  'close now tells both ends once, on a later turn, and drops the rest': onPair(
    {},
    async (t, { near, far }) => {
      send(near.connection, bytesOf(MIB, 12))
      near.connection.close('now')
      near.connection.close('now')
      t.is(near.sink.closedCalls, 0)
      t.is(near.connection.pendingBytes, 0)
      t.is(near.connection.claim(1), 'closed')
      await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
      t.is(near.sink.closedWith, undefined)
    },
  ),

  'an end closed while it reads gets not one byte more': onPair(
    { far: { spaceBytes: () => 100 } },
    async (t, { near, far }) => {
      const read = far.sink.filled.bind(far.sink)
      far.sink.filled = (bytes) => {
        read(bytes)
        far.connection.close('now')
      }
      send(near.connection, bytesOf(10_000, 13))
      await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
      t.is(far.sink.receivedBytes, 100)
    },
  ),

  'a connection names its kind, both addresses and the shared host': onPair(
    {},
    async (t, { near, far, listener }, { channel }) => {
      t.is(near.connection.remoteAddress, far.connection.localAddress)
      t.is(near.connection.localAddress, far.connection.remoteAddress)
      t.true(near.connection.sameHost && far.connection.sameHost)
      t.true((channel.schemes as readonly string[]).includes(near.connection.kind))
      t.notRegex(listener.address, /:0$/)
    },
  ),

  'a listener that closes leaves its open connections alone': onPair(
    {},
    async (t, { near, far, listener }, { channel }) => {
      await listener.close()
      await t.throwsAsync(dialled(channel, listener.address), { code: 'DIAL_FAILED' })
      send(near.connection, bytesOf(1_000, 14))
      await far.sink.until(() => far.sink.receivedBytes === 1_000)
      t.is(far.sink.closedCalls, 0)
    },
  ),

  'an address in use is refused by name, and the listener there goes on': onPair(
    {},
    async (t, { listener }, { channel }) => {
      const second = channel.listen(listener.address, () => new RecordingSink(), OPTIONS)
      const error = await t.throwsAsync(second, { instanceOf: BusError, code: 'LISTEN_FAILED' })
      t.true(error.message.includes(listener.address))
      t.not(error.cause, undefined)
      const end = await dialled(channel, listener.address)
      end.connection.close('now')
      await end.sink.whenClosed
    },
  ),

  'a dial to nobody fails once, by name, on a later turn': async (t, { channel, freshAddress }) => {
    const listener = await channel.listen(freshAddress(), () => new RecordingSink(), OPTIONS)
    await listener.close()
    const failures: Error[] = []
    await new Promise<void>((resolve) => {
      const failed = (error: Error) => {
        failures.push(error)
        resolve()
      }
      channel.dial(listener.address, () => t.fail() as never, failed, OPTIONS)
      t.is(failures.length, 0)
    })
    await turns()
    t.is(failures.length, 1)
    t.is((failures[0] as BusError).code, 'DIAL_FAILED')
    t.true(failures[0]!.message.includes(listener.address))
    t.not(failures[0]!.cause, undefined)
  },

  'a dial that is given up reports neither success nor failure': async (t, subject) => {
    const { channel } = subject
    const listener = await channel.listen(
      subject.freshAddress(),
      () => new RecordingSink(),
      OPTIONS,
    )
    const said: string[] = []
    const opened = () => {
      said.push('open')
      return new RecordingSink()
    }
    channel.dial(listener.address, opened, () => said.push('failed'), OPTIONS)()
    channel.dial('nonsense', opened, () => said.push('failed'), OPTIONS)()
    await turns(20)
    await listener.close()
    channel.dial(listener.address, opened, () => said.push('failed'), OPTIONS)()
    await turns(20)
    t.deepEqual(said, [])
  },

  'an address that does not parse is BAD_ADDRESS for both sides': async (t, { channel }) => {
    const listening = channel.listen('tcp//nothing', () => new RecordingSink(), OPTIONS)
    await t.throwsAsync(listening, { code: 'BAD_ADDRESS' })
    await t.throwsAsync(dialled(channel, 'mem://0x123'), { code: 'BAD_ADDRESS' })
  },

  '200 connections that come and go leave nothing behind': async (t, subject) => {
    await openAndClose(subject, 5)
    const before = resources()
    await openAndClose(subject, 200)
    // What ends a turn later is not left behind.
    await turnsUntil(() => isDeepStrictEqual(resources(), before))
    t.deepEqual(resources(), before)
  },
}

/** Sends until the connection refuses, over enough turns for all buffers between to fill. */
async function fillUp(connection: Connection): Promise<number> {
  const frame = bytesOf(10_000, 4)
  let sent = 0
  for (let refusals = 0; refusals < 20; ) {
    if (send(connection, frame) === 'ok') {
      sent += frame.length
      continue
    }
    refusals++
    await turns(3)
  }
  return sent
}

async function openAndClose(subject: Subject, count: number): Promise<void> {
  const far: RecordingSink[] = []
  const listener = await subject.channel.listen(
    subject.freshAddress(),
    () => {
      far.push(new RecordingSink())
      return far.at(-1)!
    },
    OPTIONS,
  )
  const dials = Array.from({ length: count }, () => dialled(subject.channel, listener.address))
  const ends = await Promise.all(dials)
  for (const [i, { connection }] of ends.entries()) connection.close(i % 2 ? 'flush' : 'now')
  await Promise.all(ends.map(({ sink }) => sink.whenClosed))
  while (far.length < count) await turns(1)
  await Promise.all(far.map((sink) => sink.whenClosed))
  await listener.close()
  await turns()
}

function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    // The test runner's own timers and pipes to its parent come and go.
    if (!/TCP|Pipe|Timeout|Immediate|DNS|GetAddr/.test(kind)) continue
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** Registers every rule for one channel. Serial: the resource counts are those of the process. */
export function contract(subject: Subject): void {
  for (const [title, rule] of Object.entries(RULES)) {
    test.serial(`${subject.name}: ${title}`, (t) => rule(t, subject))
  }
}
