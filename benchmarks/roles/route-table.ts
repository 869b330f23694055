// Measures one representation of the routing table, in a process that holds nothing else.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RouteRecord } from '../../src/wire/route-record.js'
import { markOf, type Role, type RoleOptions } from '../role.js'
import { fillRecord, highOf, lowOf, shuffled } from '../route-tables/ids.js'
import { TABLES } from '../route-tables/tables.js'

/** Enough that small tables are measured over milliseconds. */
const LOOKUPS_MIN = 2_000_000
const PASSES = 3

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heldBytes(): number {
  // Twice: array buffers go with the second.
  collect()
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

export async function startRouteTable(options: RoleOptions): Promise<Role> {
  const { records = 1, table = '' } = options
  const make = TABLES[table]
  if (make === undefined) throw new Error(`no table ${table}`)
  const record = new RouteRecord()
  const order = shuffled(records)
  const emptyBytes = heldBytes()
  const held = make()
  const insertStartMs = performance.now()
  for (let number = 0; number < records; number++) {
    fillRecord(record, number)
    held.insert(record)
  }
  const insertMs = performance.now() - insertStartMs
  const bytes = heldBytes() - emptyBytes
  let found = 0
  let lookupMs = Number.POSITIVE_INFINITY
  const rounds = Math.ceil(LOOKUPS_MIN / records)
  for (let pass = 0; pass < PASSES; pass++) {
    const startMs = performance.now()
    for (let round = 0; round < rounds; round++) {
      for (const number of order) if (held.leads(highOf(number), lowOf(number))) found++
    }
    lookupMs = Math.min(lookupMs, performance.now() - startMs)
  }
  if (found !== records * rounds * PASSES) throw new Error(`${table}: found ${found}`)
  const figures = {
    bytes: bytes / records,
    insertNs: (insertMs * 1e6) / records,
    lookupNs: (lookupMs * 1e6) / (records * rounds),
  }
  return { mark: () => ({ ...markOf(records), figures }) }
}
