// Objects in a Map by the lower half, in a Map by the upper half.

import type { RouteRecord } from '../../src/wire/route-record.js'
import { objectOf, type RouteObject } from './route-object.js'

export class HalvesTable {
  readonly #byHigh = new Map<number, Map<number, RouteObject>>()

  insert(record: RouteRecord): void {
    let byLow = this.#byHigh.get(record.idHigh)
    if (byLow === undefined) {
      byLow = new Map()
      this.#byHigh.set(record.idHigh, byLow)
    }
    byLow.set(record.idLow, objectOf(record))
  }

  leads(high: number, low: number): boolean {
    return this.#byHigh.get(high)?.get(low)?.link.live === true
  }
}
