// Sends one way traffic on a bare socket: corked for each turn of the loop, with `drain`.

import { dialBare } from '../bare/bare-socket.js'
import { newFrame, PrefixReader } from '../bare/prefix-reader.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startBareSource(options: RoleOptions): Promise<Role> {
  const { burst = 1, dial = '', payloadBytes = 0, window = 0 } = options
  const frame = newFrame(payloadBytes)
  let credit = window > 0 ? window : Number.POSITIVE_INFINITY
  let count = 0
  let waits: 'drain' | 'credit' | 'no' = 'no'
  const pump = (): void => {
    waits = 'no'
    const messages = Math.min(burst, credit)
    socket.cork()
    for (let i = 0; i < messages; i++) socket.write(frame)
    socket.uncork()
    count += messages
    credit -= messages
    if (socket.writableNeedDrain) waits = 'drain'
    else if (credit > 0) setImmediate(pump)
    else waits = 'credit'
  }
  const reader = new PrefixReader({
    frame: () => {
      credit += window / 4
      if (waits === 'credit') setImmediate(pump)
      if (waits === 'credit') waits = 'no'
    },
  })
  const socket = await dialBare(dial, reader.onread)
  socket.on('drain', () => {
    if (waits !== 'drain') return
    if (credit > 0) setImmediate(pump)
    waits = credit > 0 ? 'no' : 'credit'
  })
  return { begin: pump, mark: () => markOf(count) }
}
