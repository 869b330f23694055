import test from 'ava'
import { InprocChannel } from '../../src/channel/inproc-channel.js'
import { contract } from './_contract.js'
import { bytesOf, connectPair, send, turns } from './_harness.js'

const channel = new InprocChannel()
let names = 0

contract({ name: 'inproc', channel, freshAddress: () => `inproc://contract-${names++}` })

test('bytes arrive on a later turn and are the sender’s to overwrite', async (t) => {
  const { near, far, close } = await connectPair(channel, 'inproc://copy')
  const bytes = bytesOf(100, 1).slice()
  send(near.connection, bytes)
  t.is(far.sink.receivedBytes, 0)
  await far.sink.until(() => far.sink.receivedBytes === 100)
  send(near.connection, new Uint8Array(100))
  await turns()
  t.is(far.sink.received().subarray(0, 100).compare(bytes), 0)
  await close()
})

test('a sink that pauses in the middle of a batch gets the rest after it resumes', async (t) => {
  const { near, far, close } = await connectPair(channel, 'inproc://pause', {
    far: { spaceBytes: () => 10 },
  })
  const read = far.sink.filled.bind(far.sink)
  far.sink.filled = (bytes) => {
    far.connection.pause()
    read(bytes)
  }
  const bytes = bytesOf(100, 2)
  send(near.connection, bytes)
  await far.sink.until(() => far.sink.receivedBytes > 0)
  await turns()
  t.is(far.sink.receivedBytes, 10)
  far.sink.filled = read
  far.connection.resume()
  await far.sink.until(() => far.sink.receivedBytes === 100)
  t.is(far.sink.received().compare(bytes), 0)
  await close()
})
