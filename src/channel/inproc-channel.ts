// Connections between nodes of one process (and one thread): bytes are copied, never shared.
import { BusError } from '../errors.js'
import { formatAddress, type NamedAddress, parseAddress } from './address.js'
import type { Channel, ConnectionLimits, DialOptions, Listener } from './channel.js'
import { InprocConnection } from './inproc-connection.js'
import { dialError, failLater, listenError, type OnConnection } from './stream-channel.js'

interface Accepting {
  readonly onConnection: OnConnection
  readonly limits: ConnectionLimits
}

/** Names are those of one instance; a process has one, see channels.ts. */
export class InprocChannel implements Channel {
  readonly schemes = ['inproc'] as const
  readonly #listeners = new Map<string, Accepting>()

  async listen(
    address: string,
    onConnection: OnConnection,
    limits: ConnectionLimits,
  ): Promise<Listener> {
    const parsed = parseInproc(address)
    if (parsed === undefined) throw badAddress(address)
    const { name } = parsed
    if (this.#listeners.has(name)) throw listenError(address, 'in use by this process')
    const accepting = { onConnection, limits }
    this.#listeners.set(name, accepting)
    return {
      address: formatAddress(parsed),
      close: async () => {
        if (this.#listeners.get(name) === accepting) this.#listeners.delete(name)
      },
    }
  }

  dial(
    address: string,
    onOpen: OnConnection,
    onFailed: (error: Error) => void,
    options: DialOptions,
  ): () => void {
    const parsed = parseInproc(address)
    if (parsed === undefined) return failLater(onFailed, badAddress(address))
    const attempt = setImmediate(() => {
      const accepting = this.#listeners.get(parsed.name)
      if (accepting === undefined) onFailed(dialError(address, 'nobody listens in this process'))
      else join(formatAddress(parsed), accepting, { onConnection: onOpen, limits: options })
    })
    return () => clearImmediate(attempt)
  }
}

function parseInproc(address: string): NamedAddress | undefined {
  const parsed = parseAddress(address)
  return parsed?.kind === 'inproc' ? parsed : undefined
}

function badAddress(address: string): BusError {
  return new BusError('BAD_ADDRESS', `${address.slice(0, 200)}: not an inproc address`)
}

function join(address: string, listener: Accepting, dialler: Accepting): void {
  const far = new InprocConnection(address, listener.limits)
  const near = new InprocConnection(address, dialler.limits)
  far.join(near)
  near.join(far)
  far.start(listener.onConnection(far))
  near.start(dialler.onConnection(near))
}
