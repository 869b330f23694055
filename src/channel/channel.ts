// The contract of every carrier of bytes: tcp, unix, inproc, and later the ring.
//
// A channel knows nothing of messages. It hands the bytes that arrived to a sink, in the sink's own
// memory, and writes what its staging area holds, coalesced: one write for a turn of the loop.

export type ChannelKind = 'tcp' | 'unix' | 'inproc' | 'ring'

/** Takes what a connection received. Called in this order: (space, filled)…, once closed. */
export interface ConnectionSink {
  /** Memory for the next bytes, at least one byte; the connection fills it from its start. */
  space(): Uint8Array
  /**
   * For small reads, in place of `space` and `filled`: the first `bytes` of memory that will be
   * used again. False where the sink did nothing with them. May close the connection.
   */
  copied?(words: DataView, bytes: number): boolean
  /** `bytes` were written into the last `space`. May close the connection. */
  filled(bytes: number): void
  /** The staging area had refused a claim and has room again. */
  writable(): void
  /** The last call. `error` is absent where the other end closed in good order, or we did. */
  closed(error?: Error): void
}

/** One connection of a channel. Implements the wire's `Outlet` by shape; see src/wire/outlet.ts. */
export interface Connection {
  readonly kind: ChannelKind
  /** In our own notation, e.g. `tcp://127.0.0.1:7001`, `unix:///run/bus.sock`. */
  readonly localAddress: string
  readonly remoteAddress: string
  /** Whether the other end is known to be a process of this host. */
  readonly sameHost: boolean

  readonly buffer: Uint8Array
  readonly offset: number
  claim(bytes: number): 'ok' | 'full' | 'closed'
  commit(bytes: number): void
  /** Bytes committed and not yet taken by the kernel (or the other end, for inproc). */
  readonly pendingBytes: number

  /** Stop and go on reading: what a node that cannot keep up does to its neighbour. */
  pause(): void
  resume(): void
  /**
   * Ends it. `flush`: what was committed is still written, for at most `flushMs`; `now`: dropped.
   * Idempotent. The sink's `closed` follows, never from within this call.
   */
  close(how: 'flush' | 'now'): void
}

export interface Listener {
  /** With the real port where 0 was asked for. */
  readonly address: string
  /** Stops accepting and removes what it left in the file system. Open connections stay. */
  close(): Promise<void>
}

export interface ConnectionLimits {
  /** Bytes that may wait in one connection's staging area. Default 8 MiB (libatbus). */
  readonly sendBufferBytesMax: number
  /** How long `close('flush')` may take before it becomes `close('now')`. Default 1,000 ms. */
  readonly flushMs: number
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  sendBufferBytesMax: 8 * 1024 * 1024,
  flushMs: 1_000,
}

export interface DialOptions extends ConnectionLimits {
  /** Gives up after this long. Default 5,000 ms. */
  readonly timeoutMs: number
}

export interface Channel {
  readonly schemes: readonly string[]
  /**
   * Rejects with BusError LISTEN_FAILED (cause kept) where the address is taken or not usable.
   * `onConnection` is called for each accepted connection and returns its sink at once.
   */
  listen(
    address: string,
    onConnection: (connection: Connection) => ConnectionSink,
    limits: ConnectionLimits,
  ): Promise<Listener>
  /**
   * Starts to connect; never throws. `onOpen` is called once with the open connection and returns
   * its sink, or `onFailed` once. The function that is returned gives up (then neither is called).
   */
  dial(
    address: string,
    onOpen: (connection: Connection) => ConnectionSink,
    onFailed: (error: Error) => void,
    options: DialOptions,
  ): () => void
}
