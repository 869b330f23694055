import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { MovingConnection } from '../../src/channel/moving-connection.js'
import { loadAddon } from '../../src/channel/native.js'
import { UnixChannel } from '../../src/channel/unix-channel.js'
import { OPTIONS, RecordingSink, temporaryDirectory, turns } from './_harness.js'

const addon = loadAddon()
const withAddon = typeof addon === 'string' ? test.skip : test
const directory = temporaryDirectory()
let names = 0

test.after.always(() => directory.remove())

interface End {
  readonly connection: MovingConnection
  readonly sink: RecordingSink
}

/** Two ends of a unix socket, each with a ring beside it that nothing has moved to yet. */
async function pairOf(t: ExecutionContext): Promise<{ near: End; far: End }> {
  if (typeof addon === 'string') throw new Error(addon)
  const options = { ...OPTIONS, addon, ringBytes: 64 * 1024, spinMicros: 0 }
  const channel = new UnixChannel()
  const address = `unix://${join(directory.path, `${names++}.sock`)}`
  const ends: Promise<End>[] = []
  const endOf =
    (taken: (end: End) => void) => (socket: ConstructorParameters<typeof MovingConnection>[0]) => {
      const connection = new MovingConnection(socket, options)
      const sink = new RecordingSink()
      taken({ connection, sink })
      return connection.start(sink)
    }
  let accept: (end: End) => void = () => {}
  ends.push(new Promise((resolve) => (accept = resolve)))
  const listener = await channel.listen(
    address,
    endOf((end) => accept(end)),
    OPTIONS,
  )
  ends.push(
    new Promise((resolve, reject) => channel.dial(address, endOf(resolve), reject, OPTIONS)),
  )
  const [far, near] = await Promise.all(ends)
  if (near === undefined || far === undefined) throw new Error('no ends')
  t.teardown(async () => {
    for (const { connection } of [near, far]) connection.close('now')
    await listener.close()
  })
  share(t, near.connection, far.connection)
  return { near, far }
}

function share(t: ExecutionContext, near: MovingConnection, far: MovingConnection): void {
  const offer = near.offer()
  if (typeof offer === 'string') throw new Error(offer)
  const bell = far.accept(offer)
  if (typeof bell === 'string') throw new Error(bell)
  t.is(near.conclude(bell), undefined)
}

function say({ connection }: End, text: string): void {
  const bytes = Buffer.from(text)
  if (connection.claim(bytes.length) !== 'ok') throw new Error('no room')
  connection.buffer.set(bytes, connection.offset)
  connection.commit(bytes.length)
}

const last = (text: string) => Buffer.from(text)
const heard = ({ sink }: End) => sink.received().toString()

withAddon('what the socket brings waits until the last of the ring was read', async (t) => {
  const { near, far } = await pairOf(t)
  t.is(near.connection.write('ring', last('a')), 'ok')
  await far.sink.until(() => heard(far) === 'a')
  far.connection.read('ring')
  far.connection.pause()
  say(near, 'b')
  t.is(near.connection.write('socket', last('c')), 'ok')
  say(near, 'd')
  // The socket is watched all the time: what it brings has come by then, and must not be seen.
  await turns()
  await turns()
  t.is(heard(far), 'a')
  far.connection.resume()
  await far.sink.until(() => heard(far) === 'abc')
  await turns()
  t.is(heard(far), 'abc')
  far.connection.read('socket')
  await far.sink.until(() => heard(far) === 'abcd')
})

withAddon('what the ring brings waits until the last of the socket was read', async (t) => {
  const { near, far } = await pairOf(t)
  near.connection.write('ring', last('a'))
  say(near, 'b')
  await far.sink.until(() => heard(far) === 'a')
  await turns()
  t.is(heard(far), 'a')
  far.connection.read('ring')
  await far.sink.until(() => heard(far) === 'ab')
})

withAddon('what waits from the socket is delivered although the socket has ended', async (t) => {
  const { near, far } = await pairOf(t)
  near.connection.write('ring', last('a'))
  await far.sink.until(() => heard(far) === 'a')
  far.connection.read('ring')
  far.connection.pause()
  near.connection.write('socket', last('b'))
  say(near, 'c')
  await turns()
  near.connection.close('flush')
  await turns()
  // As the core does: before anything else is read.
  const filled = far.sink.filled.bind(far.sink)
  far.sink.filled = (bytes) => {
    filled(bytes)
    if (heard(far) === 'ab') far.connection.read('socket')
  }
  far.connection.resume()
  await far.sink.whenClosed
  t.is(heard(far), 'abc')
  t.deepEqual(far.sink.faults, [])
  t.is(far.sink.closedCalls, 1)
})

for (const how of ['flush', 'now'] as const) {
  withAddon(`close ${how} in the ring tells both ends once`, async (t) => {
    const { near, far } = await pairOf(t)
    near.connection.write('ring', last('a'))
    far.connection.write('ring', last('b'))
    await Promise.all([
      near.sink.until(() => heard(near) === 'b'),
      far.sink.until(() => heard(far) === 'a'),
    ])
    near.connection.read('ring')
    far.connection.read('ring')
    say(near, 'c'.repeat(300_000))
    near.connection.close(how)
    await Promise.all([near.sink.whenClosed, far.sink.whenClosed])
    await turns()
    for (const { sink } of [near, far]) {
      t.is(sink.closedCalls, 1)
      t.deepEqual(sink.faults, [])
    }
    if (how === 'flush') t.is(far.sink.receivedBytes, 300_001)
  })
}

withAddon(
  'a ring that is given back is read to its end, and may be followed by another',
  async (t) => {
    const { near, far } = await pairOf(t)
    for (let round = 0; round < 3; round++) {
      const before = far.sink.receivedBytes
      near.connection.write('ring', last('a'))
      await far.sink.until(() => far.sink.receivedBytes === before + 1)
      far.connection.read('ring')
      say(near, 'b'.repeat(200_000))
      near.connection.write('socket', last('c'))
      // More than the ring holds is still to be written.
      near.connection.drop()
      say(near, 'd')
      await far.sink.until(() => far.sink.receivedBytes === before + 200_002)
      far.connection.read('socket')
      far.connection.drop()
      await far.sink.until(() => far.sink.receivedBytes === before + 200_003)
      share(t, near.connection, far.connection)
    }
  },
)
