import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import test from 'ava'
import { dialStream } from '../../src/channel/stream-channel.js'
import { TcpChannel } from '../../src/channel/tcp-channel.js'
import { contract } from './_contract.js'
import { bytesOf, connectPair, dialled, OPTIONS, RecordingSink, send } from './_harness.js'

const channel = new TcpChannel()
const hasV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some((i) => i.address === '::1'),
)

contract({ name: 'tcp', channel, freshAddress: () => 'tcp://127.0.0.1:0' })
contract({ name: 'dns', channel, freshAddress: () => 'dns://localhost:0' })
if (hasV6) contract({ name: 'ipv6', channel, freshAddress: () => 'ipv6://::1:0' })

test('a listener at every address is reached by dialling that same address', async (t) => {
  const pair = await connectPair(channel, 'ipv4://0.0.0.0:0')
  t.regex(pair.listener.address, /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/)
  t.regex(pair.near.connection.remoteAddress, /^tcp:\/\/127\.0\.0\.1:/)
  await pair.close()
})

test('a v4 peer of a v6 listener goes by its v4 address', async (t) => {
  if (!hasV6) return void t.log('no ipv6 on this machine')
  let remote = ''
  const listener = await channel.listen(
    'tcp://[::]:0',
    (connection) => {
      remote = connection.remoteAddress
      return new RecordingSink()
    },
    OPTIONS,
  )
  const port = listener.address.split(':').at(-1)
  const end = await dialled(channel, `atcp://127.0.0.1:${port}`)
  t.is(end.connection.remoteAddress, `tcp://127.0.0.1:${port}`)
  end.connection.close('flush')
  await end.sink.whenClosed
  t.is(remote, end.connection.localAddress)
  await listener.close()
})

/** A peer that is no treebus: it does as the test says with its bare socket. */
function bareServer(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}

test('a peer that half-closes still gets what was committed, then the connection ends', async (t) => {
  const received: Buffer[] = []
  let ended: () => void = () => {}
  const peerEnded = new Promise<void>((resolve) => {
    ended = resolve
  })
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => received.push(bytes)).on('end', ended)
    socket.end('bye')
  })
  const end = await dialled(channel, await bareServer(server))
  end.connection.claim(1_000_000)
  end.connection.buffer.fill(7, end.connection.offset, end.connection.offset + 1_000_000)
  end.connection.commit(1_000_000)
  await Promise.all([end.sink.whenClosed, peerEnded])
  t.is(end.sink.received().toString(), 'bye')
  t.is(Buffer.concat(received).length, 1_000_000)
  t.is(end.sink.closedWith, undefined)
  server.close()
})

test('a reset by the peer is told with its cause', async (t) => {
  const server = createServer((socket) => socket.on('data', () => socket.resetAndDestroy()))
  const end = await dialled(channel, await bareServer(server))
  send(end.connection, bytesOf(1, 1))
  await end.sink.whenClosed
  const told = end.sink.closedWith as { code?: string; cause?: { code?: string } } | undefined
  t.is(told?.code, 'LINK_LOST')
  t.is(told?.cause?.code, 'ECONNRESET')
  t.is(end.sink.closedCalls, 1)
  server.close()
})

test('an accepted socket that resets at once ends its connection and not the process', async (t) => {
  const sinks: RecordingSink[] = []
  let accepted: () => void = () => {}
  const oneAccepted = new Promise<void>((resolve) => {
    accepted = resolve
  })
  const accept = () => {
    sinks.push(new RecordingSink())
    accepted()
    return sinks.at(-1)!
  }
  const listener = await channel.listen('tcp://127.0.0.1:0', accept, OPTIONS)
  const port = Number(listener.address.split(':').at(-1))
  const socket = connect(port, '127.0.0.1', () => socket.resetAndDestroy())
  await oneAccepted
  await sinks[0]!.whenClosed
  t.is(sinks[0]!.closedCalls, 1)
  await listener.close()
})

test('a dial that nobody answers fails after its time', async (t) => {
  const connect = { host: 'nowhere.invalid', port: 1, lookup: () => {} }
  const facts = () => t.fail() as never
  // The dial's own timer does not hold the process.
  const hold = setInterval(() => {}, 1_000)
  const error = await new Promise<Error>((resolve) => {
    const options = { ...OPTIONS, timeoutMs: 20 }
    dialStream({ address: 'tcp://nowhere:1', connect, facts }, facts, resolve, options)
  })
  clearInterval(hold)
  t.regex(error.message, /DIAL_FAILED: tcp:\/\/nowhere:1: no answer within 20 ms/)
})
