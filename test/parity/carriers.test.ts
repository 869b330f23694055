import { networkInterfaces } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import type { Channel } from '../../src/channel/channel.js'
import { InprocChannel } from '../../src/channel/inproc-channel.js'
import { TcpChannel } from '../../src/channel/tcp-channel.js'
import { UnixChannel } from '../../src/channel/unix-channel.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import {
  bytesOf,
  connectPair,
  dialled,
  type End,
  OPTIONS,
  RecordingSink,
  seeded,
  send,
  sendAll,
  temporaryDirectory,
  turns,
} from '../channel/_harness.js'

const tcp = new TcpChannel()
const unix = new UnixChannel()
const inproc = new InprocChannel()
const TCP = 'tcp://127.0.0.1:0'
const hasV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
)

let sockets = 0
function unixAddress(t: ExecutionContext): string {
  const directory = temporaryDirectory()
  t.teardown(() => directory.remove())
  sockets++
  return `unix://${directory.path}/${sockets}.sock`
}

/** The payloads of the frames that arrived. */
function framesIn(bytes: Uint8Array, frameBytesMax = 1 << 22): Uint8Array[] {
  const reader = new FrameReader(frameBytesMax)
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space()
    const piece = bytes.subarray(at, at + space.length)
    space.set(piece)
    reader.filled(piece.length)
    at += piece.length
    while (reader.next() === 'frame') frames.push(reader.buffer.slice(reader.start, reader.end))
  }
  return frames
}

function sameBytes(t: ExecutionContext, found: Uint8Array[], sent: Uint8Array[]): void {
  t.is(found.length, sent.length)
  t.true(found.every((frame, index) => Buffer.from(frame).equals(Buffer.from(sent[index]!))))
}

/** Small messages, one of 56 KiB and 3, then 153 of 20 to 30 KiB, as the family's test has them. */
async function carriesAll(t: ExecutionContext, channel: Channel, address: string): Promise<void> {
  const random = seeded(3)
  const { near, far, close } = await connectPair(channel, address)
  const sizes = [13, 28, 100, 56 * 1024 + 3]
  while (sizes.length < 157) sizes.push(20_480 + random(10_240))
  const messages = sizes.map((size, index) => bytesOf(size, index + 1).slice())
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    const frames = messages.map(frameOf)
    const whole = Buffer.concat(frames)
    let next = 0
    await sendAll(from, whole, () => frames[next++]?.length ?? 1)
    await to.sink.until(() => to.sink.receivedBytes === whole.length)
    sameBytes(t, framesIn(to.sink.received()), messages)
  }
  await close()
}

/** One end's side goes; the other hears of each connection once, and the listener stays. */
async function endsOnce(
  t: ExecutionContext,
  channel: Channel,
  address: string,
  who: 'client' | 'server',
): Promise<void> {
  const accepted: End[] = []
  const listener = await channel.listen(
    address,
    (connection) => {
      const sink = new RecordingSink()
      accepted.push({ connection, sink })
      return sink
    },
    OPTIONS,
  )
  const ends = await Promise.all([1, 2, 3].map(() => dialled(channel, listener.address)))
  while (accepted.length < 3) await turns(1)
  const [closing, hearing] = who === 'client' ? [ends, accepted] : [accepted, ends]
  for (const { connection } of closing) connection.close('now')
  await Promise.all(hearing.map(({ sink }) => sink.whenClosed))
  await turns()
  t.deepEqual(
    hearing.map(({ sink }) => sink.closedCalls),
    [1, 1, 1],
  )
  const later = await dialled(channel, listener.address)
  later.connection.close('now')
  await Promise.all([...accepted, later].map(({ sink }) => sink.whenClosed))
  await listener.close()
}

/** What the sender may not claim it cannot send; what the reader may not hold ends its reading. */
async function boundsSizes(t: ExecutionContext, channel: Channel, address: string): Promise<void> {
  const limits = { sendBufferBytesMax: 100_000 }
  const { near, far, close } = await connectPair(channel, address, { limits })
  t.is(near.connection.claim(100_001), 'full')
  const [small, large] = [frameOf(bytesOf(1_000, 1)), frameOf(bytesOf(60_000, 2))]
  for (const frame of [small, large]) t.is(send(near.connection, frame), 'ok')
  await far.sink.until(() => far.sink.receivedBytes === small.length + large.length)
  const received = far.sink.received()
  sameBytes(t, framesIn(received, 60_000), [bytesOf(1_000, 1), bytesOf(60_000, 2)])
  sameBytes(t, framesIn(received, 59_999), [bytesOf(1_000, 1)])
  await close()
}

