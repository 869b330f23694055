// Objects in a Map by bigint: what one would write first.

import type { RouteRecord } from '../../src/wire/route-record.js'
import { objectOf, type RouteObject } from './route-object.js'

export class MapTable {
  readonly #byId = new Map<bigint, RouteObject>()

  insert(record: RouteRecord): void {
    this.#byId.set(idOf(record.idHigh, record.idLow), objectOf(record))
  }

  leads(high: number, low: number): boolean {
    return this.#byId.get(idOf(high, low))?.link.live === true
  }
}

function idOf(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
