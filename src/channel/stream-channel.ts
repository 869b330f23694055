// What tcp and unix share: dialling and accepting through node:net, reads into the sink's memory.
import {
  connect,
  createServer,
  type Server,
  Socket,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net'
import { BusError } from '../errors.js'
import type { Connection, ConnectionLimits, ConnectionSink, DialOptions } from './channel.js'
import { Intake, type OnRead } from './intake.js'
import { type ConnectionFacts, StreamConnection } from './stream-connection.js'

export const BACKLOG = 256 // Spec A.1.

export type OnConnection = (connection: Connection) => ConnectionSink

export interface DialTarget {
  /** As the caller wrote it, for the error's text. */
  readonly address: string
  readonly connect: { path: string } | { host: string; port: number }
  facts(socket: Socket): ConnectionFacts
}

/** See `Channel.dial`. */
export function dialStream(
  target: DialTarget,
  onOpen: OnConnection,
  onFailed: (error: Error) => void,
  options: DialOptions,
): () => void {
  const intake = new Intake()
  const wanted = { ...target.connect, onread: intake.onread, allowHalfOpen: true }
  const socket = connect({ ...wanted, autoSelectFamily: true } as unknown as TcpNetConnectOpts)
  let settled = false
  const settle = () => {
    settled = true
    clearTimeout(timer)
    socket.off('connect', opened).off('error', failed)
  }
  const giveUp = () => {
    settle()
    // An attempt that was given up may still fail.
    socket.on('error', () => {})
    socket.destroy()
  }
  const opened = () => {
    settle()
    const connection = new StreamConnection(socket, intake, target.facts(socket), options)
    connection.start(onOpen(connection))
  }
  const failed = (cause: Error) => {
    giveUp()
    onFailed(dialError(target.address, cause))
  }
  const timer = setTimeout(() => {
    failed(new Error(`no answer within ${options.timeoutMs} ms`))
  }, options.timeoutMs)
  timer.unref()
  socket.once('connect', opened).once('error', failed)
  return () => {
    if (!settled) giveUp()
  }
}

/** Reports to `onFailed` on a later turn, as a dial that fails at once has to. */
export function failLater(onFailed: (error: Error) => void, error: BusError): () => void {
  const later = setImmediate(() => onFailed(error))
  return () => clearImmediate(later)
}

export function dialError(address: string, cause: unknown): BusError {
  return new BusError('DIAL_FAILED', `${address}: ${reason(cause)}`, { cause })
}

export function listenError(address: string, cause: unknown): BusError {
  return new BusError('LISTEN_FAILED', `${address}: ${reason(cause)}`, { cause })
}

/** An error over several attempts has no message of its own. */
function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reason).join('; ')
  return cause instanceof Error ? cause.message : String(cause)
}

/** A server that makes connections of what it accepts. Not listening yet. */
export function acceptStreams(
  facts: (socket: Socket) => ConnectionFacts,
  onConnection: OnConnection,
  limits: ConnectionLimits,
): Server {
  return createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
    const intake = new Intake()
    const socket = rereading(accepted, intake.onread) ?? readingByEvents(accepted, intake)
    const connection = new StreamConnection(socket, intake, facts(socket), limits)
    connection.start(onConnection(connection))
  })
}

/** Resolves once the server listens, rejects with what node:net says. */
export function listening(
  server: Server,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG, exclusive: true }, () => {
      server.off('error', reject)
      // A failed accept (out of descriptors) concerns a peer that will try again.
      server.on('error', () => {})
      resolve()
    })
  })
}

/**
 * Stops listening at once. Not `server.close(callback)`: where accepted sockets belong to the
 * server it would wait for the last of them.
 */
export function stopListening(server: Server): Promise<void> {
  server.close()
  return new Promise((resolve) => setImmediate(resolve))
}

/** The part of node:net's handle that tells whether it can read into memory that we name. */
interface Bare {
  _handle: { useUserBuffer?: unknown } | null | undefined
}

/**
 * node:net offers `onread` for sockets that dial alone. An accepted one that was never read is
 * taken apart and its handle given to a new socket. Undefined where the runtime has no such handle.
 */
function rereading(accepted: Socket, onread: OnRead): Socket | undefined {
  const bare = accepted as unknown as Bare
  const handle = bare._handle
  if (!handle || typeof handle.useUserBuffer !== 'function') return undefined
  bare._handle = null
  accepted.destroy()
  const options = { handle, onread, allowHalfOpen: true }
  return new Socket(options as unknown as SocketConstructorOpts)
}

/** The way round: node:net's own buffers, copied. */
function readingByEvents(accepted: Socket, intake: Intake): Socket {
  accepted.on('data', (bytes: Buffer) => intake.feed(bytes))
  accepted.resume()
  return accepted
}
