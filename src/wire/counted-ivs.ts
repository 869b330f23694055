// IVs of AEAD ciphers that count: never used twice with one key, and in order for whoever reads.
//
// The family draws them at random. A peer of our own kind refuses one that is not higher than the
// last, so that nothing sealed can be played again while its keys are in use.

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
