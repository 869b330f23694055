// The routing table of the core: rows of typed arrays behind an index of segments.

import { RouteTable } from '../../src/core/routes/route-table.js'
import type { RouteRecord } from '../../src/wire/route-record.js'

export class RowTable {
  readonly #table = new RouteTable()
  readonly #set = this.#table.newSet({ number: 1, idHigh: 0, idLow: 9, role: 'parent' })

  insert(record: RouteRecord): void {
    const { idHigh, idLow } = record
    this.#table.insert(this.#set, record, this.#table.find(idHigh, idLow))
  }

  leads(high: number, low: number): boolean {
    return this.#table.best(high, low, false) >= 0
  }
}
