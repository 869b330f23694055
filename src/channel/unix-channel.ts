// Unix sockets: between processes of one host.
import { resolve } from 'node:path'
import { BusError } from '../errors.js'
import { formatAddress, parseAddress, UNIX_PATH_BYTES_MAX } from './address.js'
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
import { bindPath, makeDirectory, publish, unpublish } from './unix-socket-file.js'

export interface UnixChannelOptions {
  /** Mode of the socket file. Default 0o600: wider lets other users of the host connect. */
  readonly socketMode: number
}

/**
 * The socket file is created with its directory (mode 0700) where that is missing, replaces one
 * that nobody answers at, and is removed by `Listener.close` if it is still the same.
 */
export class UnixChannel implements Channel {
  readonly schemes = ['unix', 'pipe'] as const
  readonly #socketMode: number

  constructor(options: Partial<UnixChannelOptions> = {}) {
    this.#socketMode = options.socketMode ?? 0o600
  }

  async listen(
    address: string,
    onConnection: OnConnection,
    limits: ConnectionLimits,
  ): Promise<Listener> {
    const path = absolutePath(address)
    if (path === undefined) throw badAddress(address)
    const server = acceptStreams(() => factsOf(path), onConnection, limits)
    try {
      const bound = bindPath(path)
      assertBindable(bound)
      await makeDirectory(path)
      await listening(server, { path: bound })
      const file = await publish(bound, path, this.#socketMode)
      return {
        address: formatAddress({ kind: 'unix', path }),
        close: () => {
          unpublish(path, file)
          return stopListening(server)
        },
      }
    } catch (error) {
      server.close()
      throw listenError(address, error)
    }
  }

  dial(
    address: string,
    onOpen: OnConnection,
    onFailed: (error: Error) => void,
    options: DialOptions,
  ): () => void {
    const path = absolutePath(address)
    if (path === undefined) return failLater(onFailed, badAddress(address))
    const target = { address, connect: { path }, facts: () => factsOf(path) }
    return dialStream(target, onOpen, onFailed, options)
  }
}

/** Undefined where it is no unix address, or too long once it is absolute. */
function absolutePath(address: string): string | undefined {
  const parsed = parseAddress(address)
  if (parsed?.kind !== 'unix') return undefined
  const path = resolve(parsed.path)
  return Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX ? undefined : path
}

/** The name that is bound first can be longer than a very short one in a very deep directory. */
function assertBindable(path: string): void {
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) throw new Error('the directory is too deep')
}

function badAddress(address: string): BusError {
  const said = address.slice(0, 200)
  return new BusError('BAD_ADDRESS', `${said}: not a unix path of ${UNIX_PATH_BYTES_MAX} bytes`)
}

/** A dialling end has no name of its own: both go by the path. */
function factsOf(path: string): ConnectionFacts {
  const address = formatAddress({ kind: 'unix', path })
  return { kind: 'unix', localAddress: address, remoteAddress: address, sameHost: true }
}
