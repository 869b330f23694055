// A ring beside a cable, with a delay of its own: what the shell does for a core, in memory.

import type { Carriage } from '../../src/core/carriage.js'
import type { CarrierName, RingBell, RingOffer } from '../../src/wire/carrier-messages.js'

export const HOST_MARK = new Uint8Array(16).fill(9)

export class FakeCarriage implements Carriage {
  sameHost = true
  /** Reasons to give instead of a ring, at each of the three steps. */
  readonly reasons: { offer?: string; accept?: string; conclude?: string } = {}
  /** How often `write` is to answer that there is no room. */
  fullFor = 0
  /** Rings made or opened, and given back. */
  taken = 0
  dropped = 0
  reads: CarrierName = 'socket'
  /** Came by the carrier that is not read yet. */
  readonly waiting: Record<CarrierName, Uint8Array[]> = { socket: [], ring: [] }
  readonly #chunks: Uint8Array[]
  readonly #lastFrames = new Map<Uint8Array, CarrierName>()
  #writes: CarrierName = 'socket'
  #leaves: CarrierName = 'socket'

  constructor(chunks: Uint8Array[]) {
    this.#chunks = chunks
  }

  /** By which carrier a chunk leaves; to be asked once for each, in order. */
  carrierOf(chunk: Uint8Array): CarrierName {
    const carrier = this.#leaves
    this.#leaves = this.#lastFrames.get(chunk) ?? carrier
    return carrier
  }

  offer(): Omit<RingOffer, 'hostMark'> | string {
    if (this.reasons.offer) return this.reasons.offer
    this.taken++
    const nonce = new Uint8Array(16)
    return { ringBytes: 4_096, nonce, pid: 1, memoryFd: 2, bellFd: 3 }
  }

  accept(): RingBell | string {
    if (this.reasons.accept) return this.reasons.accept
    this.taken++
    return { pid: 4, bellFd: 5 }
  }

  conclude(): string | undefined {
    return this.reasons.conclude
  }

  drop(): void {
    this.dropped++
  }

  write(to: CarrierName, lastFrame: Uint8Array): 'ok' | 'full' {
    if (this.fullFor-- > 0) return 'full'
    if (to === this.#writes) throw new Error(`already written to: ${to}`)
    this.#writes = to
    this.#chunks.push(lastFrame)
    this.#lastFrames.set(lastFrame, to)
    return 'ok'
  }

  read(from: CarrierName): void {
    if (from === this.reads) throw new Error(`already read: ${from}`)
    this.reads = from
  }
}
