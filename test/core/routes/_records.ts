// Records and links for the tests of the routing table.

import type { LinkRole } from '../../../src/core/effects.js'
import type { Feeder } from '../../../src/core/routes/learned-set.js'
import { RouteRecord } from '../../../src/wire/route-record.js'

export interface RecordWish {
  readonly high?: number
  readonly low: number
  /** Which life; 0 is a life that nobody knows. */
  readonly life?: number
  readonly attach?: number
  readonly parent?: number
  readonly hops?: number
}

export function recordOf(wish: RecordWish): RouteRecord {
  const { attach = 0, high = 0, hops = 1, life = 1, low, parent = 0 } = wish
  const record = new RouteRecord()
  record.idHigh = high
  record.idLow = low
  record.incarnation.set(life === 0 ? [0, 0, high, low] : [0x0193_0000, life, 0xffff_ffff, low])
  record.attach = attach
  record.parentLow = parent
  record.hops = hops
  return record
}

export function feeder(number: number, role: LinkRole): Feeder {
  return { number, idHigh: 0, idLow: 0xffff_0000 + number, role }
}
