// Every error of treebus: one class, one frozen table of codes, and the two assertions.

/** Who is at fault: the caller of our API, the other end of a link, or what lies between. */
export type Fault = 'caller' | 'peer' | 'network'

interface ErrorFacts {
  readonly fault: Fault
  /** Whether the same call may succeed later without any change by the caller. */
  readonly retryable: boolean
  /** The number that stands for it on the libatbus v3 wire (spec B.8). */
  readonly wire: number
  readonly says: string
}

/**
 * The codes. A name is part of the public interface and never changes its meaning; `wire` is the
 * number a plain libatbus peer sends or receives for it.
 */
export const BUS_ERRORS = {
  BAD_ARGUMENT: { fault: 'caller', retryable: false, wire: -1, says: 'an argument is not valid' },
  BAD_CONFIGURATION: {
    fault: 'caller',
    retryable: false,
    wire: -1,
    says: 'an option is not valid',
  },
  BAD_ADDRESS: { fault: 'caller', retryable: false, wire: -103, says: 'an address does not parse' },
  MESSAGE_TOO_LONG: { fault: 'caller', retryable: false, wire: -8, says: 'over the size limit' },
  NODE_CLOSED: { fault: 'caller', retryable: false, wire: -15, says: 'the node is closed' },
  LISTEN_FAILED: { fault: 'caller', retryable: true, wire: -402, says: 'cannot listen' },
  OPEN_LISTENER: {
    fault: 'caller',
    retryable: false,
    wire: -11,
    says: 'refusing an open listener',
  },
  ABORTED: { fault: 'caller', retryable: false, wire: -15, says: 'the caller gave up' },
  FULL: { fault: 'network', retryable: true, wire: -4, says: 'the send queue is full' },
  NO_ROUTE: { fault: 'network', retryable: true, wire: -66, says: 'no way to that id' },
  NO_SERVICE: { fault: 'network', retryable: true, wire: -66, says: 'no such service is up' },
  OVERLOADED: { fault: 'peer', retryable: true, wire: -4, says: 'it takes no more for now' },
  NO_CONNECTION: {
    fault: 'network',
    retryable: true,
    wire: -67,
    says: 'the link has no connection',
  },
  TTL: { fault: 'network', retryable: false, wire: -71, says: 'passed too many nodes' },
  LOOP: { fault: 'network', retryable: false, wire: -75, says: 'came back to where it had been' },
  TIMEOUT: { fault: 'network', retryable: true, wire: -211, says: 'no answer in time' },
  LINK_LOST: { fault: 'network', retryable: true, wire: -15, says: 'the link ended' },
  DIAL_FAILED: { fault: 'network', retryable: true, wire: -403, says: 'cannot connect' },
  UNSUPPORTED: { fault: 'peer', retryable: false, wire: -105, says: 'the peer cannot do that' },
  ACCESS_DENIED: { fault: 'peer', retryable: false, wire: -11, says: 'the token was refused' },
  ID_CONFLICT: { fault: 'peer', retryable: true, wire: -73, says: 'that id is taken' },
  ID_MISMATCH: { fault: 'peer', retryable: false, wire: -70, says: 'not the id that was expected' },
  BAD_VERSION: { fault: 'peer', retryable: false, wire: -14, says: 'protocol version' },
  BAD_FRAME: { fault: 'peer', retryable: false, wire: -7, says: 'a frame is damaged' },
  BAD_SIZE: { fault: 'peer', retryable: false, wire: -8, says: 'a size is out of bounds' },
  BAD_MESSAGE: { fault: 'peer', retryable: false, wire: -12, says: 'a message does not parse' },
  BAD_STATE: { fault: 'peer', retryable: false, wire: -607, says: 'not lawful at this moment' },
  BAD_SENDER: { fault: 'peer', retryable: false, wire: -66, says: 'a sender cannot be there' },
  DECRYPT_FAILED: { fault: 'peer', retryable: false, wire: -231, says: 'decryption failed' },
  CIPHER_MISMATCH: {
    fault: 'peer',
    retryable: false,
    wire: -234,
    says: 'another cipher than agreed',
  },
  CRYPTO_REFUSED: { fault: 'peer', retryable: false, wire: -240, says: 'no common encryption' },
  COMPRESSION: { fault: 'peer', retryable: false, wire: -251, says: 'compression is not usable' },
  TOO_MANY_FAULTS: { fault: 'peer', retryable: false, wire: -68, says: 'too many faults' },
  REMOTE: { fault: 'peer', retryable: false, wire: -2, says: 'the other end reports an error' },
} as const satisfies Record<string, ErrorFacts>

export type BusErrorCode = keyof typeof BUS_ERRORS

/** The one error class of treebus. `code` is stable; the message starts with it. */
export class BusError extends Error {
  readonly code: BusErrorCode

  constructor(code: BusErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options)
    this.name = 'BusError'
    this.code = code
  }

  get fault(): Fault {
    return BUS_ERRORS[this.code].fault
  }

  get retryable(): boolean {
    return BUS_ERRORS[this.code].retryable
  }
}

/** A bug of ours. Nothing catches it: a node that is wrong about itself must not go on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(what)
}

/** Ends a `switch` over a union: the compiler proves that nothing reaches it. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`)
}
