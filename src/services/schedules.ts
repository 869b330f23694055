// The rows by which traffic is divided among zones: offered as a record, taken by all of an env.
//
// They ride in the directory like any service, so whoever joins later has them, and everyone has
// them within a second. What is read comes from others: it is checked before it is believed.

import type { ServiceOffer } from '../directory/shell/service-offer.js'
import type { Candidate } from './candidate.js'
import type { ZoneRow } from './zone-calibration.js'

/** The type under which rows are offered; each instance is the type they are for. */
export const SCHEDULE_APP = 'treebus.schedule'

/** More than anyone has zones. */
const ROWS_MAX = 1024

export function scheduleOffer(app: string, rows: readonly ZoneRow[]): ServiceOffer {
  return { app: SCHEDULE_APP, instance: app, metadata: JSON.stringify({ rows }) }
}

/** Of the services that offer rows: the node with the lowest id counts; none: no rows. */
export function scheduleOf(app: string, offered: readonly Candidate[]): readonly ZoneRow[] {
  let first: Candidate | undefined
  for (const entry of offered) {
    if (entry.record.instance !== app) continue
    if (first === undefined || entry.node < first.node) first = entry
  }
  return first === undefined ? [] : rowsOf(first.record.metadata)
}

/** None where the text is no rows. */
function rowsOf(metadata: string): readonly ZoneRow[] {
  try {
    const { rows } = JSON.parse(metadata) as { readonly rows?: unknown }
    return Array.isArray(rows) && rows.length <= ROWS_MAX && rows.every(isRow) ? rows : []
  } catch {
    return []
  }
}

export function isRow(row: unknown): row is ZoneRow {
  if (typeof row !== 'object' || row === null || !('src' in row) || !('dst' in row)) return false
  const { dst, src } = row
  if (typeof src !== 'string' || typeof dst !== 'object' || dst === null) return false
  return Object.values(dst).every((share) => Number.isFinite(share) && share >= 0)
}
