// 64-bit numbers between us, who have bigints, and protobufjs, which has two halves.

import type { treebus } from './generated/bus.js'

type Long = NonNullable<treebus.wire.PingData.$Properties['timePoint']>

/** A 64-bit number as protobufjs has it. */
interface Halves {
  readonly high: number
  readonly low: number
}

/** The encoder reads nothing of a Long but its halves, so the class itself is not needed. */
export function long(value: bigint): Long {
  const high = Number(BigInt.asIntN(32, value >> 32n))
  const low = Number(BigInt.asIntN(32, value))
  return { high, low, unsigned: true } as Long
}

export function unsigned(value: Halves | null | undefined): bigint {
  if (!value) return 0n
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
}

export function signed(value: Halves | null | undefined): bigint {
  return BigInt.asIntN(64, unsigned(value))
}
