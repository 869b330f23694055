// Bus ids: how people write them, and the two 32-bit halves that the data path carries.

import { BusError } from '../errors.js'

/** What the public functions accept as an id: a bigint, a safe integer, `0x…` or decimal text. */
export type BusIdLike = bigint | number | string

export const ID_MAX = 0xffff_ffff_ffff_ffffn

/** Throws BAD_ARGUMENT for anything that is not an id of 64 bits. */
export function parseId(value: BusIdLike): bigint {
  const id = toBigInt(value)
  if (id === undefined || id < 0n || id > ID_MAX) {
    throw new BusError('BAD_ARGUMENT', `not a bus id: ${String(value).slice(0, 80)}`)
  }
  return id
}

function toBigInt(value: BusIdLike): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(value) ? BigInt(value) : undefined
}

export function formatId(id: bigint): string {
  return `0x${id.toString(16)}`
}

export function highHalf(id: bigint): number {
  return Number(id >> 32n)
}

export function lowHalf(id: bigint): number {
  return Number(id & 0xffff_ffffn)
}

export function joinHalves(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
