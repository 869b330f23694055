// Sends each frame of a bare socket back, corked for each read.

import type { Socket } from 'node:net'
import { listenBare } from '../bare/bare-socket.js'
import { newFrame, PREFIX_BYTES, PrefixReader } from '../bare/prefix-reader.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startBareAnswerer(options: RoleOptions): Promise<Role> {
  const { inFlight = 1, listen = '', payloadBytes = 0 } = options
  let caller: Socket | undefined
  let corked = false
  let count = 0
  // The caller has no more than these in flight: when a frame comes round again, it has been read.
  const frames = Array.from({ length: inFlight }, () => newFrame(payloadBytes))
  const reader = new PrefixReader({
    frame: (memory, start, end) => {
      if (!corked) caller?.cork()
      corked = true
      const frame = frames[count++ % inFlight] as Buffer
      memory.copy(frame, PREFIX_BYTES, start, end)
      caller?.write(frame)
    },
    readEnded: () => {
      if (corked) caller?.uncork()
      corked = false
    },
  })
  const accept = (socket: Socket): void => {
    caller = socket
  }
  const address = await listenBare(listen, () => reader.onread, accept)
  return { address, mark: () => markOf(count) }
}
