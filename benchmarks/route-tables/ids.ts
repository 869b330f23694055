// Ids and records as a large tree has them: subnets of 65,536 nodes, each life its own.

import type { RouteRecord } from '../../src/wire/route-record.js'

/** Number of the subnet of the first ids: behind those of the nodes that a benchmark starts. */
const FIRST_SUBNET = 0x100
/** Odd: the ids of a subnet come in mixed order, none twice. */
const STRIDE = 0x9e37

export function highOf(number: number): number {
  return FIRST_SUBNET + (number >>> 16)
}

export function lowOf(number: number): number {
  return (Math.imul(number, STRIDE) & 0xffff) | 0x1_0000
}

export function fillRecord(record: RouteRecord, number: number): void {
  record.idHigh = highOf(number)
  record.idLow = lowOf(number)
  record.incarnation[0] = 0x0193_0000
  record.incarnation[1] = number
  record.incarnation[2] = Math.imul(number, 0x85eb_ca6b)
  record.incarnation[3] = Math.imul(number, 0xc2b2_ae35)
  record.attach = 1
  record.parentHigh = record.idHigh
  record.parentLow = 1
  record.hops = 3
}

/** The numbers below `count` in an order without pattern, the same each time. */
export function shuffled(count: number): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, number) => number)
  let state = 0x2545_f491
  for (let at = count - 1; at > 0; at--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const other = (state >>> 0) % (at + 1)
    const held = numbers[at] as number
    numbers[at] = numbers[other] as number
    numbers[other] = held
  }
  return numbers
}
