// `treebus peers`: the neighbours of a node, as that node tells them.

import { BusError, formatId } from '../index.js'
import { EXIT } from './exit-code.js'
import type { PeerRow } from './output-event.js'
import { escaped } from './printable.js'
import { failureRow, peerRow } from './rows.js'
import { tableOf } from './table-text.js'
import type { Visit } from './visit.js'

const TITLES = ['ID', 'ROLE', 'KIND', 'CHANNEL', 'ENCRYPTED', 'RTT', 'ADDRESS']

/** `of`: the parent where it is not given. */
export async function peers(visit: Visit, of: bigint | undefined): Promise<number> {
  const { node, output, parent, timeoutMs, signal } = visit
  const id = of ?? parent
  try {
    const reports = await node.peersOf(id, { timeoutMs, signal })
    // We are a neighbour ourselves, for the moment.
    const rows = reports.filter((report) => report.id !== node.id).map(peerRow)
    if (output.isJson) output.tell('peers', { id: formatId(id), peers: rows })
    else for (const line of tableOf(TITLES, rows.map(cellsOf))) output.print(line)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    output.tell('failure', failureRow(id, error, undefined))
    return EXIT.failed
  }
}

function cellsOf({ id, role, plain, channel, encrypted, roundTripMs, address }: PeerRow): string[] {
  const kind = plain ? 'plain' : 'treebus'
  const roundTrip = roundTripMs === undefined ? '-' : `${roundTripMs.toFixed(1)}ms`
  return [id, role, kind, channel, encrypted ? 'yes' : 'no', roundTrip, address].map(escaped)
}
