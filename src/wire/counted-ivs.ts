// IVs of AEAD ciphers that count: never used twice with one key, and never taken twice.
//
// The family draws them at random. A peer of our own kind takes each count once, so that nothing
// sealed can be played again while its keys are in use.

import { CIPHERS, type CipherName } from './ciphers.js'

const HALF = 0x1_0000_0000
const COUNT_BYTES = 8

/** Only where an IV need not be unpredictable, and has room for the count. */
export function countsIvs(name: CipherName): boolean {
  const { ivBytes, kind } = CIPHERS[name]
  return kind === 'aead' && ivBytes > COUNT_BYTES
}

/** Both ends seal with the same key: the first bit says which of them it was. */
export class CountedIvs {
  readonly #iv: Uint8Array
  readonly #view: DataView
  #count = 0

  constructor(name: CipherName, isDialler: boolean, random: (bytes: number) => Uint8Array) {
    const iv = Uint8Array.from(random(CIPHERS[name].ivBytes))
    iv[0] = isDialler ? iv[0]! & 0x7f : iv[0]! | 0x80
    this.#iv = iv
    this.#view = new DataView(iv.buffer)
  }

  /** Overwritten by the next call. */
  next(): Uint8Array {
    const { length } = this.#iv
    this.#count++
    this.#view.setUint32(length - 8, Math.floor(this.#count / HALF))
    this.#view.setUint32(length - 4, this.#count % HALF)
    return this.#iv
  }
}

/** What the last bytes of an IV count. */
export function countOf(buffer: Uint8Array, ivEnd: number): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset + ivEnd - COUNT_BYTES, COUNT_BYTES)
  return view.getUint32(0) * HALF + view.getUint32(4)
}

/** As many counts below the highest may still come: the width of the mask. */
const WINDOW = 32

/**
 * Counts that were taken. They come nearly in order: what a node has to say at the end of a step
 * is sealed before what it writes at once, and may be sent behind it.
 */
export class CountWindow {
  #highest = 0
  /** Bit n: the count n below the highest was taken. */
  #mask = 0
  #last = 0

  /** False for a count that was taken before, or is too old to tell. */
  take(count: number): boolean {
    this.#last = count
    const ahead = count - this.#highest
    if (ahead > 0) {
      this.#mask = ahead < WINDOW ? (this.#mask << ahead) | 1 : 1
      this.#highest = count
      return true
    }
    if (ahead <= -WINDOW) return false
    const bit = 1 << -ahead
    if ((this.#mask & bit) !== 0) return false
    this.#mask |= bit
    return true
  }

  /** The one that was taken last is going to be read again. */
  giveBack(): void {
    const behind = this.#highest - this.#last
    if (behind >= 0 && behind < WINDOW) this.#mask &= ~(1 << behind)
  }
}