async function dialFails(t: ExecutionContext, channel: Channel, address: string): Promise<string> {
  const error = await t.throwsAsync(dialled(channel, address), { code: 'DIAL_FAILED' })
  t.true(error.message.includes(address))
  return String((error.cause as { code?: string } | undefined)?.code)
}

test.serial(
  'parity channel.io_stream_tcp_basic: messages of all sizes arrive whole and in order, over v4, v6 and by name',
  async (t) => {
    const addresses = [TCP, 'dns://localhost:0', ...(hasV6 ? ['ipv6://::1:0'] : [])]
    if (!hasV6) t.log('no ipv6 on this machine')
    for (const address of addresses) await carriesAll(t, tcp, address)
    const { near, listener, close } = await connectPair(tcp, 'ipv4://0.0.0.0:0')
    t.regex(near.connection.remoteAddress, /^tcp:\/\/127\.0\.0\.1:/)
    t.regex(listener.address, /^tcp:\/\/0\.0\.0\.0:[1-9]/)
    await close()
  },
)

test.serial(
  'parity channel.io_stream_tcp_reset_by_client: the server hears of each connection once and stays',
  (t) => endsOnce(t, tcp, TCP, 'client'),
)

test.serial(
  'parity channel.io_stream_tcp_reset_by_server: the client hears of each connection once',
  (t) => endsOnce(t, tcp, TCP, 'server'),
)

test.serial(
  'parity channel.io_stream_tcp_size_extended: over the limit is refused at both ends',
  (t) => boundsSizes(t, tcp, TCP),
)

test.serial(
  'parity channel.io_stream_tcp_connect_failed: refused and unknown hosts fail by name, with the cause',
  async (t) => {
    const listener = await tcp.listen(TCP, () => new RecordingSink(), OPTIONS)
    await listener.close()
    t.is(await dialFails(t, tcp, listener.address), 'ECONNREFUSED')
    t.regex(await dialFails(t, tcp, 'dns://nowhere.invalid:1'), /^(ENOTFOUND|EAI_AGAIN)$/)
  },
)

test.serial(
  'parity channel.io_stream_callback_on_written: what was written is no longer pending',
  async (t) => {
    const { near, far, close } = await connectPair(tcp, TCP)
    t.is(send(near.connection, bytesOf(50_000, 1)), 'ok')
    t.is(near.connection.pendingBytes, 50_000)
    await far.sink.until(() => far.sink.receivedBytes === 50_000)
    while (near.connection.pendingBytes > 0) await turns(1)
    t.is(near.connection.pendingBytes, 0)
    await close()
  },
)

test.serial(
  'parity channel.io_stream_tcp_read_head_compaction: a burst of small and large frames is cut right',
  async (t) => {
    const sizes = [...Array(15).fill(1_000), 500, 500, 500, 10_000, 200, 200] as number[]
    const messages = sizes.map((size, index) => bytesOf(size, index + 1).slice())
    const burst = Buffer.concat(messages.map(frameOf))
    const { near, far, close } = await connectPair(tcp, TCP)
    t.is(send(near.connection, burst), 'ok')
    await far.sink.until(() => far.sink.receivedBytes === burst.length)
    sameBytes(t, framesIn(far.sink.received()), messages)
    await close()
  },
)

test.serial(
  'parity channel.io_stream_unix_basic: messages of all sizes arrive whole and in order',
  (t) => carriesAll(t, unix, unixAddress(t)),
)

test.serial(
  'parity channel.io_stream_unix_reset_by_client: the server hears of each connection once and stays',
  (t) => endsOnce(t, unix, unixAddress(t), 'client'),
)

test.serial(
  'parity channel.io_stream_unix_reset_by_server: the client hears of each connection once',
  (t) => endsOnce(t, unix, unixAddress(t), 'server'),
)

test.serial(
  'parity channel.io_stream_unix_size_extended: over the limit is refused at both ends',
  (t) => boundsSizes(t, unix, unixAddress(t)),
)

test.serial(
  'parity channel.io_stream_unix_connect_failed: no socket fails by name, with the cause',
  async (t) => {
    t.is(await dialFails(t, unix, unixAddress(t)), 'ENOENT')
  },
)

