// How long we wait for the answer to a registration: longer wherever the last one came too late.

/**
 * Four times the usual wait at most: where a network swallows connections, whoever waits long for
 * a dead one is long in coming back (robustness 26).
 */
const DOUBLINGS_MAX = 2

/** Addresses that are remembered; the one that timed out longest ago is forgotten first. */
export const ADDRESSES_MAX = 256

/**
 * An acceptor with a crowd before it answers late. Whoever leaves after the same time again and
 * again, and comes back, only adds to its work, and nobody is ever answered. Each time that a peer
 * accepted the connection and did not answer, it is given twice the time, up to the bound.
 */
export class RegisterPatience {
  readonly #registerMs: number
  /** Attempts in a row that timed out, by address; none where the last one was answered. */
  readonly #timeouts = new Map<string, number>()

  constructor(registerMs: number) {
    this.#registerMs = registerMs
  }

  limitMs(address: string): number {
    const doublings = Math.min(this.#timeouts.get(address) ?? 0, DOUBLINGS_MAX)
    return this.#registerMs * 2 ** doublings
  }

  timedOut(address: string): void {
    const timeouts = (this.#timeouts.get(address) ?? 0) + 1
    this.#timeouts.delete(address)
    this.#timeouts.set(address, timeouts)
    if (this.#timeouts.size <= ADDRESSES_MAX) return
    for (const [oldest] of this.#timeouts) {
      this.#timeouts.delete(oldest)
      return
    }
  }

  /** It said yes or no: it keeps up. */
  answered(address: string): void {
    this.#timeouts.delete(address)
  }
}
