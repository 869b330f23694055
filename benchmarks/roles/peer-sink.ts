// Receives one way traffic of a peer, counts, and grants credit over a socket of its own.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { LoopWatch } from '../loop-watch.js'
import { CreditCounter } from '../peers/credit.js'
import { loadPeer } from '../peers/peers.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/** Each byte is a quarter of the window. */
const GRANT = Uint8Array.of(1)

export async function startPeerSink(options: RoleOptions): Promise<Role> {
  const { credit: [credit] = [], peer } = options
  const sources: Socket[] = []
  if (credit !== undefined) {
    const server = createServer((socket) => {
      // Its source ends at the same time as this process.
      socket.on('error', () => undefined)
      sources.push(socket)
    }).listen(credit)
    await once(server, 'listening')
  }
  const counter = new CreditCounter(options, () => {
    for (const source of sources) source.write(GRANT)
  })
  const address = await (await loadPeer(peer)).openSink(options, (payloadBytes) =>
    counter.arrived(payloadBytes),
  )
  const loop = options.watchesLoop === true ? new LoopWatch() : undefined
  return {
    address,
    mark: () => {
      counter.check()
      const figures = loop?.take()
      return { ...markOf(counter.count), ...(figures === undefined ? {} : { figures }) }
    },
  }
}
