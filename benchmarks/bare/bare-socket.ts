// Sockets of node:net for the yardstick, reading into memory of ours at both ends.

import { once } from 'node:events'
import { connect, createServer, Socket, type SocketConstructorOpts } from 'node:net'

export interface OnRead {
  buffer(): Uint8Array
  callback(bytes: number, memory: Uint8Array): boolean
}

type Place = { readonly path: string } | { readonly host: string; readonly port: number }

function placeOf(address: string): Place {
  if (address.startsWith('unix://')) return { path: address.slice('unix://'.length) }
  const { hostname, port } = new URL(address)
  return { host: hostname, port: Number(port) }
}

export async function dialBare(address: string, onread: OnRead): Promise<Socket> {
  const socket = connect({ ...placeOf(address), onread })
  await once(socket, 'connect')
  return socket.setNoDelay(true)
}

/** Resolves with the address that others can dial. */
export async function listenBare(
  address: string,
  onread: () => OnRead,
  onSocket: (socket: Socket) => void,
): Promise<string> {
  const server = createServer({ pauseOnConnect: true }, (accepted) =>
    onSocket(rereading(accepted, onread()).setNoDelay(true)),
  )
  const place = placeOf(address)
  server.listen(place)
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return address
  return `tcp://${bound.address}:${bound.port}`
}

/** node:net offers `onread` to dialling sockets alone: a new socket takes over the handle. */
function rereading(accepted: Socket, onread: OnRead): Socket {
  const bare = accepted as unknown as { _handle: unknown }
  const handle = bare._handle
  bare._handle = null
  accepted.destroy()
  const options = { handle, onread } as unknown as SocketConstructorOpts
  return new Socket(options)
}