test.serial(
  'parity channel.mem_siso: within a process, filled until full and drained, three times over',
  async (t) => {
    const limits = { sendBufferBytesMax: 200_000 }
    const { near, far, close } = await connectPair(inproc, 'inproc://siso', { limits })
    const sizes = [32, 45, 133, 605, 1_024]
    const sent: Uint8Array[] = []
    for (let round = 0; round < 3; round++) {
      far.connection.pause()
      for (let count = 0; ; count++) {
        const message = bytesOf(sizes[count % sizes.length]!, sent.length + 1).slice()
        if (send(near.connection, frameOf(message)) === 'full') break
        sent.push(message)
      }
      far.connection.resume()
      const bytes = sent.reduce(
        (sum, { length }) => sum + frameOf(new Uint8Array(length)).length,
        0,
      )
      await far.sink.until(() => far.sink.receivedBytes === bytes)
    }
    t.true(sent.length > 3 * 300)
    sameBytes(t, framesIn(far.sink.received()), sent)
    await close()
  },
)

test.serial(
  'parity channel.mem_miso: of 32 writers to one listener each keeps its own order',
  async (t) => {
    const accepted: RecordingSink[] = []
    const accept = () => {
      accepted.push(new RecordingSink())
      return accepted.at(-1)!
    }
    const listener = await inproc.listen('inproc://miso', accept, OPTIONS)
    const writers = await Promise.all(
      Array.from({ length: 32 }, () => dialled(inproc, listener.address)),
    )
    const text = (writer: number, count: number) => Buffer.from(`${writer}:${count}`)
    for (let count = 0; count < 500; count++) {
      for (const [writer, end] of writers.entries()) {
        t.is(send(end.connection, frameOf(text(writer, count))), 'ok')
      }
    }
    for (const { connection } of writers) connection.close('flush')
    while (accepted.length < 32) await turns(1)
    await Promise.all(accepted.map(({ whenClosed }) => whenClosed))
    const seen = new Set<string>()
    for (const sink of accepted) {
      const words = framesIn(sink.received()).map((frame) => Buffer.from(frame).toString())
      const [writer = ''] = (words[0] ?? '').split(':')
      seen.add(writer)
      t.deepEqual(
        words,
        Array.from({ length: 500 }, (_, count) => `${writer}:${count}`),
      )
    }
    t.is(seen.size, 32)
    await listener.close()
  },
)

test.serial(
  'parity go.channel_io_stream: closing twice, using a closed one and a bad address harm nothing',
  async (t) => {
    const { near, far, close } = await connectPair(tcp, TCP)
    near.connection.close('now')
    near.connection.close('flush')
    t.is(near.connection.claim(1), 'closed')
    await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
    t.is(send(near.connection, bytesOf(10, 1)), 'closed')
    await turns()
    t.deepEqual([near.sink.closedCalls, far.sink.closedCalls], [1, 1])
    await t.throwsAsync(dialled(tcp, 'ipv4://300.1.1.1:1'), { code: 'BAD_ADDRESS' })
    await close()
  },
)

test('parity go.frame_codec: hash, length and payload stand where every implementation reads them', (t) => {
  const text = (value: string) => new TextEncoder().encode(value)
  t.is(Buffer.from(frameOf(text('hello'))).toString('hex'), '47fa8b240568656c6c6f')
  const long = frameOf(new Uint8Array(300).fill(0x41))
  t.is(Buffer.from(long.subarray(0, 6)).toString('hex'), '26e3dbb1822c')
  t.is(long.length, 306)
  const several = Buffer.concat([text('a'), text('bb'), text('ccc')].map(frameOf))
  const reader = new FrameReader(1_000)
  const found: string[] = []
  for (const byte of several) {
    reader.space()[0] = byte
    reader.filled(1)
    while (reader.next() === 'frame') {
      found.push(Buffer.from(reader.buffer.slice(reader.start, reader.end)).toString())
    }
  }
  t.deepEqual(found, ['a', 'bb', 'ccc'])
  const damaged = Buffer.from(several)
  damaged[0] = damaged[0]! ^ 1
  const strict = new FrameReader(1_000)
  strict.space().set(damaged)
  strict.filled(damaged.length)
  t.deepEqual(
    Array.from({ length: 4 }, () => strict.next()),
    ['bad_hash', 'frame', 'frame', 'more'],
  )
})
