// Ways to keep a routing table that were considered, behind one contract.

import type { RouteRecord } from '../../src/wire/route-record.js'
import { HalvesTable } from './halves-table.js'
import { MapTable } from './map-table.js'
import { OpenTable } from './open-table.js'
import { RowTable } from './row-table.js'

/** What the benchmark asks of a table: all of a record is kept, and the next hop found by id. */
export interface BenchTable {
  insert(record: RouteRecord): void
  /** Whether a message for this id has a way. */
  leads(high: number, low: number): boolean
}

export const TABLES: Readonly<Record<string, () => BenchTable>> = {
  'rows (ours)': () => new RowTable(),
  'Map by bigint': () => new MapTable(),
  'Map of Maps by halves': () => new HalvesTable(),
  'open addressing, objects': () => new OpenTable(),
}
