// `treebus routes`: the table that a visitor is told, and what changes in it.

import { BusError, type RouteChange, type RouteInfo } from '../index.js'
import { EXIT } from './exit-code.js'
import type { Output } from './output.js'
import type { RouteRow } from './output-event.js'
import { failureRow, routeDownRow, routeRow, routeRows } from './rows.js'
import { tableOf } from './table-text.js'
import type { Visit } from './visit.js'

const TITLES = ['ID', 'VIA', 'ROLE', 'HOPS', 'PARENT', 'STALE']

/** `watch`: goes on with every change until the user has had enough. */
export function routes(visit: Visit, { watch }: { readonly watch: boolean }): Promise<number> {
  return withWholeTable(visit, async () => {
    const { node, output, signal } = visit
    // Both begin at one version of the table: no change is missed and none is told twice.
    const changes = node.routes.changes({ signal })
    tellTable(output, node.routes)
    if (watch) {
      for await (const change of changes) {
        tellChange(output, change)
        if (change.kind === 'reset') tellTable(output, node.routes)
      }
    }
    await changes.return?.()
    return EXIT.ok
  })
}

/** Runs `errand` once the parent has told all it knows; else tells why it did not. */
export async function withWholeTable(
  { node, output, parent, timeoutMs, signal }: Visit,
  errand: () => Promise<number>,
): Promise<number> {
  try {
    await node.routes.ready({ timeoutMs, signal })
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    output.tell('failure', failureRow(parent, error, undefined))
    return EXIT.failed
  }
  return errand()
}

function tellChange(output: Output, change: RouteChange): void {
  if (change.kind === 'up') output.tell('route_up', routeRow(change.route))
  else if (change.kind === 'changed') output.tell('route_changed', routeRow(change.route))
  else if (change.kind === 'down') output.tell('route_down', routeDownRow(change))
  else output.tell('route_reset', {})
}

function tellTable(output: Output, table: Iterable<RouteInfo>): void {
  const rows = routeRows(table)
  if (output.isJson) for (const row of rows) output.tell('route', row)
  else for (const line of tableOf(TITLES, rows.map(cellsOf))) output.print(line)
}

function cellsOf({ id, via, role, hops, parent, stale }: RouteRow): string[] {
  return [id, via, role, String(hops), parent ?? '-', stale ? 'yes' : 'no']
}
