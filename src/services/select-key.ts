// What a caller gives to have the same service for the same thing, as numbers.

import { nameHash } from './name-hash.js'

export type SelectKey = number | bigint | string

/**
 * The remainder of the key by `count`: of whole numbers as they are, of texts by their hash.
 * Throws where the key is none of these.
 */
export function keyModulo(key: SelectKey | undefined, count: number): number {
  if (typeof key === 'string') return nameHash(key) % count
  if (typeof key === 'bigint') return bigintModulo(key, BigInt(count))
  if (Number.isSafeInteger(key)) {
    const rest = (key as number) % count
    return rest < 0 ? rest + count : rest
  }
  throw new TypeError('the selector needs a key: a text, a bigint or a whole number')
}

function bigintModulo(key: bigint, count: bigint): number {
  const rest = key % count
  return Number(rest < 0n ? rest + count : rest)
}

/** The key as an evenly distributed number of 32 bits, the same in every process. */
export function keyPoint(key: SelectKey | undefined): number {
  if (typeof key === 'string') return scattered(nameHash(key))
  if (typeof key === 'bigint') return pointOfBits(key)
  if (Number.isSafeInteger(key)) {
    const low = (key as number) >>> 0
    return scattered(low ^ scattered(Math.floor((key as number) / 2 ** 32) | 0))
  }
  throw new TypeError('the selector needs a key: a text, a bigint or a whole number')
}

/** Of 64 bits; the same as for the number, where it is one. */
function pointOfBits(key: bigint): number {
  const low = Number(BigInt.asUintN(32, key))
  return scattered(low ^ scattered(Number(BigInt.asIntN(32, key >> 32n))))
}

/** The last step of MurmurHash3: every bit of the number decides about every bit of the result. */
export function scattered(number: number): number {
  let mixed = number | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
