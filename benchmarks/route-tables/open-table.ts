// Objects behind open addressing over typed arrays, as the links of a node are kept.

import { IdMap } from '../../src/core/id-map.js'
import type { RouteRecord } from '../../src/wire/route-record.js'
import { objectOf, type RouteObject } from './route-object.js'

export class OpenTable {
  readonly #byId = new IdMap<RouteObject>()

  insert(record: RouteRecord): void {
    this.#byId.set(record.idHigh, record.idLow, objectOf(record))
  }

  leads(high: number, low: number): boolean {
    return this.#byId.get(high, low)?.link.live === true
  }
}
