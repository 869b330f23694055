// Random bytes for nonces and IVs, drawn in pools: a call to the system costs a microsecond.

import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4_096

/** Bytes are handed out once; a pool belongs to whoever holds a piece of it. */
export class Entropy {
  #pool = new Uint8Array(0)
  #used = 0

  take(bytes: number): Uint8Array {
    if (bytes > POOL_BYTES) return randomFillSync(new Uint8Array(bytes))
    if (this.#used + bytes > this.#pool.length) {
      this.#pool = randomFillSync(new Uint8Array(POOL_BYTES))
      this.#used = 0
    }
    this.#used += bytes
    return this.#pool.subarray(this.#used - bytes, this.#used)
  }
}
