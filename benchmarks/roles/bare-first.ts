// A process that starts, connects and sends one frame.

import { dialBare } from '../bare/bare-socket.js'
import { newFrame, PrefixReader } from '../bare/prefix-reader.js'
import type { Role, RoleOptions } from '../role.js'

export async function startBareFirst(options: RoleOptions): Promise<Role> {
  const { dial = '', payloadBytes = 0 } = options
  const reader = new PrefixReader({ frame: () => {} })
  const socket = await dialBare(dial, reader.onread)
  socket.write(newFrame(payloadBytes))
  return {}
}
