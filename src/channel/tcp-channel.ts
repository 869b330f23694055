// TCP, under our scheme and those of the family.
import type { AddressInfo, Socket } from 'node:net'
import { BusError } from '../errors.js'
import { formatAddress, isLoopback, parseAddress, type TcpAddress, tcpAddress } from './address.js'
import type { Channel, ConnectionLimits, DialOptions, Listener } from './channel.js'
import {
  acceptStreams,
  dialStream,
  failLater,
  listenError,
  listening,
  type OnConnection,
  stopListening,
} from './stream-channel.js'
import type { ConnectionFacts } from './stream-connection.js'

export class TcpChannel implements Channel {
  readonly schemes = ['tcp', 'ipv4', 'ipv6', 'atcp', 'dns'] as const

  async listen(
    address: string,
    onConnection: OnConnection,
    limits: ConnectionLimits,
  ): Promise<Listener> {
    const parsed = parseTcp(address)
    if (parsed === undefined) throw badAddress(address)
    const server = acceptStreams(factsOf, onConnection, limits)
    const { host, port } = parsed
    await listening(server, { host, port }).catch((error: unknown) => {
      throw listenError(address, error)
    })
    // The host stays as it was asked for: a name is what others are told as well.
    const bound = server.address() as AddressInfo
    return {
      address: formatAddress({ ...parsed, port: bound.port }),
      close: () => stopListening(server),
    }
  }

  dial(
    address: string,
    onOpen: OnConnection,
    onFailed: (error: Error) => void,
    options: DialOptions,
  ): () => void {
    const parsed = parseTcp(address)
    if (parsed === undefined) return failLater(onFailed, badAddress(address))
    const host = reachable(parsed.host)
    const connect = { host, port: parsed.port }
    return dialStream({ address, connect, facts: factsOf }, onOpen, onFailed, options)
  }
}

function parseTcp(address: string): TcpAddress | undefined {
  const parsed = parseAddress(address)
  return parsed?.kind === 'tcp' ? parsed : undefined
}

function badAddress(address: string): BusError {
  return new BusError('BAD_ADDRESS', `${address.slice(0, 200)}: not a tcp address`)
}

/** "Everywhere" is where one listens; who dials it means this host (spec C.1). */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

function factsOf(socket: Socket): ConnectionFacts {
  // The other end may be gone already: then node:net knows no addresses any more.
  const local = tcpAddress(socket.localAddress ?? '0.0.0.0', socket.localPort ?? 0)
  const remote = tcpAddress(socket.remoteAddress ?? '0.0.0.0', socket.remotePort ?? 0)
  return {
    kind: 'tcp',
    localAddress: formatAddress(local),
    remoteAddress: formatAddress(remote),
    sameHost: isLoopback(remote) || (remote.host === local.host && remote.port !== 0),
  }
}
