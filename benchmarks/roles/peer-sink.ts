// Receives one way traffic of a peer, counts, and grants credit over a socket of its own.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { CreditCounter } from '../peers/credit.js'
import { loadPeer } from '../peers/peers.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/** Each byte is a quarter of the window. */
const GRANT = Uint8Array.of(1)

export async function startPeerSink(options: RoleOptions): Promise<Role> {
  const { credit = '', peer } = options
  let source: Socket | undefined
  if (credit !== '') {
    const server = createServer((socket) => {
      source = socket
    }).listen(credit)
    await once(server, 'listening')
  }
  const counter = new CreditCounter(options, () => source?.write(GRANT))
  const address = await (await loadPeer(peer)).openSink(options, (payloadBytes) =>
    counter.arrived(payloadBytes),
  )
  return {
    address,
    mark: () => {
      counter.check()
      return markOf(counter.count)
    },
  }
}
